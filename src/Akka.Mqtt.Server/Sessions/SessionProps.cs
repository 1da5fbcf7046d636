using Akka.Actor;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>Props of <see cref="SessionActor"/>; see <see cref="DirectProps{TActor}"/>.</summary>
internal sealed class SessionProps : DirectProps<SessionActor>
{
    private readonly ServerContext _context;
    private readonly SessionKey _key;

    public SessionProps(ServerContext context, SessionKey key)
        : base(context.Settings.Connection.Dispatcher) => (_context, _key) = (context, key);

    private SessionProps(SessionProps copied)
        : base(copied) => (_context, _key) = (copied._context, copied._key);

    public override ActorBase Produce() => new SessionActor(_context, _key);

    protected override Props Copy() => new SessionProps(this);
}
