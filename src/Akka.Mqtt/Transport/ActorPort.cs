using Akka.Actor;
using Akka.IO;

namespace Akka.Mqtt.Transport;

/// <summary>
/// A transport that is an actor of its own, a child of the connection, which speaks Akka.IO's <c>Tcp</c> conversation: Akka.IO's own, in pull mode,
/// or a <see cref="StreamConnectionActor"/>, which runs ahead by its credit.
/// </summary>
internal sealed class ActorPort : TransportPort
{
    private readonly IActorRef _transport;
    private readonly IActorRef _connection;
    private readonly ReadCredit? _credit;

    public ActorPort(IActorRef transport, IActorRef connection, ReadCredit? credit)
    {
        _transport = transport;
        _connection = connection;
        _credit = credit;
    }

    public override bool TryGather() => false;

    public override void Register()
    {
        Tell(new Tcp.Register(_connection, keepOpenOnPeerClosed: true, useResumeWriting: false));
        ResumeReading();
    }

    public override bool TryRead(object message, out ReadOnlyMemory<byte> chunk)
    {
        chunk = message is Tcp.Received received ? AkkaIo.ToMemory(received.Data) : default;
        return !chunk.IsEmpty;
    }

    /// <summary>
    /// A transport that runs ahead of us would fill our mailbox, and a suspension is a message that it sees late. Stream transports run ahead
    /// by their credit; Akka.IO, in pull mode, reads when it is told.
    /// </summary>
    public override void ReadOn(int taken, bool suspended)
    {
        if (_credit is null)
        {
            if (!suspended)
                ResumeReading();
        }
        else if (_credit.Return(taken))
        {
            Tell(StreamConnectionActor.CreditReturned.Instance);
        }
    }

    public override void SuspendReading()
    {
        if (_credit is not null)
            Tell(Tcp.SuspendReading.Instance);
    }

    public override void ResumeReading() => Tell(Tcp.ResumeReading.Instance);

    public override bool Write(in OutgoingChunk chunk)
    {
        Tell(Tcp.Write.Create(chunk.ToByteString(), WriteDone.Instance));
        return false;
    }

    public override void ConfirmedClose() => Tell(Tcp.ConfirmedClose.Instance);

    public override void Close() => Tell(Tcp.Close.Instance);

    public override void Abort() => Tell(Tcp.Abort.Instance);

    private void Tell(object message) => _transport.Tell(message, _connection);
}
