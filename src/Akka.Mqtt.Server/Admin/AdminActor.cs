using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Sessions;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Admin;

/// <summary>Answers questions about clients and ends their connections.</summary>
internal sealed class AdminActor : UntypedActor
{
    private readonly ServerContext _context;
    private readonly StoredClients _stored;

    public AdminActor(ServerContext context)
    {
        _context = context;
        _stored = new StoredClients(context);
    }

    public static Props PropsFor(ServerContext context) => Props.Create(() => new AdminActor(context)).WithDeploy(Deploy.Local);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case MqttServer.GetClients get:
                List(get);
                break;
            case MqttServer.InspectClient inspect:
                Forward(inspect.ClientId, new SessionProtocol.Inspect(inspect.ClientId, Sender));
                break;
            case Found found:
                Forward(found.Key, found.ClientId, found.Command, found.ReplyTo);
                break;
            case MqttServer.DisconnectClient disconnect:
                Forward(disconnect.ClientId, new SessionProtocol.Evict(disconnect, Sender));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Forward(string clientId, object command)
    {
        var parked = _context.Clients.Parked;
        var key = new SessionKey("", null, clientId);
        if (_context.Clients.Find(clientId) is { } entry)
            Forward(entry.Key, clientId, command, Sender);
        else if (parked.Find(key) != 0)
            Forward(key, clientId, command, Sender);
        else if (parked is { Count: > 0, HasMountedOrOwned: true })
            Search(clientId, command, Sender);
        else
            Forward(null, clientId, command, Sender);
    }

    private void Search(string clientId, object command, IActorRef replyTo) => _stored.FindAsync(clientId).PipeTo(
        Self, Self, key => new Found(key, clientId, command, replyTo), cause =>
        {
            Unreadable(cause);
            return new Found(null, clientId, command, replyTo);
        });

    private void Forward(SessionKey? key, string clientId, object command, IActorRef replyTo)
    {
        if (key is { } known)
            _context.Clients.Registry.Tell(new SessionProtocol.Ask(known, command));
        else
            replyTo.Tell(new MqttServer.ClientNotFound(clientId));
    }

    private void List(MqttServer.GetClients get)
    {
        var total = 0;
        var page = new ClientPage(get.After, get.Limit);
        foreach (var entry in _context.Clients)
        {
            if (get.ConnectedOnly && entry.Connection is null || !ClientPage.IsFound(entry, get.Search))
                continue;
            total++;
            if (page.Accepts(entry.ClientId))
                page.Add(new ClientInfo(entry.ClientId, entry.Connection, entry.Waiting, entry.WaitingBytes));
        }
        var parked = get.ConnectedOnly ? 0 : _context.Clients.Parked.Count;
        if (parked == 0)
        {
            Sender.Tell(page.ToList(total));
            return;
        }
        _stored.ListAsync(get.After, get.Search, Math.Max(0, get.Limit)).PipeTo(
            Sender, Self, stored =>
            {
                foreach (var client in stored)
                    page.Add(client);
                return page.ToList(total + (get.Search.Length == 0 ? parked : stored.Count));
            }, cause =>
            {
                Unreadable(cause);
                return page.ToList(total + (get.Search.Length == 0 ? parked : 0));
            });
    }

    private void Unreadable(Exception cause) =>
        _context.Log.Error(cause, "The storage cannot be read: the answer to an administrator lacks the sessions whose clients are offline.");

    /// <summary>The result of searching the storage for a session.</summary>
    private sealed record Found(SessionKey? Key, string ClientId, object Command, IActorRef ReplyTo)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
