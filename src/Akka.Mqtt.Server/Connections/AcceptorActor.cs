using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>
/// Takes <see cref="Mqtt.Connected"/> of any listener and gives each connection its <see cref="ClientActor"/>. Parent of these.
/// </summary>
internal sealed class AcceptorActor : UntypedActor
{
    private readonly ServerContext _context;
    private readonly IActorRef _registry;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private int _clients;
    private IActorRef? _drainer;

    public AcceptorActor(ServerContext context, IActorRef registry)
    {
        _context = context;
        _registry = registry;
    }

    public static Props PropsFor(ServerContext context, IActorRef registry) => Props.Create(() => new AcceptorActor(context, registry));

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(error =>
    {
        _log.Error(error, "The handler of a connection failed; the connection is closed.");
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
                foreach (var client in Context.GetChildren())
                    client.Tell(message);
                break;
            case Terminated:
                _clients--;
                AnswerDrainer();
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
        if (_drainer is not null || _clients >= _context.Settings.MaxConnections)
        {
            connected.Connection.Tell(Mqtt.Abort.Instance);
            return;
        }
        _clients++;
        Context.Watch(Context.ActorOf(ClientActor.PropsFor(_context, _registry, listener, connected)));
    }

    private void AnswerDrainer()
    {
        if (_clients == 0)
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
