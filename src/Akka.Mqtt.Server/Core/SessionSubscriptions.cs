using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Core;

/// <summary>
/// The subscriptions of one session, and the memory that they and their routes take. Part of <see cref="SessionCore"/>; allocates nothing
/// before the first subscription.
/// </summary>
internal sealed class SessionSubscriptions(SessionRecord? record, ISessionMemory? memory)
{
    // Bytes of one subscription: its records, its places in this dictionary and in the route table, and the object header of its filter.
    private const int Overhead = 512;

    // Bytes per character: the filter in this object, and its levels in the route table.
    private const int BytesPerCharacter = 4;

    private Dictionary<string, SessionSubscription>? _byFilter;

    /// <summary>Number of subscriptions.</summary>
    public int Count => _byFilter?.Count ?? 0;

    /// <summary>The memory of the subscriptions, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>The subscriptions.</summary>
    public IReadOnlyCollection<SessionSubscription> All => _byFilter?.Values ?? (IReadOnlyCollection<SessionSubscription>)[];

    /// <summary>Calculates the memory of a subscription.</summary>
    /// <param name="filter">Its filter.</param>
    /// <returns>Bytes.</returns>
    public static long SizeOf(string filter) => Overhead + (BytesPerCharacter * (long)filter.Length);

    /// <summary>Whether there is a subscription with exactly this filter.</summary>
    public bool Contains(string filter) => _byFilter is not null && _byFilter.ContainsKey(filter);

    /// <summary>Adds subscriptions; one with an identical filter is replaced [MQTT-3.8.4-3].</summary>
    /// <param name="subscription">The subscription.</param>
    /// <param name="before">The previous subscription; null when the filter is new.</param>
    /// <returns>Whether the server has memory for it; if not, nothing has changed.</returns>
    public bool TryAdd(SessionSubscription subscription, out SessionSubscription? before)
    {
        var filter = subscription.Options.Filter;
        before = null;
        _byFilter ??= new Dictionary<string, SessionSubscription>(StringComparer.Ordinal);
        if (!_byFilter.TryGetValue(filter, out before))
        {
            var size = SizeOf(filter);
            if (memory is not null && !memory.TryTake(SessionMemory.Subscriptions, size, Bytes))
                return false;
            Bytes += size;
        }
        _byFilter[filter] = subscription;
        record?.Subscribed(subscription);
        return true;
    }

    /// <summary>Removes a subscription; the filter is compared character by character [MQTT-3.10.4-1].</summary>
    /// <param name="filter">The filter.</param>
    /// <returns>The one that was removed, or null.</returns>
    public SessionSubscription? Remove(string filter)
    {
        if (_byFilter is null || !_byFilter.Remove(filter, out var before))
            return null;
        var size = SizeOf(filter);
        Bytes -= size;
        memory?.Take(SessionMemory.Subscriptions, -size);
        record?.Unsubscribed(filter);
        return before;
    }

    internal void Clear()
    {
        memory?.Take(SessionMemory.Subscriptions, -Bytes);
        Bytes = 0;
        _byFilter = null;
    }

    internal void Restore(IEnumerable<SessionSubscription> subscriptions)
    {
        _byFilter = new Dictionary<string, SessionSubscription>(StringComparer.Ordinal);
        foreach (var subscription in subscriptions)
        {
            _byFilter[subscription.Options.Filter] = subscription;
            Bytes += SizeOf(subscription.Options.Filter);
        }
        memory?.Take(SessionMemory.Subscriptions, Bytes);
    }
}
