using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Admin;
using Akka.Mqtt.Server.Connections;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// The session of one client identifier: takes deliveries of publishers, sends them to the connection that is attached, and keeps what the
/// client has not acknowledged. Outlives connections; serves one at a time. Owns the <see cref="SessionState"/>.
/// </summary>
internal sealed partial class SessionActor : UntypedActor
{
    private const string ExpiryTimer = "expiry";
    private const string WillTimer = "will";

    // Timers are wound up again for longer waits: no scheduler is asked for the 136 years that an interval can say.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromHours(12);

    private readonly ServerContext _context;
    private readonly string _clientId;
    private Publisher? _ownPublisher;
    private ILoggingAdapter? _logger;
    private ClockTimer? _expiryTimer;
    private ClockTimer? _willTimer;

    private SessionState _state = null!;
    private ActorTarget _target = null!;
    private bool _alive; // whether there is session state, or only an actor that waits to be retired
    private Attachment? _attached;
    private SessionProtocol.Attach? _next; // a connection that waits for the one before to let go
    private long _epoch;
    private uint _expiry; // Session Expiry Interval in seconds; uint.MaxValue never
    private long _expiresAt;
    private Will? _will;
    private long _willDueAt;

    public SessionActor(ServerContext context, string clientId)
    {
        _context = context;
        _clientId = clientId;
        _history = new PacketHistory(context.Settings.LastPackets, received: false);
    }

    private ILoggingAdapter Log => _logger ??= Context.GetSafeLogger();

    /// <summary>Publishes the will, and hands messages of shared subscriptions to other members.</summary>
    private Publisher OwnPublisher => _ownPublisher ??= new Publisher(_context, _clientId);

    public static Props PropsFor(ServerContext context, string clientId) =>
        new Direct(context, clientId);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Deliver deliver:
                Receive(deliver);
                break;
            case WriteDone done:
                Written(done);
                break;
            case SessionProtocol.FromClient from:
                Receive(from);
                break;
            case SubscriptionsApplied applied:
                Applied(applied);
                break;
            case SessionProtocol.Attach attach:
                Attach(attach);
                break;
            case SessionProtocol.RightsChanged changed:
                if (_attached?.Epoch == changed.Epoch)
                    UseRights(changed.Rights);
                break;
            case SessionProtocol.Released released:
                if (_attached?.Epoch == released.Epoch)
                    Release(released.KeepWill, released.SessionExpiry);
                break;
            case SessionProtocol.Abandoned abandoned:
                Abandon(abandoned.Client);
                break;
            case Mqtt.CommandFailed failed:
                WriteFailed(failed);
                break;
            case ExpiryTimer:
                CheckExpiry();
                break;
            case WillTimer:
                CheckWill();
                break;
            case SessionProtocol.Retired:
                Context.Stop(Self);
                break;
            default:
                if (!ReceiveProtection(message))
                    Unhandled(message);
                break;
        }
    }

    protected override void PostStop()
    {
        _attached?.Client.Tell(SessionProtocol.Lost.Instance);
        _next?.Request.Client.Tell(SessionProtocol.Lost.Instance);
        _expiryTimer?.Dispose();
        _willTimer?.Dispose();
        _slowTimer?.Dispose();
        if (_attached is not null)
            Disconnected();
        if (_alive)
            EndState(); // after a failure of this actor nobody else would take its subscriptions back
    }

    private void Attach(SessionProtocol.Attach attach)
    {
        _next?.Request.Client.Tell(new SessionProtocol.Detach(ReasonCode.SessionTakenOver));
        _next = attach;
        if (_attached is { } before)
            before.Client.Tell(new SessionProtocol.Detach(ReasonCode.SessionTakenOver)); // [MQTT-3.1.4-3 v5] [MQTT-3.1.4-2 v3.1.1]
        else
            Begin();
    }

    /// <summary>Nobody holds the session: the connection that waits gets it.</summary>
    private void Begin()
    {
        var next = _next!;
        var (epoch, request) = next;
        _next = null;
        _epoch = epoch;
        var connect = request.Connect;
        _expiryTimer?.Dispose();
        if (_alive && connect.CleanStart)
            EndState(); // [MQTT-3.1.2-4 v5] [MQTT-3.1.2-6 v3.1.1]
        _willTimer?.Dispose();
        var present = _alive; // [MQTT-3.2.2-2 v5] [MQTT-3.2.2-3 v5] [MQTT-3.2.2-1 v3.1.1] [MQTT-3.2.2-2 v3.1.1]
        if (!_alive)
            BeginState();
        UseRights(request.Rights);
        _will = connect.Will; // [MQTT-3.1.2-7 v5]; a will that waited for its delay is cancelled [MQTT-3.1.3-9 v5]
        _expiry = ExpiryOf(connect);
        _attached = new Attachment(request.Client, request.Connection, epoch, connect);
        var receiveMaximum = connect.Properties?.ReceiveMaximum ?? ushort.MaxValue;
        _state.Outbound.BeginConnection(Math.Min(receiveMaximum, _context.Settings.MaxInflightMessages)); // [MQTT-3.3.4-9 v5]
        _state.Inbound.BeginConnection();
        _aliases = OutboundAliases.For(connect, _context.Settings);
        _target.IsConnected = true;
        _outstanding = 0;
        Connected(request);
        // CONNACK goes before everything else [MQTT-3.2.0-1].
        request.Connection.Tell(new Mqtt.Write(request.Answer with { SessionPresent = present && connect.Version != MqttVersion.V31 }));
        request.Client.Tell(new SessionProtocol.Attached(epoch, Self, _state.Inbound));
        Pump();
        if (next.IsAbandoned)
            Release(keepWill: true, null);
    }

    /// <summary>
    /// The actor of a client stopped before it heard that the session is its own. One that waits gets its turn all the same: what it asked for
    /// counts, the end of the session before it and its will.
    /// </summary>
    private void Abandon(IActorRef client)
    {
        if (client.Equals(_attached?.Client))
            Release(keepWill: true, null);
        else if (client.Equals(_next?.Request.Client))
            _next = _next! with { IsAbandoned = true };
    }

    private void BeginState()
    {
        var settings = _context.Settings;
        _state = new SessionState(
            settings.MaxQueuedMessages, settings.MaxQueuedBytes, OverflowOf(settings.Limits.QueueOverflow), settings.Limits.MaxInflightBytes);
        _target = new ActorTarget(_clientId, Self, _context.Settings.MaxUnhandledMessages);
        _alive = true;
        EnterDirectory();
    }

    /// <summary>The connection has ended, in whatever way.</summary>
    private void Release(bool keepWill, uint? expiry)
    {
        _attached = null;
        _target.IsConnected = false;
        Disconnected();
        if (!keepWill)
            _will = null; // [MQTT-3.14.4-3] [MQTT-3.1.2-10]
        // U-3.14.2.2.2-1 v5: the client actor has refused a non-zero interval after zero
        if (expiry is { } changed)
            _expiry = Limit(changed);
        KeepRetained();
        _state.Outbound.Compact();
        if (_expiry == 0)
        {
            EndState(); // [MQTT-4.1.0-2 v5] [MQTT-3.1.2-6 v3.1.1]
        }
        else
        {
            if (_expiry != uint.MaxValue) // [MQTT-3.1.2-23 v5]
            {
                _expiresAt = _context.Now + (_expiry * 1000L);
                CheckExpiry();
            }
            if (_alive && _next is not { Request.Connect.CleanStart: false })
                HandOver(ending: false);
            if (_alive && _will is not null) // [MQTT-3.1.2-8]
            {
                _willDueAt = _context.Now + ((_will.Properties?.WillDelayInterval ?? 0) * 1000L);
                CheckWill();
            }
            if (!_context.Settings.Features.QueueQoS0Messages)
                _context.Drops.Add(DropReason.Offline, _state.Queue.RemoveQoS0());
            Observe();
        }
        if (_next is not null)
            Begin();
        else if (!_alive)
            Context.Parent.Tell(new SessionProtocol.Retire(_clientId, _epoch));
    }

    /// <summary>The session ends: its will is due now at the latest, and its subscriptions go.</summary>
    private void EndState()
    {
        PublishWill();
        _alive = false;
        _target.IsConnected = false;
        _target.Close();
        HandOver(ending: true);
        _context.Drops.Add(DropReason.SessionEnded, _state.Queue.Count);
        LeaveDirectory();
        _retained = null;
        if (_state.SubscriptionCount == 0)
            return;
        var changes = new List<RoutingActor.Change>();
        foreach (var subscription in _state.Subscriptions)
            changes.Add(RoutingActor.Change.Of(subscription, null));
        _context.RoutingActor.Tell(new RoutingActor.Apply(_target, changes, null));
    }

    private void CheckExpiry()
    {
        if (!_alive || _attached is not null)
            return;
        var left = _expiresAt - _context.Now;
        if (left > 0)
        {
            Wind(ref _expiryTimer, ExpiryTimer, left);
            return;
        }
        _context.Stats.AddExpiredSession();
        EndState();
        Context.Parent.Tell(new SessionProtocol.Retire(_clientId, _epoch));
    }

    private void CheckWill()
    {
        if (_will is null || _attached is not null)
            return;
        var left = _willDueAt - _context.Now;
        if (left > 0)
            Wind(ref _willTimer, WillTimer, left);
        else
            PublishWill();
    }

    private void Wind(ref ClockTimer? timer, string name, long milliseconds)
    {
        var wait = TimeSpan.FromMilliseconds(milliseconds);
        timer ??= new ClockTimer(_context.Clock, Self, name);
        timer.Start(wait < LongestTimer ? wait : LongestTimer);
    }

    private void PublishWill()
    {
        if (_will is not { } will)
            return;
        _will = null; // [MQTT-3.1.2-10]
        OwnPublisher.Add(new Publish(will.Topic, will.Payload)
        {
            QoS = will.QoS,
            Retain = will.Retain, // [MQTT-3.1.2-14 v5] [MQTT-3.1.2-15 v5] [MQTT-3.1.2-16 v3.1.1] [MQTT-3.1.2-17 v3.1.1]
            Properties = will.Properties is not { } properties ? null : new PublishProperties
            {
                PayloadFormatIndicator = properties.PayloadFormatIndicator,
                MessageExpiryInterval = properties.MessageExpiryInterval,
                ContentType = properties.ContentType,
                ResponseTopic = properties.ResponseTopic,
                CorrelationData = properties.CorrelationData,
                UserProperties = properties.UserProperties, // [MQTT-3.1.3-10 v5]
            },
        });
        OwnPublisher.Flush();
    }

    /// <summary>3.x: clean session ends with the connection, others are kept as long as the server keeps any.</summary>
    private uint ExpiryOf(Connect connect) => connect.Version == MqttVersion.V5
        ? Limit(connect.Properties?.SessionExpiryInterval ?? 0)
        : connect.CleanStart ? 0 : Limit(uint.MaxValue);

    private uint Limit(uint seconds) => SessionExpiry.Limit(seconds, _context.Settings);

    private sealed class Direct : DirectProps<SessionActor>
    {
        private readonly ServerContext _context;
        private readonly string _clientId;

        public Direct(ServerContext context, string clientId)
            : base(context.Settings.Connection.Dispatcher) => (_context, _clientId) = (context, clientId);

        private Direct(Direct copied)
            : base(copied) => (_context, _clientId) = (copied._context, copied._clientId);

        public override ActorBase Produce() => new SessionActor(_context, _clientId);

        protected override Props Copy() => new Direct(this);
    }

    /// <summary>The connection that is served: what changes together with it.</summary>
    private sealed record Attachment(IActorRef Client, IActorRef Connection, long Epoch, MqttVersion Version, uint MaximumPacketSize)
    {
        public bool WantsReasons { get; init; }

        public Attachment(IActorRef client, IActorRef connection, long epoch, Connect connect)
            : this(client, connection, epoch, connect.Version, connect.Properties?.MaximumPacketSize ?? uint.MaxValue) =>
            WantsReasons = Reasons.AreWanted(connect);
    }
}
