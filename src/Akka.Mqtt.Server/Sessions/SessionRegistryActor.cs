using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Logs;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Knows which actor holds the session of a client identifier [MQTT-3.1.3-2] and numbers the openings: of two connections with the same
/// identifier the later one gets the session. Parent of all session actors.
/// </summary>
internal sealed class SessionRegistryActor : UntypedActor
{
    private readonly ServerContext _context;
    private readonly Dictionary<string, (IActorRef Session, long Epoch)> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<IActorRef, string> _clientIds = [];
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
            case SessionProtocol.Open open:
                var epoch = ++_epoch;
                var session = _sessions.TryGetValue(open.ClientId, out var known) ? known.Session : Start(open.ClientId);
                _sessions[open.ClientId] = (session, epoch);
                session.Tell(new SessionProtocol.Attach(epoch, open));
                break;
            case SessionProtocol.Retire retire:
                if (_sessions.TryGetValue(retire.ClientId, out var entry) && entry.Session.Equals(Sender) && entry.Epoch == retire.Epoch)
                {
                    Forget(Sender);
                    Sender.Tell(SessionProtocol.Retired.Instance);
                }
                break;
            case SessionProtocol.Abandoned abandoned:
                if (_sessions.TryGetValue(abandoned.ClientId, out var asked))
                    asked.Session.Tell(abandoned);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private IActorRef Start(string clientId)
    {
        var session = Context.ActorOf(SessionActor.PropsFor(_context, clientId));
        _clientIds.Add(session, clientId);
        return session;
    }

    private void Forget(IActorRef session)
    {
        if (_clientIds.Remove(session, out var clientId) && _sessions.TryGetValue(clientId, out var entry) && entry.Session.Equals(session))
            _sessions.Remove(clientId);
    }
}
