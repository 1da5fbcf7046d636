using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Clients;

namespace Akka.Mqtt.Server.Admin;

/// <summary>
/// The first clients after one, by client identifier: it keeps no more than it answers, however many there are. Not thread safe.
/// </summary>
/// <param name="after">Only client identifiers after this one; empty for all.</param>
/// <param name="limit">Most clients.</param>
internal sealed class ClientPage(string after, int limit)
{
    // The last of the page comes first, so that a client before it takes its place.
    private readonly PriorityQueue<ClientInfo, string> _clients = new(Comparer<string>.Create(static (one, other) => string.CompareOrdinal(other, one)));

    /// <summary>Whether a client has a text in its identifier, its user name or its address.</summary>
    /// <param name="entry">The client.</param>
    /// <param name="search">The text; empty finds all.</param>
    public static bool IsFound(ClientEntry entry, string search) => search.Length == 0
        || Has(entry.ClientId, search)
        || (entry.Connection is { } connection && (Has(connection.UserName, search) || Has(connection.Transport.RemoteAddress?.ToString(), search)));

    /// <summary>Whether a client identifier belongs to the page, as far as is known.</summary>
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
