using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Admin;

/// <summary>
/// Names of parked durable sessions, which only the storage has: each question reads all of them there, and keeps no more than it answers.
/// </summary>
/// <param name="context">The server.</param>
internal sealed class StoredClients(ServerContext context)
{
    // How long a list waits for the counts of the storage, which come behind everything that is to be written.
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(2);

    /// <summary>The parked sessions whose client identifiers come first after one.</summary>
    /// <param name="after">The client identifier; empty for the beginning.</param>
    /// <param name="search">What their client identifiers contain; empty for all.</param>
    /// <param name="most">How many at most.</param>
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
                continue; // held: it has an entry
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

    /// <summary>Asks the storage how much waits.</summary>
    /// <returns>By session; null when the storage does not answer in time, because it fails.</returns>
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

    /// <summary>A parked session of a client identifier, where mount points or users tell sessions apart.</summary>
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
