using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Admin;

/// <summary>
/// Lists parked durable sessions, which only the storage knows. Each question reads all of them from the storage, and keeps only those of
/// the answer.
/// </summary>
/// <param name="context">The server.</param>
internal sealed class StoredClients(ServerContext context)
{
    // Time limit for the counts of the storage: it counts only after it has written everything that was appended before.
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(2);

    /// <summary>The parked sessions with the first client identifiers after a given one.</summary>
    /// <param name="after">Only client identifiers greater than this one; empty to begin with the first.</param>
    /// <param name="search">Text that the client identifiers contain; empty for all.</param>
    /// <param name="most">The highest number of sessions.</param>
    /// <returns>The sessions, in no order.</returns>
    public async Task<List<ClientInfo>> ListAsync(string after, string search, int most)
    {
        var first = new SortedSet<(string ClientId, long Session)>(Comparer<(string ClientId, long Session)>.Create(
            static (one, other) => string.CompareOrdinal(one.ClientId, other.ClientId) is not 0 and var order ? order : one.Session.CompareTo(other.Session)));
        await foreach (var stored in context.Engine!.LoadSessionsAsync().ConfigureAwait(false))
        {
            var clientId = stored.Key.ClientId;
            if (after.Length > 0 && string.CompareOrdinal(clientId, after) <= 0)
                continue;
            if (search.Length > 0 && !clientId.Contains(search, StringComparison.OrdinalIgnoreCase))
                continue;
            if (first.Count == most && (most == 0 || string.CompareOrdinal(clientId, first.Max.ClientId) >= 0))
                continue;
            if (!context.Clients.Parked.Contains(stored.Key, stored.Session))
                continue; // an actor holds it, so it has an entry
            if (first.Count == most)
                first.Remove(first.Max);
            first.Add((clientId, stored.Session));
        }
        var counts = first.Count == 0 ? null : await CountAsync([.. first.Select(static each => each.Session)]).ConfigureAwait(false);
        var found = new List<ClientInfo>(first.Count);
        foreach (var (clientId, session) in first)
        {
            var written = counts?.GetValueOrDefault(session) ?? context.Targets.WaitingIn(session);
            var unwritten = context.Unwritten.WaitingIn(session);
            found.Add(new ClientInfo(clientId, null, written.Messages + unwritten.Messages, written.Bytes + unwritten.Bytes));
        }
        return found;
    }

    /// <summary>Asks the storage how many messages and bytes wait for sessions.</summary>
    /// <returns>The counts by session; null when the storage fails or does not answer in time.</returns>
    private async Task<IReadOnlyDictionary<long, QueueCount>?> CountAsync(IReadOnlyList<long> sessions)
    {
        if (context.Engine!.Health == StorageHealth.Failing)
            return null;
        try
        {
            return await context.Engine.CountAsync(sessions).AsTask().WaitAsync(MostWait, context.Clock).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>
    /// Finds a parked session by client identifier, when mount points or users let several sessions have the same client identifier.
    /// </summary>
    /// <param name="clientId">The client identifier.</param>
    /// <returns>Its key; null for none.</returns>
    public async Task<SessionKey?> FindAsync(string clientId)
    {
        await foreach (var stored in context.Engine!.LoadSessionsAsync().ConfigureAwait(false))
        {
            if (stored.Key.ClientId == clientId && context.Clients.Parked.Contains(stored.Key, stored.Session))
                return stored.Key;
        }
        return null;
    }
}
