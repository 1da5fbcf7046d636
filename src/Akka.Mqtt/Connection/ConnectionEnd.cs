using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Streams;

namespace Akka.Mqtt.Connection;

/// <summary>Why a connection ends, from the moment in which it begins to: the first reason wins. Owned by the connection actor.</summary>
internal sealed class ConnectionEnd(CloseReason reason, string text, PacketError? error = null, Exception? cause = null)
{
    private HashSet<IActorRef>? _commanders;

    public CloseReason Reason => reason;

    /// <summary>What is told; with the packets that were decoded and that the handler has not asked for.</summary>
    public Mqtt.ConnectionClosed Event { get; private set; } = reason switch
    {
        CloseReason.Closed => Mqtt.Closed.Instance,
        CloseReason.Aborted => Mqtt.Aborted.Instance,
        CloseReason.PeerClosed => Mqtt.PeerClosed.Instance,
        _ => new Mqtt.ErrorClosed(reason, text) { ReasonCode = error?.ReasonCode, Header = error?.Header },
    };

    /// <summary>The reason that an error of the peer stands for.</summary>
    public static CloseReason ReasonOf(PacketError error) => error.ReasonCode switch
    {
        ReasonCode.MalformedPacket => CloseReason.MalformedPacket,
        ReasonCode.PacketTooLarge => CloseReason.PacketTooLarge,
        ReasonCode.QuotaExceeded => CloseReason.QuotaExceeded,
        _ => CloseReason.ProtocolError,
    };

    /// <summary>What the peer is told when our own code has failed.</summary>
    public static PacketError Crash(Exception? cause) =>
        new(ReasonCode.ImplementationSpecificError, $"the receiver failed{(cause is null ? "" : $" with {cause.GetType().Name}")}");

    /// <summary>Packets that were decoded and that the handler has not asked for go with the end.</summary>
    public void SetUndelivered(MqttList<MqttPacket> packets)
    {
        if (!packets.IsEmpty && Event.Undelivered.IsEmpty)
            Event = Event with { Undelivered = packets };
    }

    /// <summary>
    /// What one actor is told: the undelivered packets are for a handler of this process. For another node they would make a message that may be too
    /// large for it, and it would never hear of the end.
    /// </summary>
    public Mqtt.ConnectionClosed EventFor(IActorRef told) =>
        Event.Undelivered.IsEmpty || !told.Path.Address.HasGlobalScope ? Event : Event with { Undelivered = default };

    /// <summary>Who asked for the end is told it too.</summary>
    public void AddCommander(IActorRef commander) => (_commanders ??= []).Add(commander);

    /// <summary>
    /// Tells the end: to the handler, or to the owner while there is none, and to each who asked for it. With one that has stopped it is over anyway.
    /// </summary>
    public void Tell(IActorRef? handler, IActorRef owner, IActorRef connection)
    {
        if (reason != CloseReason.HandlerTerminated)
            handler?.Tell(EventFor(handler), connection);
        foreach (var commander in _commanders ?? [])
        {
            if (!commander.Equals(handler) && !commander.IsNobody())
                commander.Tell(EventFor(commander), connection);
        }

        if (handler is null && _commanders?.Contains(owner) != true)
            owner.Tell(EventFor(owner), connection); // who was told that it is connected waits for no other end
    }

    /// <summary>
    /// One line. What a peer can bring about as often as it likes is at level DEBUG when its address has had its lines.
    /// </summary>
    public void Log(FramingHost framing, TransportInfo transport, MqttConnectionSettings settings)
    {
        var log = framing.Log;
        var level = Kind is { } kind ? framing.Refusals.Level(kind, transport.RemoteAddress, log) : LogLevel.DebugLevel;
        if (!log.IsEnabled(level))
            return; // most connections end so, and nothing is allocated for it
        if (reason is CloseReason.Closed or CloseReason.Aborted or CloseReason.PeerClosed)
            log.Write(level, null, "{0}: connection ended: {1}", transport, reason);
        else if (reason == CloseReason.RegisterTimeout)
            log.Write(level, null, "{0}: connection ended: nobody registered a handler within {1}", transport, settings.RegisterTimeout);
        else
            log.Write(level, cause, "{0}: connection ended: {1}: {2}", transport, reason, error?.ToString() ?? text);
    }

    /// <summary>What the end counts as in the log; null for an ordinary end.</summary>
    private RefusalKind? Kind => reason switch
    {
        CloseReason.Closed or CloseReason.Aborted or CloseReason.PeerClosed or CloseReason.TransportError or CloseReason.HandlerTerminated => null,
        CloseReason.RegisterTimeout or CloseReason.HandlerStalled => RefusalKind.Handler,
        CloseReason.InternalError => RefusalKind.Fault,
        CloseReason.ConnectTimeout or CloseReason.KeepAliveTimeout or CloseReason.WriteTimeout => RefusalKind.Silence,
        _ => RefusalKind.BrokenPacket,
    };
}
