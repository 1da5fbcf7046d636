using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Server.Connections;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Knows which actor holds the session of a client [MQTT-3.1.3-2] and numbers the openings: of two connections for the same session the later one
/// gets it. Parent of all session actors.
/// </summary>
internal sealed class SessionRegistryActor : UntypedActor
{
    private readonly ServerContext _context;
    private readonly Dictionary<SessionKey, (IActorRef Session, long Epoch)> _sessions = [];
    private readonly Dictionary<IActorRef, SessionKey> _keys = [];
    private readonly ILoggingAdapter _log = Context.GetSafeLogger();
    private long _epoch;

    public SessionRegistryActor(ServerContext context) => _context = context;

    public static Props PropsFor(ServerContext context) =>
        Props.Create(() => new SessionRegistryActor(context)).OnDispatcher(context.Settings);

    protected override SupervisorStrategy SupervisorStrategy() => new ChildEnds(
        error =>
        {
            _log.Error(error, "A session failed and is lost; its client is disconnected.");
            return Directive.Stop;
        },
        Forget);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case OpenSession open:
                var epoch = ++_epoch;
                var session = _sessions.TryGetValue(open.Key, out var known) ? known.Session : Start(open.Key);
                _sessions[open.Key] = (session, epoch);
                session.Tell(new SessionActor.Attach(epoch, open));
                break;
            case SessionProtocol.Retire retire:
                if (_sessions.TryGetValue(retire.Key, out var entry) && entry.Session.Equals(Sender) && entry.Epoch == retire.Epoch)
                {
                    Forget(Sender);
                    Sender.Tell(SessionProtocol.Retired.Instance);
                }
                break;
            case ConnectionLost lost:
                if (_sessions.TryGetValue(lost.Key, out var asked))
                    asked.Session.Tell(lost);
                break;
            case SecurityActor.Changed or AcceptorActor.Drain:
                foreach (var each in Context.GetChildren())
                    each.Tell(message);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private IActorRef Start(SessionKey key)
    {
        var session = Context.ActorOf(SessionActor.PropsFor(_context, key));
        _keys.Add(session, key);
        return session;
    }

    private void Forget(IActorRef session)
    {
        if (_keys.Remove(session, out var key) && _sessions.TryGetValue(key, out var entry) && entry.Session.Equals(session))
            _sessions.Remove(key);
    }
}
