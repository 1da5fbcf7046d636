using System.Runtime.CompilerServices;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// All subscriptions, as an immutable trie by topic level. Readers match without a lock. A change creates a new index; its cost depends on
/// the levels of the filter. The cost of matching depends on the levels of the topic and on the matching filters, not on the number of
/// other filters. Levels that only one filter has are kept as one text: see <see cref="IndexTail"/>.
/// </summary>
internal sealed class SubscriptionIndex
{
    public static readonly SubscriptionIndex Empty = new(new IndexNode(0, ""), 0);

    private readonly IndexNode _root;

    internal SubscriptionIndex(IndexNode root, long version)
    {
        _root = root;
        Version = version;
    }

    /// <summary>Rises with each change. Of two indexes of one table the one with the higher version is newer.</summary>
    public long Version { get; }

    /// <summary>Whether there are no subscriptions.</summary>
    public bool IsEmpty => _root is { Levels.IsEmpty: true, AnyLevel: null, AllBelow: null };

    /// <summary>Sets a subscription and returns the new index.</summary>
    /// <param name="filter">A valid topic filter; of a shared subscription without <c>$share/</c> and group name.</param>
    /// <param name="shareName">The name of the group of a shared subscription, or null.</param>
    /// <param name="subscriber">The subscription; replaces an earlier one of the same session, filter and group.</param>
    public SubscriptionIndex With(string filter, string? shareName, Subscriber subscriber) =>
        new(new IndexChange(filter, shareName, subscriber.Id, subscriber).Below(_root, 0), Version + 1);

    /// <summary>Removes a subscription and returns the new index.</summary>
    public SubscriptionIndex Without(string filter, string? shareName, DeliveryTarget target) =>
        new(new IndexChange(filter, shareName, SubscriberId.Of(target), null).Below(_root, 0), Version + 1);

    /// <summary>Finds all subscribers of a topic name.</summary>
    /// <param name="topic">A valid topic name.</param>
    /// <param name="matches">Receives the matches.</param>
    public void Match(ReadOnlySpan<char> topic, Matches matches)
    {
        var wildcards = topic.Length > 0 && topic[0] != '$'; // [MQTT-4.7.2-1]
        Match(_root, topic, wildcards, matches);
    }

    /// <summary>The group of a shared subscription; null when it has no members.</summary>
    public SharedGroup? Find(SharedKey key) =>
        SubscribersOf(key.Filter) is ManySubscribers all ? Array.Find(all.Groups, each => each.Key.Name == key.Name) : null;

    /// <summary>Whether a client or subscriber of this process has a subscription, or is a member of the group of a shared one.</summary>
    /// <param name="filter">The filter; of a shared subscription without <c>$share/</c> and group name.</param>
    /// <param name="shareName">The name of the group, or null.</param>
    public bool HasLocal(string filter, string? shareName) => FilterSubscribers.HasLocal(SubscribersOf(filter), shareName);

    /// <summary>Enumerates all filters with their subscribers, in any order.</summary>
    public IEnumerable<(string Filter, FilterSubscribers Subscribers)> All() => IndexWalk.Below(_root, "");

    /// <summary>Enumerates the filters for which <see cref="HasLocal"/>, in any order.</summary>
    public IEnumerable<(string Filter, string? ShareName)> LocalFilters()
    {
        foreach (var entry in IndexWalk.Below(_root, ""))
        {
            if (FilterSubscribers.HasLocal(entry.Subscribers, null))
                yield return (entry.Filter, null);
            if (entry.Subscribers is not ManySubscribers many)
                continue;
            foreach (var group in many.Groups)
            {
                if (group.HasLocal)
                    yield return (entry.Filter, group.Key.Name);
            }
        }
    }

    /// <summary>All filters of one subscriber, with the names of their groups. Searches the whole index: only for rare use.</summary>
    public List<(string Filter, string? ShareName)> FiltersOf(SubscriberId id)
    {
        var found = new List<(string Filter, string? ShareName)>();
        foreach (var (filter, subscribers) in IndexWalk.Below(_root, ""))
            subscribers.FiltersOf(filter, id, found);
        return found;
    }

    private FilterSubscribers? SubscribersOf(string filter)
    {
        var node = _root;
        for (var start = 0; ;)
        {
            var end = IndexEntry.EndOf(filter, start);
            var level = filter.AsSpan(start, end - start);
            if (level is "#")
                return node.AllBelow;
            switch (level is "+" ? node.AnyLevel : node.Levels.Find(level))
            {
                case IndexTail tail:
                    return tail.IsSame(filter, start) ? tail.Subscribers : null;
                case IndexNode next when end == filter.Length:
                    return next.Here;
                case IndexNode next:
                    node = next;
                    start = end + 1;
                    break;
                default:
                    return null;
            }
        }
    }

    // The depth of the recursion is bounded by the depth of the trie: max-topic-levels.
    private static void Match(IndexNode node, ReadOnlySpan<char> rest, bool wildcards, Matches matches)
    {
        var slash = rest.IndexOf(IndexEntry.Separator);
        var level = slash < 0 ? rest : rest[..slash];
        if (wildcards && node.AllBelow is { } all)
            matches.Found.Add(all);
        if (node.Levels.Find(level) is { } child)
            Descend(child, level.Length, rest, slash, matches);
        if (wildcards && node.AnyLevel is { } any)
            Descend(any, 1, rest, slash, matches);
    }

    private static void Descend(IndexEntry entry, int length, ReadOnlySpan<char> rest, int slash, Matches matches)
    {
        if (entry is not IndexNode node)
        {
            var tail = Unsafe.As<IndexTail>(entry);
            if (tail.Matches(length, slash < 0, slash < 0 ? default : rest[(slash + 1)..]))
                matches.Found.Add(tail.Subscribers);
            return;
        }
        if (slash >= 0)
        {
            Match(node, rest[(slash + 1)..], true, matches);
            return;
        }
        if (node.Here is { } here)
            matches.Found.Add(here);
        if (node.AllBelow is { } all)
            matches.Found.Add(all); // "a/#" matches "a" as well
    }

    /// <summary>The matches; reused by its owner, by one thread at a time.</summary>
    internal sealed class Matches
    {
        public List<FilterSubscribers> Found { get; } = [];

        public void Clear() => Found.Clear();
    }
}
