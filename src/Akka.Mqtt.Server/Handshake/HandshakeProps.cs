using Akka.Actor;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Handshake;

/// <summary>Props of <see cref="HandshakeActor"/>; see <see cref="DirectProps{TActor}"/>.</summary>
internal sealed class HandshakeProps : DirectProps<HandshakeActor>
{
    private readonly ServerContext _context;
    private readonly IActorRef _registry;
    private readonly ListenerProfile _listener;
    private readonly Mqtt.Connected _connected;
    private readonly ConnectionPermit _permit;

    public HandshakeProps(ServerContext context, IActorRef registry, ListenerProfile listener, Mqtt.Connected connected, ConnectionPermit permit)
        : base(context.Settings.Connection.Dispatcher) =>
        (_context, _registry, _listener, _connected, _permit) = (context, registry, listener, connected, permit);

    private HandshakeProps(HandshakeProps copied)
        : base(copied) =>
        (_context, _registry, _listener, _connected, _permit) =
            (copied._context, copied._registry, copied._listener, copied._connected, copied._permit);

    public override ActorBase Produce() => new HandshakeActor(_context, _registry, _listener, _connected, _permit);

    protected override Props Copy() => new HandshakeProps(this);
}
