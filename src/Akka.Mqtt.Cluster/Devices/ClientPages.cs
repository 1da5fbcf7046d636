using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cluster.Devices;

/// <summary>Lists of clients: the page of one node, which fits into a message, and one page of all nodes.</summary>
internal static class ClientPages
{
    /// <summary>The page of one node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="clients">Its clients from the start of the page, in ordinal order.</param>
    /// <param name="total">The number of all its clients.</param>
    /// <param name="isFull">Whether more clients may follow these.</param>
    /// <param name="most">Most bytes of the page; at least one client is always included.</param>
    public static MqttDevices.ClientPage Of(Address node, ReadOnlySpan<ClientInfo> clients, int total, bool isFull, int most)
    {
        var taken = new List<MqttDevices.ListedClient>(clients.Length);
        var bytes = 0;
        foreach (var client in clients)
        {
            bytes += DeviceSizes.Of(client.ClientId, client.Connection);
            if (bytes > most && taken.Count > 0)
            {
                isFull = true;
                break;
            }
            taken.Add(new MqttDevices.ListedClient(node, client));
        }
        return new MqttDevices.ClientPage(MqttList.From(taken), total, isFull && taken.Count > 0 ? taken[^1].Client.ClientId : null, default);
    }

    /// <summary>One page of all nodes. It ends where the first page of a node ends that has more clients.</summary>
    /// <param name="pages">The pages of the nodes, which all start after the same client identifier.</param>
    /// <param name="limit">Most clients.</param>
    /// <param name="missing">Nodes that have not answered.</param>
    public static MqttDevices.ClientPage Join(List<MqttDevices.ClientPage> pages, int limit, List<Address> missing)
    {
        var next = pages.Select(static each => each.Next).OfType<string>().Order(StringComparer.Ordinal).FirstOrDefault();
        var clients = pages.SelectMany(static each => each.Clients)
            .Where(each => next is null || string.CompareOrdinal(each.Client.ClientId, next) <= 0)
            .OrderBy(static each => each.Client.ClientId, StringComparer.Ordinal)
            .ToList();
        if (clients.Count > limit)
        {
            next = clients[limit - 1].Client.ClientId;
            clients.RemoveRange(limit, clients.Count - limit);
        }
        return new MqttDevices.ClientPage(MqttList.From(clients), pages.Sum(static each => each.Total), next, MqttList.From(missing));
    }
}
