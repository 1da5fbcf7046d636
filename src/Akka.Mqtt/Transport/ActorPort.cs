using Akka.Actor;

namespace Akka.Mqtt.Transport;

/// <summary>
/// A transport that is a <see cref="StreamConnectionActor"/>, a child of the connection. It reads ahead as far as its credit allows.
/// </summary>
internal sealed class ActorPort(IActorRef transport, IActorRef connection, ReadCredit credit) : TransportPort
{
    public override bool TryGather() => false;

    public override void Register() => Tell(new Link.Register(connection, keepOpenOnPeerClosed: true));

    public override bool TryRead(object message, out ReadOnlyMemory<byte> chunk)
    {
        chunk = message is Link.Received received ? received.Bytes : default;
        return !chunk.IsEmpty;
    }

    /// <summary>
    /// The transport actor reads ahead only as far as its credit allows. A message that suspends it would arrive too late, when it has
    /// already filled our mailbox.
    /// </summary>
    public override void ReadOn(int taken, bool suspended)
    {
        if (credit.Return(taken))
            Tell(StreamConnectionActor.CreditReturned.Instance);
    }

    public override void SuspendReading() => Tell(Link.SuspendReading.Instance);

    public override void ResumeReading() => Tell(Link.ResumeReading.Instance);

    public override bool Write(in OutgoingChunk chunk)
    {
        Tell(new Link.Write(chunk, WriteDone.Instance));
        return false;
    }

    public override void ConfirmedClose() => Tell(Link.ConfirmedClose.Instance);

    public override void Close() => Tell(Link.Close.Instance);

    public override void Abort() => Tell(Link.Abort.Instance);

    private void Tell(object message) => transport.Tell(message, connection);
}
