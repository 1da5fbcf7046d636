using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Handshake;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.Connections;

/// <summary>
/// Takes <see cref="Mqtt.Connected"/> of any listener and gives each connection its <see cref="HandshakeActor"/>. Parent of these.
/// </summary>
internal sealed class AcceptorActor : UntypedActor
{
    private readonly ServerContext _context;
    private readonly IActorRef _registry;
    private readonly ILoggingAdapter _log = Context.GetSafeLogger();
    private readonly Dictionary<string, ListenerProfile> _listeners;
    private bool _isDraining;

    public AcceptorActor(ServerContext context, IActorRef registry)
    {
        _context = context;
        _registry = registry;
        _listeners = ListenerProfile.Of(context.Settings);
    }

    public static Props PropsFor(ServerContext context, IActorRef registry) =>
        Props.Create(() => new AcceptorActor(context, registry)).OnDispatcher(context.Settings);

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(error =>
    {
        _log.Error(error, "The handshake of a connection failed; the connection is closed.");
        return Directive.Stop;
    });

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
                _registry.Tell(message); // a handshake compares the rules when it accepts its client
                break;
            case Drain:
                _isDraining = true;
                foreach (var handshake in Context.GetChildren())
                    handshake.Tell(Handshake.Drain.Instance);
                _registry.Tell(message);
                var drainer = Sender;
                _context.Gate.WhenEmpty(() => drainer.Tell(Drained.Instance, ActorRefs.NoSender));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Accept(string listener, Mqtt.Connected connected)
    {
        if (_isDraining || _context.Gate.Admit(connected.Transport, _context.Now) is not { } permit)
        {
            connected.Connection.Tell(Mqtt.Abort.Instance);
            if (_isDraining)
                return;
            _context.Stats.AddRefusal(Refused.Connect, ReasonCode.QuotaExceeded);
            if (_context.Refusals.Admits(connected.RemoteAddress, _log))
                _log.Warning("A connection from {Transport} is reset: there is no place for it, not even to refuse its CONNECT", connected.Transport);
            return;
        }
        Context.ActorOf(new HandshakeProps(_context, _registry, _listeners.GetValueOrDefault(listener) ?? _listeners[""], connected, permit));
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
