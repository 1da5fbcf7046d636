using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.Connections;

/// <summary>
/// Takes <see cref="Mqtt.Connected"/> of any listener and gives each connection its <see cref="ClientActor"/>. Parent of these.
/// </summary>
internal sealed class AcceptorActor : UntypedActor
{
    private readonly ServerContext _context;
    private readonly IActorRef _registry;
    private readonly ILoggingAdapter _log = Context.GetSafeLogger();
    private readonly Dictionary<string, string> _mountPoints;
    private readonly TokenBucket? _connectRate;
    private readonly HashSet<IActorRef> _excess = []; // over the limit, waiting for their refusal or their peer's close: they take nobody's place
    private int _admitted;
    private IActorRef? _drainer;

    public AcceptorActor(ServerContext context, IActorRef registry)
    {
        _context = context;
        _registry = registry;
        _mountPoints = context.Settings.Listeners.ToDictionary(listener => listener.Name, listener => listener.MountPoint, StringComparer.Ordinal);
        var limits = context.Settings.Limits;
        _connectRate = limits.MaxConnectRate is { } rate ? new TokenBucket(rate, limits.MaxConnectBurst) : null;
    }

    public static Props PropsFor(ServerContext context, IActorRef registry) =>
        Props.Create(() => new AcceptorActor(context, registry)).OnDispatcher(context.Settings);

    protected override SupervisorStrategy SupervisorStrategy() => new ChildEnds(
        error =>
        {
            _log.Error(error, "The handler of a connection failed; the connection is closed.");
            return Directive.Stop;
        },
        Forget);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Accepted accepted:
                Accept(accepted.Listener, accepted.Connected);
                break;
            case Mqtt.Connected { Role: MqttRole.Server } connected:
                Accept("", connected);
                break;
            case SecurityActor.Changed:
                foreach (var client in Context.GetChildren())
                    client.Tell(message);
                break;
            case Drain:
                _drainer = Sender;
                foreach (var client in Context.GetChildren())
                    client.Tell(Drain.Instance);
                AnswerDrainer();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Accept(string listener, Mqtt.Connected connected)
    {
        var most = _context.Settings.MaxConnections;
        // One over the limit lives until its CONNECT, or could not be told why it is refused; but these too are only so many.
        var isExcess = _admitted >= most;
        if (_drainer is not null || (isExcess && _excess.Count >= Math.Max(4, most / 16)))
        {
            connected.Connection.Tell(Mqtt.Abort.Instance);
            if (_drainer is null)
            {
                _context.Stats.AddRefusal(Refused.Connect, ReasonCode.QuotaExceeded);
                _log.Info("A connection from {Transport} is closed: far more than max-connections = {Most} are open", connected.Transport, most);
            }
            return;
        }
        _context.Stats.AddConnection(1);
        var admission = new Admission(Judge(isExcess), _mountPoints.GetValueOrDefault(listener, ""));
        var client = Context.ActorOf(ClientActor.PropsFor(_context, _registry, listener, connected, admission));
        if (isExcess)
            _excess.Add(client);
        else
            _admitted++;
    }

    private ReasonCode Judge(bool isExcess)
    {
        if (isExcess)
            return ReasonCode.QuotaExceeded;
        if (_context.Watermark.Level >= LoadLevel.RefuseConnects)
            return ReasonCode.ServerBusy;
        if (_connectRate is null)
            return ReasonCode.Success;
        if (!_connectRate.HasAny(_context.Now))
            return ReasonCode.ConnectionRateExceeded;
        _connectRate.Take(1);
        return ReasonCode.Success;
    }

    private void Forget(IActorRef client)
    {
        if (!_excess.Remove(client))
            _admitted--;
        _context.Stats.AddConnection(-1);
        AnswerDrainer();
    }

    private void AnswerDrainer()
    {
        if (_admitted == 0 && _excess.Count == 0)
            _drainer?.Tell(Drained.Instance);
    }

    /// <summary>A connection came by a listener.</summary>
    internal sealed record Accepted(string Listener, Mqtt.Connected Connected) : INoSerializationVerificationNeeded;

    /// <summary>Take no more connections and end those that are open. Answered by <see cref="Drained"/>.</summary>
    internal sealed class Drain : INoSerializationVerificationNeeded
    {
        public static readonly Drain Instance = new();
    }

    /// <summary>No connection is left.</summary>
    internal sealed class Drained : INoSerializationVerificationNeeded
    {
        public static readonly Drained Instance = new();
    }
}
