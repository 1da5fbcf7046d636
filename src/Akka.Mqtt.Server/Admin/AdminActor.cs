using Akka.Actor;
using Akka.Mqtt.Server.Clients;
using Akka.Mqtt.Server.Sessions;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Admin;

/// <summary>Answers questions about clients and ends their connections.</summary>
internal sealed class AdminActor : UntypedActor
{
    private readonly ServerContext _context;

    public AdminActor(ServerContext context) => _context = context;

    public static Props PropsFor(ServerContext context) => Props.Create(() => new AdminActor(context)).WithDeploy(Deploy.Local);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case MqttServer.GetClients get:
                Sender.Tell(List(get));
                break;
            case MqttServer.InspectClient inspect:
                Forward(inspect.ClientId, new SessionProtocol.Inspect(inspect.ClientId, Sender));
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
        if (_context.Clients.Find(clientId) is { } entry)
            _context.Clients.Registry.Tell(new SessionProtocol.Ask(entry.Key, command));
        else
            Sender.Tell(new MqttServer.ClientNotFound(clientId));
    }

    private MqttServer.ClientList List(MqttServer.GetClients get)
    {
        var found = new List<ClientEntry>();
        foreach (var entry in _context.Clients)
        {
            if (!get.ConnectedOnly || entry.Connection is not null)
                found.Add(entry);
        }
        var total = found.Count;
        found.RemoveAll(entry => string.CompareOrdinal(entry.ClientId, get.After) <= 0 && get.After.Length > 0);
        found.Sort((one, other) => string.CompareOrdinal(one.ClientId, other.ClientId));
        var clients = found.Take(Math.Max(0, get.Limit))
            .Select(entry => new ClientInfo(entry.ClientId, entry.Connection, entry.Waiting, entry.WaitingBytes));
        return new MqttServer.ClientList(Protocol.MqttList.From(clients), total);
    }
}
