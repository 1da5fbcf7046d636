using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Admin;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Sessions;

namespace Akka.Mqtt.Server.Connections;

/// <summary>
/// Handles one connection: answers CONNECT, gets the session of its client, then takes each received chunk apart: messages go from here to
/// the sessions they are for, what is about the session's own messages goes to the session. Dies with the connection; has no session state
/// of its own, but is lent the inbound window while it holds the session.
/// </summary>
internal sealed partial class ClientActor : UntypedActor
{
    private readonly ServerContext _context;
    private readonly IActorRef _registry;
    private readonly IActorRef _connection;
    private readonly TransportInfo _transport;
    private readonly string _listener;
    private ILoggingAdapter? _logger;
    private readonly List<MqttPacket> _out = [];

    private Phase _phase = Phase.AwaitingConnect;
    private Connect _connect = null!;
    private string _clientId = "";
    private List<MqttPacket>? _early; // what came after CONNECT and before the session
    private IActorRef _session = ActorRefs.Nobody;
    private bool _awaitsSession; // asked for, not heard of
    private long _epoch;
    private bool _released;

    private ClientActor(
        ServerContext context, IActorRef registry, string listener, IActorRef connection, TransportInfo transport, Admission admission)
    {
        _context = context;
        _registry = registry;
        _connection = connection;
        _transport = transport;
        _admission = admission;
        _rate = PublishRate.Of(context.Settings.Limits);
        _history = new PacketHistory(context.Settings.LastPackets, received: true);
        _maxPayload = context.Settings.Limits.MaxPayloadSize ?? int.MaxValue;
        _listener = listener;
    }

    private enum Phase
    {
        AwaitingConnect,
        Authenticating,
        Opening,
        Serving,
        Closing,
    }

    private ILoggingAdapter Log => _logger ??= Context.GetSafeLogger();

    private bool IsV5 => _connect.Version == MqttVersion.V5;

    public static Props PropsFor(
        ServerContext context, IActorRef registry, string listener, Mqtt.Connected connected, Admission admission) =>
        new Direct(context, registry, listener, connected, admission);

    protected override void PreStart() =>
        _connection.Tell(new Mqtt.Register(Self) { Delivery = MqttDelivery.Batches, TellsEnding = true, TellsItsEnd = true });

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Mqtt.Received received:
                Receive(received.Packets);
                Count(received.Packets);
                break;
            case ThrottleEnd:
                GoOn();
                break;
            case SessionProtocol.RoutesChanged changed:
                Go(changed);
                break;
            case Complete complete:
                complete.ReplyTo.Tell(Completed(complete.State));
                break;
            case SessionProtocol.Attached attached:
                Serve(attached);
                break;
            case Authenticated authenticated:
                Authenticate(authenticated.Result);
                break;
            case Intercepted intercepted:
                Open(intercepted);
                break;
            case Stepped stepped:
                Advance(stepped.Step);
                break;
            case SecurityActor.Changed:
                Recheck();
                break;
            case AuthenticationTimeout timeout:
                if (ReferenceEquals(timeout.Exchange, _exchange)) // or it came too late
                    Refuse(ReasonCode.NotAuthorized, "authentication took too long");
                break;
            case Status.Failure failure:
                Failed(failure.Cause);
                break;
            case SessionProtocol.Detach { Reason: ReasonCode.SessionTakenOver } detach when _phase == Phase.Serving:
                _connection.Tell(new Identify(detach)); // what it has said already comes first: a DISCONNECT takes its will away still
                break;
            case SessionProtocol.Detach detach:
                Detach(detach.Reason);
                break;
            case ActorIdentity { MessageId: SessionProtocol.Detach detach }:
                Detach(detach.Reason);
                break;
            case ConnectionPermit.MakeRoom:
                if (_phase == Phase.AwaitingConnect)
                    Refuse(ReasonCode.QuotaExceeded, "it sent no CONNECT and others need the place");
                break;
            case AcceptorActor.Drain:
                Refuse(_phase == Phase.Serving ? ReasonCode.ServerShuttingDown : ReasonCode.ServerUnavailable);
                break;
            case Mqtt.InboundClosed:
                _inboundEnded = true;
                FinishInbound();
                break;
            case ActorIdentity { MessageId: InboundAnswered }:
                _connection.Tell(Mqtt.Close.Instance);
                break;
            case Mqtt.Closing ending:
                End(ending.Closed);
                break;
            case Mqtt.ConnectionClosed closed when _phase == Phase.Opening:
                Outlive(closed);
                break;
            case ReceiveTimeout when _gone is { } gone:
                End(gone);
                Context.Stop(Self);
                break;
            case Mqtt.ConnectionClosed closed:
                End(closed);
                Context.Stop(Self);
                break;
            case SessionProtocol.Lost: // the registry has logged why
                Refuse(ReasonCode.UnspecifiedError, "its session failed");
                break;
            case Mqtt.CommandFailed { Command: Mqtt.SuspendReading or Mqtt.ResumeReading }:
            case Mqtt.CommandFailed { Reason: CommandFailure.ConnectionClosed }:
                break; // it is closing: its end comes, and before it what the client has said still
            case Mqtt.CommandFailed failed:
                Refuse(failed.Reason == CommandFailure.QueueFull ? ReasonCode.QuotaExceeded : ReasonCode.UnspecifiedError, failed.Message);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Receive(MqttList<MqttPacket> packets)
    {
        switch (_phase)
        {
            case Phase.AwaitingConnect:
                _early = [.. packets.Span[1..]];
                Open((Connect)packets[0]); // the connection lets nothing else come first [MQTT-3.1.0-1]
                break;
            case Phase.Authenticating when Method is not null:
                foreach (var packet in packets.Span)
                {
                    if (_phase != Phase.Authenticating)
                        break;
                    if (packet is Disconnect)
                        Depart();
                    else if (packet is not Auth auth || Receive(auth) != ReasonCode.Success) // [MQTT-3.1.2-30 v5]
                        Refuse(ReasonCode.ProtocolError);
                }
                break;
            case Phase.Authenticating or Phase.Opening:
                _early!.AddRange(packets.Span);
                if (_early!.Count > _context.Settings.Connection.MaxUnhandledPackets)
                    Refuse(ReasonCode.QuotaExceeded, "too many packets before CONNACK");
                break;
            case Phase.Serving:
                Process(packets.Span);
                break;
            default:
                break; // [MQTT-3.1.4-6 v5] [MQTT-3.1.4-5 v3.1.1] what follows a refusal is not looked at
        }
    }

    private void Open(Connect connect)
    {
        _connect = connect;
        _phase = Phase.Authenticating; // from here on a refusal is a CONNACK
        _clientId = connect.ClientId;
        var verdict = Meet(connect);
        if (verdict != ReasonCode.Success)
            Refuse(verdict);
        else if (!TryIntercept(connect))
            Admit(connect);
    }

    private void Admit(Connect connect)
    {
        _connect = connect;
        _clientId = connect.ClientId;
        var verdict = Judge(connect);
        if (verdict != ReasonCode.Success)
        {
            Refuse(verdict);
            return;
        }
        if (_clientId.Length == 0)
        {
            // [MQTT-3.1.3-8 v3.1.1]; 3.1 has no empty identifiers at all
            if (connect.Version == MqttVersion.V31 || (connect.Version == MqttVersion.V311 && !connect.CleanStart))
            {
                Refuse(ReasonCode.ClientIdentifierNotValid);
                return;
            }
            _clientId = $"{_context.Settings.Features.AssignedClientIdPrefix}{Guid.NewGuid():N}"; // [MQTT-3.1.3-6] [MQTT-3.2.2-16 v5]
        }
        if (connect.Version == MqttVersion.V31 && _clientId.Length > _context.Settings.MaxClientIdLength31)
        {
            Refuse(ReasonCode.ClientIdentifierNotValid); // 3.1, section 3.1: 1 to 23 characters
            return;
        }
        var prefixes = _context.Security.Of(_listener).Listener.ClientIdPrefixes;
        if (connect.ClientId.Length > 0 && prefixes.Count > 0 && !prefixes.Any(each => connect.ClientId.StartsWith(each, StringComparison.Ordinal)))
        {
            Refuse(ReasonCode.NotAuthorized, "client-id-prefixes");
            return;
        }
        Mount();
        BeginAuthentication();
    }

    /// <summary>The CONNACK that accepts the client; the session says whether it was present.</summary>
    private ConnAck Accept()
    {
        if (!IsV5)
            return new ConnAck(ReasonCode.Success);
        var settings = _context.Settings;
        var asked = _connect.Properties?.SessionExpiryInterval ?? 0;
        var expiry = SessionExpiry.Limit(asked, settings);
        var features = settings.Features;
        var keepAlive = KeepAliveLimit;
        return new ConnAck
        {
            Properties = new ConnAckProperties
            {
                SessionExpiryInterval = expiry == asked ? null : expiry, // U-3.2.2.3.2-1
                ReceiveMaximum = (ushort)settings.ReceiveMaximum,
                MaximumPacketSize = (uint)settings.Connection.MaxPacketSize,
                TopicAliasMaximum = settings.TopicAliasMaximum == 0 ? null : (ushort)settings.TopicAliasMaximum,
                // [MQTT-3.1.2-28 v5] only to a client that asks
                ResponseInformation = _connect.Properties?.RequestResponseInformation == true ? settings.ResponseInformation : null,
                AuthenticationMethod = Method, // [MQTT-4.12.0-5 v5] [MQTT-4.12.0-6 v5]
                AuthenticationData = _lastData,
                AssignedClientIdentifier = _connect.ClientId.Length == 0 ? _clientId : null, // [MQTT-3.1.3-7]
                MaximumQoS = features.MaximumQoS == QualityOfService.ExactlyOnce ? null : features.MaximumQoS, // [MQTT-3.2.2-9]
                RetainAvailable = features.RetainAvailable ? null : false,
                WildcardSubscriptionAvailable = features.WildcardSubscriptionsAvailable ? null : false,
                SubscriptionIdentifierAvailable = features.SubscriptionIdentifiersAvailable ? null : false,
                SharedSubscriptionAvailable = features.SharedSubscriptionsAvailable ? null : false,
                // [MQTT-3.2.2-21]
                ServerKeepAlive = keepAlive is { } seconds && (_connect.KeepAlive == 0 || _connect.KeepAlive > seconds) ? seconds : null,
            },
        };
    }

    private void Serve(SessionProtocol.Attached attached)
    {
        _awaitsSession = false;
        _session = attached.Session;
        _epoch = attached.Epoch;
        if (_phase != Phase.Opening)
        {
            Release(keepWill: true, null); // refused or ended meanwhile
            return;
        }
        _inbound = attached.Inbound;
        _phase = Phase.Serving;
        TellConnected();
        TellRights();
        var early = _early!;
        _early = null;
        if (early.Count > 0)
            Process(early.ToArray()); // U-3.1.4-1 v5: a client need not wait for CONNACK
        if (_gone is { } gone)
        {
            End(gone);
            Context.Stop(Self);
            return;
        }
        FinishInbound();
    }

    /// <summary>
    /// Tells the peer why, where its version has a packet for it, and closes [MQTT-3.2.2-7 v5] [MQTT-3.2.2-5 v3.1.1] [MQTT-3.14.4-2].
    /// </summary>
    private void Refuse(ReasonCode reason)
    {
        if (_phase == Phase.Closing)
            return;
        TakeHeld();
        var keepWill = KeepsWill(out var expiry);
        Note(reason);
        switch (_phase)
        {
            case Phase.Serving:
                if (IsV5)
                    _out.Add(Explained(new Disconnect(Redirected(reason)))); // [MQTT-3.14.0-1]; 3.x has no DISCONNECT of a server
                break;
            case Phase.AwaitingConnect:
                break; // nothing may be said before CONNECT
            default:
                if (ConnAckOf(reason) is { } code)
                    _out.Add(Explained(new ConnAck(Redirected(code))));
                break;
        }
        _phase = Phase.Closing;
        CancelAuthentication();
        WriteOut();
        _connection.Tell(Mqtt.Close.Instance);
        Release(keepWill, expiry); // [MQTT-3.1.2-8] the peer may be long in closing, and its will does not wait for that
        TellEnd(null);
        if (_gone is not null)
            Context.Stop(Self);
    }

    /// <summary>U-4.11-1 v5: where there is no room, or not for long, the client is sent to another server, if there is one.</summary>
    private ReasonCode Redirected(ReasonCode reason) =>
        IsV5 && _context.Settings.ServerReference is not null
            && (reason is ReasonCode.ServerBusy or ReasonCode.ServerUnavailable or ReasonCode.ServerShuttingDown or ReasonCode.ConnectionRateExceeded
                || (reason == ReasonCode.QuotaExceeded && _admission.Verdict == reason))
            ? ReasonCode.UseAnotherServer
            : reason;

    private string? ReferenceFor(ReasonCode reason) =>
        reason is ReasonCode.UseAnotherServer or ReasonCode.ServerMoved ? _context.Settings.ServerReference : null;

    private ConnAck Explained(ConnAck packet) =>
        IsV5 && (Reasons.Text(packet.ReasonCode), ReferenceFor(packet.ReasonCode)) is var (text, reference) && (text ?? reference) is not null
            && packet with { Properties = new ConnAckProperties { ReasonString = text, ServerReference = reference } } is var explained
            && Reasons.Fits(explained, PeerMaximum) // [MQTT-3.2.2-19 v5]
            ? explained
            : packet;

    private Disconnect Explained(Disconnect packet) =>
        (Reasons.Text(packet.ReasonCode), ReferenceFor(packet.ReasonCode)) is var (text, reference) && (text ?? reference) is not null
            && packet with { Properties = new DisconnectProperties { ReasonString = text, ServerReference = reference } } is var explained
            && Reasons.Fits(explained, PeerMaximum) // [MQTT-3.14.2-3 v5]
            ? explained
            : packet;

    private uint PeerMaximum => _connect.Properties?.MaximumPacketSize ?? uint.MaxValue;

    /// <summary>The code of CONNACK for a refusal; null when 3.x has none for it and closes without a word [MQTT-3.2.2-6 v3.1.1].</summary>
    private ReasonCode? ConnAckOf(ReasonCode reason) => reason switch
    {
        ReasonCode.SessionTakenOver => null,
        ReasonCode.ClientIdentifierNotValid or ReasonCode.ServerUnavailable => reason,
        ReasonCode.ServerBusy or ReasonCode.QuotaExceeded or ReasonCode.ConnectionRateExceeded when !IsV5 => ReasonCode.ServerUnavailable,
        ReasonCode.Banned when !IsV5 => ReasonCode.NotAuthorized,
        ReasonCode.BadUserNameOrPassword or ReasonCode.NotAuthorized => reason,
        _ => IsV5 ? reason : null,
    };

    private sealed class Direct : DirectProps<ClientActor>
    {
        private readonly ServerContext _context;
        private readonly IActorRef _registry;
        private readonly string _listener;
        private readonly IActorRef _connection;
        private readonly TransportInfo _transport;
        private readonly Admission _admission;

        public Direct(ServerContext context, IActorRef registry, string listener, Mqtt.Connected connected, Admission admission)
            : base(context.Settings.Connection.Dispatcher)
        {
            (_context, _registry, _listener, _admission) = (context, registry, listener, admission);
            (_connection, _transport) = (connected.Connection, connected.Transport);
        }

        private Direct(Direct copied)
            : base(copied)
        {
            (_context, _registry, _listener, _admission) = (copied._context, copied._registry, copied._listener, copied._admission);
            (_connection, _transport) = (copied._connection, copied._transport);
        }

        public override ActorBase Produce() => new ClientActor(_context, _registry, _listener, _connection, _transport, _admission);

        protected override Props Copy() => new Direct(this);
    }
}
