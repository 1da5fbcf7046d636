using Akka.Actor;
using Akka.Mqtt.Server.Connections;
using Akka.Mqtt.Server.Handshake;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Local;

/// <summary>
/// Accepts clients of this process: those of bridges and of <see cref="MqttServer.ConnectClientAsync"/>. They connect through an in-memory
/// listener with a secret name. They need no credentials, and no other client can take over their sessions. The first request for the
/// address opens the listener.
/// </summary>
internal sealed class OwnClientsActor : UntypedActor
{
    private readonly ServerContext _context;
    private readonly IActorRef _registry;
    private readonly InMemoryEndPoint _address = new($"server-{Guid.NewGuid():N}");
    private readonly List<IActorRef> _waiting = [];
    private IActorRef? _acceptor;
    private IActorRef? _listener;
    private bool _isDraining;

    public OwnClientsActor(ServerContext context, IActorRef registry) => (_context, _registry) = (context, registry);

    public static Props PropsFor(ServerContext context, IActorRef registry) =>
        Props.Create(() => new OwnClientsActor(context, registry)).WithDeploy(Deploy.Local);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case GetAddress when _isDraining:
                Sender.Tell(new Status.Failure(new ObjectDisposedException(nameof(MqttServer), "The server is stopping.")));
                break;
            case GetAddress when _listener is not null:
                Sender.Tell(new Address(_address));
                break;
            case GetAddress:
                _waiting.Add(Sender);
                Open();
                break;
            case Mqtt.Bound bound when _isDraining:
                bound.Listener.Tell(Mqtt.Unbind.Instance);
                break;
            case Mqtt.Bound bound:
                _listener = bound.Listener;
                Answer(new Address(_address));
                break;
            case Mqtt.CommandFailed { Command: Mqtt.Bind } failed:
                Context.Stop(_acceptor);
                _acceptor = null; // the next request opens the listener again
                Answer(new Status.Failure(new MqttServerException(failed.Message, failed.Cause)));
                break;
            case Drain:
                _isDraining = true;
                _listener?.Tell(Mqtt.Unbind.Instance);
                _acceptor?.Tell(Drain.Instance);
                Answer(new Status.Failure(new ObjectDisposedException(nameof(MqttServer), "The server is stopping.")));
                break;
            case Mqtt.Unbound:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    protected override void PostStop() => _listener?.Tell(Mqtt.Unbind.Instance);

    private void Open()
    {
        if (_acceptor is not null)
            return;
        _acceptor = Context.ActorOf(AcceptorActor.PropsFor(_context, ListenerProfile.OwnClients, _registry));
        Context.System.Mqtt().Tell(new Mqtt.Bind(_acceptor, _address) { Settings = _context.Settings.Connection });
    }

    private void Answer(object answer)
    {
        foreach (var each in _waiting)
            each.Tell(answer);
        _waiting.Clear();
    }

    /// <summary>Requests the address. The answer is an <see cref="Address"/> or a failure.</summary>
    internal sealed class GetAddress : INoSerializationVerificationNeeded
    {
        public static readonly GetAddress Instance = new();
    }

    /// <summary>The address to which own clients connect.</summary>
    /// <param name="EndPoint">The address, within this process.</param>
    internal sealed record Address(InMemoryEndPoint EndPoint) : INoSerializationVerificationNeeded;
}
