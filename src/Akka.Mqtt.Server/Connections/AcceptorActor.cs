using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Handshake;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.Connections;

/// <summary>
/// Receives <see cref="Mqtt.Connected"/> for the connections of one listener, and handles each until its client is accepted: see
/// <see cref="Handshakes"/>.
/// </summary>
internal sealed class AcceptorActor : UntypedActor
{
    private readonly ServerContext _context;
    private readonly ListenerProfile _listener;
    private readonly ILoggingAdapter _log = Context.GetSafeLogger();
    private readonly Handshakes _handshakes;
    private bool _isDraining;

    public AcceptorActor(ServerContext context, ListenerProfile listener, IActorRef registry)
    {
        _context = context;
        _listener = listener;
        _handshakes = new Handshakes(context, registry, Self, Context.System.Scheduler, _log);
    }

    public static Props PropsFor(ServerContext context, ListenerProfile listener, IActorRef registry) =>
        Props.Create(() => new AcceptorActor(context, listener, registry)).WithDeploy(Deploy.Local).OnDispatcher(context.Settings);

    protected override void PostStop() => _handshakes.Stop();

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Mqtt.Connected { Role: MqttRole.Server } connected:
                Accept(connected);
                break;
            case Drain:
                _isDraining = true;
                _handshakes.Drain();
                break;
            default:
                if (!_handshakes.Receive(message, Sender))
                    Unhandled(message);
                break;
        }
    }

    private void Accept(Mqtt.Connected connected)
    {
        if (_isDraining || _context.Gate.Admit(connected.Transport, _context.Now) is not { } permit)
        {
            connected.Connection.Tell(Mqtt.Abort.Instance);
            if (_isDraining)
                return;
            _context.Stats.AddRefusal(Refused.Connect, ReasonCode.QuotaExceeded);
            _log.Write(
                _context.Refusals.Level(RefusalKind.Connection, connected.RemoteAddress, _log),
                null,
                "A connection from {Transport} is reset: the server has too many connections: see max-connections and max-pending-connections",
                connected.Transport);
            return;
        }
        _handshakes.Begin(_listener, connected, permit);
    }
}
