using Akka.Actor;
using Akka.IO;

namespace Akka.Mqtt.Transport;

/// <summary>A connection actor of Akka.IO in pull mode, a child of the connection. It reads one chunk for each command.</summary>
internal sealed class AkkaIoPort(IActorRef transport, IActorRef connection) : TransportPort
{
    private bool _copies;

    public override bool TryGather() => false;

    public override void Register()
    {
        Tell(new Tcp.Register(connection, keepOpenOnPeerClosed: true, useResumeWriting: false));
        ResumeReading();
    }

    public override bool TryRead(object message, out ReadOnlyMemory<byte> chunk)
    {
        chunk = message is Tcp.Received received ? AkkaIo.ToMemory(received.Data, ref _copies) : default;
        return !chunk.IsEmpty;
    }

    public override void ReadOn(int taken, bool suspended)
    {
        if (!suspended)
            ResumeReading();
    }

    /// <summary>The connection actor of Akka.IO reads one chunk for each command.</summary>
    public override void SuspendReading()
    {
    }

    public override void ResumeReading() => Tell(Tcp.ResumeReading.Instance);

    public override bool Write(in OutgoingChunk chunk)
    {
        Tell(Tcp.Write.Create(AkkaIo.ToByteString(chunk), WriteDone.Instance));
        return false;
    }

    public override void ConfirmedClose() => Tell(Tcp.ConfirmedClose.Instance);

    public override void Close() => Tell(Tcp.Close.Instance);

    public override void Abort() => Tell(Tcp.Abort.Instance);

    public override Link.Event? Translate(object message) => message switch
    {
        Tcp.PeerClosed => Link.PeerClosed.Instance,
        Tcp.ConfirmedClosed => Link.ConfirmedClosed.Instance,
        Tcp.Closed => Link.Closed.Instance,
        Tcp.Aborted => Link.Aborted.Instance,
        Tcp.ErrorClosed closed => new Link.ErrorClosed(closed.Cause ?? ""),
        Tcp.ConnectionClosed => Link.Closed.Instance,
        Tcp.CommandFailed failed => new Link.ErrorClosed(failed.Cause.HasValue ? failed.Cause.Value.Message : "The transport refused a write."),
        _ => null, // Tcp.Connected: Mqtt.Connected was sent already
    };

    /// <summary>The end of the transport actor is reported to the connection, which may still send it messages: Akka would log these as dead letters.</summary>
    private void Tell(object message)
    {
        if (transport is not ActorRefWithCell { Underlying.IsTerminated: true })
            transport.Tell(message, connection);
    }
}
