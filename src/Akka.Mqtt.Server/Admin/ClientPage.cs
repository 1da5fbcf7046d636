using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Clients;

namespace Akka.Mqtt.Server.Admin;

/// <summary>
/// One page of the list of clients: the first clients after a given identifier, in the order of client identifiers. It keeps only the
/// clients of the page, however many are added. Not thread safe.
/// </summary>
/// <param name="after">Only client identifiers greater than this one; empty for all.</param>
/// <param name="limit">The highest number of clients in the page.</param>
internal sealed class ClientPage(string after, int limit)
{
    // The greatest identifier is first in the queue: when the page is full, a client with a smaller identifier replaces it.
    private readonly PriorityQueue<ClientInfo, string> _clients = new(Comparer<string>.Create(static (one, other) => string.CompareOrdinal(other, one)));

    /// <summary>Whether the client identifier, the user name or the address of a client contains a text.</summary>
    /// <param name="entry">The client.</param>
    /// <param name="search">The text; empty finds all.</param>
    public static bool IsFound(ClientEntry entry, string search) => search.Length == 0
        || Has(entry.ClientId, search)
        || (entry.Connection is { } connection && (Has(connection.UserName, search) || Has(connection.Transport.RemoteAddress?.ToString(), search)));

    /// <summary>Whether a client identifier belongs to the page, judging by the clients added so far.</summary>
    public bool Accepts(string clientId) => limit > 0
        && (after.Length == 0 || string.CompareOrdinal(clientId, after) > 0)
        && (_clients.Count < limit || string.CompareOrdinal(clientId, _clients.Peek().ClientId) < 0);

    /// <summary>Adds a client if it belongs to the page.</summary>
    public void Add(ClientInfo client)
    {
        if (!Accepts(client.ClientId))
            return;
        if (_clients.Count == limit)
            _clients.DequeueEnqueue(client, client.ClientId);
        else
            _clients.Enqueue(client, client.ClientId);
    }

    /// <summary>The page, in order.</summary>
    /// <param name="total">How many clients there are.</param>
    public MqttServer.ClientList ToList(int total) => new(
        MqttList.From(_clients.UnorderedItems.Select(static each => each.Element).OrderBy(static each => each.ClientId, StringComparer.Ordinal)), total);

    private static bool Has(string? text, string search) => text?.Contains(search, StringComparison.OrdinalIgnoreCase) == true;
}
