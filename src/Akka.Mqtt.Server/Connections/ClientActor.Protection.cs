using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Admin;
using Akka.Mqtt.Server.Handshake;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.Connections;

/// <summary>What the server refuses or slows down, and what others may know of a connection.</summary>
internal sealed partial class ClientActor
{
    private readonly Admission _admission;
    private readonly PublishRate? _rate;
    private readonly PacketHistory _history;
    private readonly int _maxPayload;
    private ICancelable? _throttle;
    private Dictionary<string, string>? _mounted;
    private TrafficCounts _counts; // of this chunk
    private long _messagesReceived;
    private long _bytesReceived;
    private int _shed;
    private bool _dropsQoS0;
    private ulong _loggedRefusals; // a bit a code: the first refusal of a kind is logged at Info
    private ClientConnection? _info;
    private string? _refusalDetail;
    private bool _refusalIsFault;
    private Exception? _refusalCause;
    private bool _told;
    private ReasonCode? _endReason;
    private string _endText = "";

    /// <summary>The longest Keep Alive, in seconds.</summary>
    private ushort? KeepAliveLimit
    {
        get
        {
            var server = _context.Settings.ServerKeepAlive;
            var most = _context.Settings.Limits.MaxKeepAlive;
            var limit = server is null || most < server ? most : server;
            return (ushort?)limit?.TotalSeconds;
        }
    }

    private bool KnowsShared => IsV5 || _context.Settings.SharedSubscriptionsBefore5;

    /// <summary>What can be said of a CONNECT before anybody asks who it is: the cheapest refusals come first.</summary>
    private ReasonCode Meet(Connect connect)
    {
        return LoadRules.Check(connect, _transport, _admission.Permit, _context);
    }

    /// <summary>What can be said of a CONNECT as the interceptor leaves it.</summary>
    private ReasonCode Judge(Connect connect)
    {
        var features = _context.Settings.Features;
        if (ControlCharacters.AreRefused(connect.ClientId, features) || (connect.ClientId.Length == 0 && !features.AllowEmptyClientId))
            return ReasonCode.ClientIdentifierNotValid; // [MQTT-3.1.3-8]
        if (!IsV5 && _context.Settings.Limits.MaxKeepAlive is { TotalSeconds: var most } && (connect.KeepAlive == 0 || connect.KeepAlive > most))
            return ReasonCode.ServerUnavailable; // it cannot be told to use another
        if (connect.Will is not { } will)
            return ReasonCode.Success;
        if (will.Payload.Length > _maxPayload)
            return ReasonCode.PacketTooLarge;
        if (will.Retain && !features.RetainAvailable)
            return ReasonCode.RetainNotSupported; // [MQTT-3.2.2-13]
        if (will.QoS > features.MaximumQoS)
            return ReasonCode.QoSNotSupported; // [MQTT-3.2.2-12]
        return will.Topic.AsSpan().Count('/') >= _context.Settings.MaxTopicLevels
            || ControlCharacters.AreRefused(will.Topic, features)
            || TopicLength.Exceeds(_admission.MountPoint + will.Topic, _context.Settings.Limits.MaxTopicLength)
            ? ReasonCode.TopicNameInvalid
            : ReasonCode.Success;
    }

    /// <summary>5.0: CONNACK said that this is not available, so the client breaks the protocol.</summary>
    private ReasonCode Unavailable(Subscribe subscribe)
    {
        var features = _context.Settings.Features;
        if (!features.SubscriptionIdentifiersAvailable && subscribe.Properties?.SubscriptionIdentifier is not null)
            return ReasonCode.SubscriptionIdentifiersNotSupported; // U-3.2.2.3.12
        if (features.SharedSubscriptionsAvailable && features.WildcardSubscriptionsAvailable)
            return ReasonCode.Success;
        foreach (var subscription in subscribe.Subscriptions)
        {
            if (!features.SharedSubscriptionsAvailable && SharedFilter.IsShared(subscription.Filter))
                return ReasonCode.SharedSubscriptionsNotSupported; // U-3.2.2.3.13
            if (!features.WildcardSubscriptionsAvailable && TopicFilter.HasWildcard(subscription.Filter))
                return ReasonCode.WildcardSubscriptionsNotSupported; // U-3.2.2.3.11
        }
        return ReasonCode.Success;
    }

    /// <summary>The client publishes too fast: what is left of the chunk waits, and reading pauses; or it goes.</summary>
    private ReasonCode Throttle(ReadOnlySpan<MqttPacket> rest)
    {
        if (_context.Settings.Limits.PublishRateAction == PublishRateAction.Disconnect)
            return ReasonCode.MessageRateTooHigh;
        if (_throttle is null)
        {
            _context.Stats.AddThrottled();
            Log.Debug("{ClientId} at {Transport} publishes too fast: reading pauses", _clientId, _transport);
        }
        Hold(rest);
        var wait = TimeSpan.FromMilliseconds(Math.Clamp(_rate!.Wait, 1, 60_000));
        _throttle = Context.System.Scheduler.ScheduleTellOnceCancelable(wait, Self, ThrottleEnd.Instance, ActorRefs.NoSender);
        return ReasonCode.Success;
    }

    private void Mount()
    {
        if (_admission.MountPoint.Length > 0 && _connect.Will is { } will)
            _connect = _connect with { Will = will with { Topic = _admission.MountPoint + will.Topic } };
    }

    private Publish Mounted(Publish packet)
    {
        _mounted ??= new Dictionary<string, string>(StringComparer.Ordinal);
        if (!_mounted.TryGetValue(packet.Topic, out var topic))
        {
            if (_mounted.Count >= 256)
                _mounted.Clear();
            _mounted.Add(packet.Topic, topic = _admission.MountPoint + packet.Topic);
        }
        return packet with { Topic = topic };
    }

    private Subscribe Mounted(Subscribe packet) => _admission.MountPoint.Length == 0 ? packet : packet with
    {
        Subscriptions = MqttList.From(packet.Subscriptions.Select(
            each => each with { Filter = MountPoint.Put(_admission.MountPoint, each.Filter, KnowsShared) })),
    };

    private Unsubscribe Mounted(Unsubscribe packet) => _admission.MountPoint.Length == 0 ? packet : packet with
    {
        Filters = MqttList.From(packet.Filters.Select(each => MountPoint.Put(_admission.MountPoint, each, KnowsShared))),
    };

    /// <summary>A chunk has been handled.</summary>
    private void Count(MqttList<MqttPacket> packets)
    {
        _history.Add(packets.Span, _context.Clock);
        _counts.PacketsReceived += packets.Count;
        AddCounts();
    }

    private void AddCounts()
    {
        var received = _transport.Bytes.Received;
        _counts.BytesReceived = received - _bytesReceived;
        _bytesReceived = received;
        _messagesReceived += _counts.MessagesReceived;
        _context.Stats.Traffic.Add(_counts);
        _counts = default;
        _context.Drops.Add(DropReason.MemoryPressure, _shed);
        _shed = 0;
    }

    private ReasonCode RefuseLarge()
    {
        _context.Drops.Add(DropReason.TooLarge, 1);
        return ReasonCode.ImplementationSpecificError;
    }

    private void CountRefused(Publish packet, ReasonCode reason)
    {
        _context.Stats.AddRefusal(Refused.Publish, reason);
        var bit = 1UL << ((byte)reason & 0x3F);
        var first = (_loggedRefusals & bit) == 0;
        _loggedRefusals |= bit;
        const string Text = "A message of {ClientId} at {Transport} to {Topic} is refused: {Reason}";
        if (first && _context.Refusals.Admits(_transport.RemoteAddress, Log))
            Log.Info(Text, _clientId, _transport, packet.Topic, reason);
        else if (Log.IsDebugEnabled)
            Log.Debug(Text, _clientId, _transport, packet.Topic, reason);
    }

    private void CountRefusal(ReasonCode reason) =>
        _context.Stats.AddRefusal(_phase == Phase.Serving ? Refused.Connection : Refused.Connect, reason);

    /// <summary>The connection is about to be ended by the server.</summary>
    private void Note(ReasonCode reason)
    {
        (_endReason, _endText) = (reason, $"The server disconnected it: {reason}.");
        switch (reason)
        {
            case ReasonCode.SessionTakenOver or ReasonCode.ServerShuttingDown:
            case ReasonCode.ServerUnavailable when _phase == Phase.AwaitingConnect:
                Log.Debug("{ClientId} at {Transport} is disconnected: {Reason}", _clientId, _transport, reason);
                break;
            case ReasonCode.AdministrativeAction:
                Log.Info("{ClientId} at {Transport} is disconnected: {Reason}", _clientId, _transport, reason);
                break;
            default:
                CountRefusal(reason);
                var level = !_context.Refusals.Admits(_transport.RemoteAddress, Log) ? LogLevel.DebugLevel
                    : _refusalIsFault ? LogLevel.ErrorLevel
                    : LogLevel.WarningLevel;
                Log.Log(
                    level,
                    _refusalCause,
                    "{ClientId} at {Transport} is {Verb}: {Reason}{Detail}",
                    _clientId,
                    _transport,
                    _phase == Phase.Serving ? "disconnected" : "refused",
                    reason,
                    _refusalDetail is null ? "" : $" ({_refusalDetail})");
                break;
        }
    }

    /// <summary>What others may know of the connection, now that it is known whose it is.</summary>
    private ClientConnection Introduce() => _info = new ClientConnection(
        _transport, _connect.Version, _identity.UserName, _connect.KeepAlive, _context.Clock.GetUtcNow());

    private void TellConnected()
    {
        _told = true;
        Context.System.EventStream.Publish(new ClientConnected(_context.Admin, _clientId, _info!));
    }

    private void TellEnd(Mqtt.ConnectionClosed? closed)
    {
        AddCounts();
        if (!_told)
            return;
        _told = false;
        var (reason, text) = _endReason is { } known ? (known, _endText) : closed switch
        {
            Mqtt.ErrorClosed { Reason: CloseReason.KeepAliveTimeout } error => (ReasonCode.KeepAliveTimeout, error.Message),
            Mqtt.ErrorClosed error => (error.ReasonCode ?? ReasonCode.UnspecifiedError, error.Message),
            _ => (ReasonCode.UnspecifiedError, "The client closed the connection without DISCONNECT."),
        };
        Context.System.EventStream.Publish(new ClientDisconnected(_context.Admin, _clientId, reason, text));
    }

    /// <summary>The state of a session, with what is known of its connection.</summary>
    private ClientState Completed(ClientState state) => state with
    {
        MessagesReceived = _messagesReceived,
        BytesReceived = _transport.Bytes.Received,
        BytesSent = _transport.Bytes.Sent,
        IsThrottled = _held is not null && !_heldForRoutes,
        LastPackets = MqttList.From(state.LastPackets.Concat(_history.Notes()).OrderBy(note => note.At)),
    };

    /// <summary>Session to client: add what you know and answer.</summary>
    internal sealed record Complete(ClientState State, IActorRef ReplyTo) : INoSerializationVerificationNeeded;

    private sealed class ThrottleEnd : INoSerializationVerificationNeeded
    {
        public static readonly ThrottleEnd Instance = new();
    }
}
