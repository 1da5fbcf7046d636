using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Streams;

namespace Akka.Mqtt.Connection;

/// <summary>Why a connection closes. The first reason counts. Owned by the connection actor.</summary>
internal sealed class ConnectionEnd(CloseReason reason, string text, PacketError? error = null, Exception? cause = null)
{
    private HashSet<IActorRef>? _commanders;

    public CloseReason Reason => reason;

    /// <summary>The event that reports it, with decoded packets that the handler has not asked for.</summary>
    public Mqtt.ConnectionClosed Event { get; private set; } = reason switch
    {
        CloseReason.Closed => Mqtt.Closed.Instance,
        CloseReason.Aborted => Mqtt.Aborted.Instance,
        CloseReason.PeerClosed => Mqtt.PeerClosed.Instance,
        _ => new Mqtt.ErrorClosed(reason, text) { ReasonCode = error?.ReasonCode, Header = error?.Header },
    };

    /// <summary>The close reason for an error in the peer's packets.</summary>
    public static CloseReason ReasonOf(PacketError error) => error.ReasonCode switch
    {
        ReasonCode.MalformedPacket => CloseReason.MalformedPacket,
        ReasonCode.PacketTooLarge => CloseReason.PacketTooLarge,
        ReasonCode.QuotaExceeded => CloseReason.QuotaExceeded,
        _ => CloseReason.ProtocolError,
    };

    /// <summary>The error that is sent to the peer when our own code has failed.</summary>
    public static PacketError Crash(Exception? cause) =>
        new(ReasonCode.ImplementationSpecificError, $"the receiver failed{(cause is null ? "" : $" with {cause.GetType().Name}")}");

    /// <summary>Adds decoded packets that the handler has not asked for to the event.</summary>
    public void SetUndelivered(MqttList<MqttPacket> packets)
    {
        if (!packets.IsEmpty && Event.Undelivered.IsEmpty)
            Event = Event with { Undelivered = packets };
    }

    /// <summary>
    /// The event for one actor. Only a handler in this process gets the undelivered packets. For a handler on another node, the message
    /// could be too large to send, and the handler would then not learn of the close.
    /// </summary>
    public Mqtt.ConnectionClosed EventFor(IActorRef told) =>
        Event.Undelivered.IsEmpty || !told.Path.Address.HasGlobalScope ? Event : Event with { Undelivered = default };

    /// <summary>Adds an actor that requested the close: it gets the event too.</summary>
    public void AddCommander(IActorRef commander) => (_commanders ??= []).Add(commander);

    /// <summary>
    /// Sends the event to the handler, or to the owner if there is no handler, and to each actor that requested the close.
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
            owner.Tell(EventFor(owner), connection); // the owner was sent Connected, and no other event ends that
    }

    /// <summary>
    /// Logs one line. A reason that a peer can cause without limit is logged at level DEBUG when its address has used up its lines.
    /// </summary>
    /// <param name="framing">The logger and the counts of lines.</param>
    /// <param name="transport">Names the connection.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="isLogged">Whether the handler logs the end. If so, the level is DEBUG, unless our own code has failed.</param>
    public void Log(FramingHost framing, TransportInfo transport, MqttConnectionSettings settings, bool isLogged)
    {
        var log = framing.Log;
        var level = Kind is { } kind && (!isLogged || kind == RefusalKind.Fault) ? framing.Refusals.Level(kind, transport.RemoteAddress, log) : LogLevel.DebugLevel;
        if (!log.IsEnabled(level))
            return; // the usual close; allocates nothing
        if (reason is CloseReason.Closed or CloseReason.Aborted or CloseReason.PeerClosed)
            log.Write(level, null, "{0}: connection ended: {1}", transport, reason);
        else if (reason == CloseReason.RegisterTimeout)
            log.Write(level, null, "{0}: connection ended: no handler registered within {1}", transport, settings.RegisterTimeout);
        else
            log.Write(level, cause, "{0}: connection ended: {1}: {2}", transport, reason, error?.ToString() ?? text);
    }

    /// <summary>The category of the close for the log; null for an ordinary close.</summary>
    private RefusalKind? Kind => reason switch
    {
        CloseReason.Closed or CloseReason.Aborted or CloseReason.PeerClosed or CloseReason.TransportError or CloseReason.HandlerTerminated => null,
        CloseReason.RegisterTimeout or CloseReason.HandlerStalled => RefusalKind.Handler,
        CloseReason.InternalError => RefusalKind.Fault,
        CloseReason.ConnectTimeout or CloseReason.KeepAliveTimeout or CloseReason.WriteTimeout => RefusalKind.Silence,
        _ => RefusalKind.BrokenPacket,
    };
}
