using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Local;
using Akka.Mqtt.Server.Publishing;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Bridges;

/// <summary>
/// A bridge between this server and another one. It consists of a client of this server, whose session keeps the outgoing messages, a
/// client of the other server, and one <see cref="BridgeWay"/> for each direction. It lives as long as the server.
/// </summary>
internal sealed class BridgeActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan AfterGivingUp = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BetweenWarnings = TimeSpan.FromMinutes(1);

    private readonly ServerContext _context;
    private readonly MqttBridgeSettings _settings;
    private readonly ILoggingAdapter _log = Context.GetSafeLogger();
    private readonly IActorRef _ownClients;
    private readonly BridgeMeters _meters;
    private readonly Publisher _publisher;
    private readonly BridgeWay _out;
    private readonly BridgeWay _in;
    private IActorRef _local = ActorRefs.Nobody;
    private IActorRef _remote = ActorRefs.Nobody;
    private RemoteForm _form;
    private bool _isDraining;
    private bool? _reportedState; // the last value published to the state topic
    private long? _warnedAt;

    public BridgeActor(ServerContext context, MqttBridgeSettings settings, IActorRef ownClients, BridgeMeters meters)
    {
        (_context, _settings, _ownClients, _meters) = (context, settings, ownClients, meters);
        _form = new RemoteForm(settings.Client.Version, settings.TryPrivate);
        _publisher = new Publisher(context, "", isServer: true, localOnly: true);
        _out = new BridgeWay(new BridgeTopics(settings.Topics, isOut: true), _meters.Out, Self, settings.Client.MaxQueuedBytes) { KeepsRetain = settings.OutgoingRetain };
        _in = new BridgeWay(new BridgeTopics(settings.Topics, isOut: false), _meters.In, Self, settings.Client.MaxQueuedBytes);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private bool ReportsStateRemotely => _settings.Notifications == MqttBridgeNotifications.Both;

    public static Props PropsFor(ServerContext context, MqttBridgeSettings settings, IActorRef ownClients, BridgeMeters meters) =>
        Props.Create(() => new BridgeActor(context, settings, ownClients, meters)).WithDeploy(Deploy.Local);

    protected override void PreStart()
    {
        ReportState(false);
        _ownClients.Tell(OwnClientsActor.GetAddress.Instance);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case OwnClientsActor.Address address when !_isDraining:
                _local = Context.ActorOf(MqttClient.Props(BridgeClients.Local(_settings, _context, address.EndPoint), Self));
                _in.Use(_local);
                StartRemote();
                break;
            case Status.Failure failed:
                if (!_isDraining)
                    _log.Error(failed.Cause, "Bridge {Bridge} cannot reach its own server: {Reason}", _settings.Name, failed.Cause.Message);
                break;
            case MqttClient.Received received:
                (Sender.Equals(_local) ? _out : _in).Take(received, Sender);
                break;
            case MqttClient.Outcome { Correlation: BridgeWay.Entry } outcome:
                Complete(outcome);
                break;
            case MqttClient.Outcome outcome:
                Subscribed(outcome);
                break;
            case MqttClient.Demand demand:
                Begin(demand.Count);
                break;
            case MqttClient.Connected connected when Sender.Equals(_local):
                _in.Connected(connected.Answer);
                break;
            case MqttClient.Connected connected when Sender.Equals(_remote):
                RemoteConnected(connected.Answer);
                break;
            case MqttClient.Disconnected when Sender.Equals(_local):
                _in.Disconnected();
                break;
            case MqttClient.Disconnected lost when Sender.Equals(_remote):
                RemoteDisconnected(lost.Cause, hasGivenUp: false);
                break;
            case MqttClient.GaveUp gaveUp when Sender.Equals(_remote):
                RemoteDisconnected(gaveUp.Cause, hasGivenUp: true);
                break;
            case MqttClient.GaveUp gaveUp when Sender.Equals(_local) && !_isDraining:
                throw new InvalidOperationException($"The client of bridge {_settings.Name} at its own server gave up: {gaveUp.Cause.Message}"); // the supervisor restarts the bridge
            case MqttClient.ResubscribeFailed failed:
                WarnRefused(failed.Filter, failed.ReasonCode, Sender);
                break;
            case Restart when !_isDraining:
                StartRemote();
                break;
            case Drain:
                Stop();
                break;
            case MqttClient.Event or OwnClientsActor.Address or Restart:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    protected override void PostStop() => _meters.IsConnected = false;

    private void StartRemote()
    {
        _remote = Context.ActorOf(MqttClient.Props(BridgeClients.Remote(_settings, _form), Self));
        _out.TargetIsV5 = _form.Version == MqttVersion.V5;
        _out.Use(_remote);
    }

    /// <summary>A client accepts commands. The bridge first subscribes at it to the topics that it forwards to the other client.</summary>
    private void Begin(int credit)
    {
        var isLocal = Sender.Equals(_local);
        if (!isLocal && !Sender.Equals(_remote))
            return;
        var (target, source) = isLocal ? (_in, _out) : (_out, _in);
        if (!source.Topics.IsEmpty)
            target.Tell(new MqttClient.Subscribe(source.Topics.Subscriptions(isLocal || _form.Version == MqttVersion.V5)));
        target.Grant(credit);
    }

    private void Subscribed(MqttClient.Outcome outcome)
    {
        if (!Sender.Equals(_local) && !Sender.Equals(_remote))
            return;
        var isLocal = Sender.Equals(_local);
        (isLocal ? _in : _out).Grant(1);
        var codes = outcome switch
        {
            MqttClient.Acked acked => acked.ReasonCodes,
            MqttClient.Refused refused => refused.ReasonCodes,
            _ => default,
        };
        var filters = (isLocal ? _out : _in).Topics.Subscriptions(true);
        for (var at = 0; at < codes.Count && at < filters.Count; at++)
        {
            if (codes[at] >= ReasonCode.UnspecifiedError)
                WarnRefused(filters[at].Filter, codes[at], Sender);
        }
    }

    private void WarnRefused(string filter, ReasonCode code, IActorRef client) => _log.Warning(
        "Bridge {Bridge}: {Server} refuses the subscription to {Filter} with {Code}; it forwards no such messages from there.",
        _settings.Name, client.Equals(_local) ? "this server" : "the other server", LogText.Escape(filter), code);

    private void Complete(MqttClient.Outcome outcome)
    {
        var isOut = Sender.Equals(_remote) || !Sender.Equals(_local); // also true for a remote client that the bridge has replaced
        if ((isOut ? _out : _in).Complete(outcome, Sender) is not { } lost)
            return;
        var now = _context.Now;
        if (_warnedAt is { } before && now - before < BetweenWarnings.TotalMilliseconds)
            return;
        _warnedAt = now;
        _log.Warning(
            "Bridge {Bridge}: {Server} does not take a message to {Topic}: {Reason} It is dropped and counted, as are others of the next minute.",
            _settings.Name, isOut ? "the other server" : "this server", LogText.Escape(((BridgeWay.Entry)outcome.Correlation!).Packet.Topic), lost);
    }

    private void RemoteConnected(ConnAck answer)
    {
        _out.Connected(answer);
        _meters.IsConnected = true;
        ReportState(true);
        if (!ReportsStateRemotely)
            return;
        var qos = _out.MaximumQoS < _form.StateQoS ? _out.MaximumQoS : _form.StateQoS;
        _out.Tell(new MqttClient.Publish(StateMessage(true) with { QoS = qos, Retain = _form.KeepsState && _out.RetainAvailable }));
    }

    private void RemoteDisconnected(MqttClient.Cause cause, bool hasGivenUp)
    {
        _out.Disconnected();
        _meters.IsConnected = false;
        ReportState(false);
        if (_isDraining)
            return;
        if (_form.After(cause.ReasonCode, ReportsStateRemotely, BridgeClients.NeedsV5(_settings)) is { } form)
        {
            _form = form;
            _log.Info("Bridge {Bridge}: the other server refused it with {Code}; trying again as {Form}.", _settings.Name, cause.ReasonCode, form);
            if (!hasGivenUp)
                _remote.Tell(new MqttClient.Disconnect());
            StartRemote();
        }
        else if (hasGivenUp)
        {
            _log.Warning("Bridge {Bridge} tries again in a minute: {Reason}", _settings.Name, cause.Message);
            Timers.StartSingleTimer(Restart.Instance, Restart.Instance, AfterGivingUp);
        }
    }

    private void Stop()
    {
        if (_isDraining)
            return;
        _isDraining = true;
        _remote.Tell(new MqttClient.Disconnect
        {
            Wait = TimeSpan.FromSeconds(1),
            ReasonCode = ReportsStateRemotely ? ReasonCode.DisconnectWithWillMessage : ReasonCodes.NormalDisconnection,
        });
        _local.Tell(new MqttClient.Disconnect { Wait = TimeSpan.FromSeconds(1) });
        ReportState(false);
    }

    private void ReportState(bool isConnected)
    {
        if (_settings.Notifications == MqttBridgeNotifications.Off || _reportedState == isConnected)
            return;
        _reportedState = isConnected;
        _publisher.Add(StateMessage(isConnected));
        _publisher.Flush();
    }

    private Publish StateMessage(bool isConnected) =>
        new(_settings.StateTopic, isConnected ? "1" : "0") { QoS = QualityOfService.AtLeastOnce, Retain = true };

    private sealed class Restart : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Restart Instance = new();
    }
}
