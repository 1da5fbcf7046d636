namespace Akka.Mqtt.Server;

/// <summary>
/// All subscriptions, as an immutable trie by topic level. Who holds one can match for ever without a lock; a change makes another. The
/// cost of
/// matching depends on the levels of the topic and on what matches, not on what does not.
/// </summary>
internal sealed class SubscriptionIndex
{
    public static readonly SubscriptionIndex Empty = new(Node.Empty);

    private readonly Node _root;

    private SubscriptionIndex(Node root) => _root = root;

    /// <summary>The index with a subscription set.</summary>
    /// <param name="filter">A valid topic filter, without the part that makes it shared.</param>
    /// <param name="shareName">The name of the group of a shared subscription, or null.</param>
    /// <param name="subscriber">Who; replaces an earlier one of the same session, filter and group.</param>
    public SubscriptionIndex With(string filter, string? shareName, Subscriber subscriber) =>
        new(Edit(_root, filter, 0, shareName, subscriber.Target, subscriber) ?? Node.Empty);

    /// <summary>The index without a subscription.</summary>
    public SubscriptionIndex Without(string filter, string? shareName, SessionTarget target) =>
        new(Edit(_root, filter, 0, shareName, target, null) ?? Node.Empty);

    /// <summary>Tells everything that matches a topic name.</summary>
    /// <param name="topic">A valid topic name.</param>
    /// <param name="matches">Where matches are added.</param>
    public void Match(ReadOnlySpan<char> topic, Matches matches)
    {
        var wildcards = topic.Length > 0 && topic[0] != '$'; // [MQTT-4.7.2-1]
        Match(_root, topic, wildcards, matches);
    }

    /// <summary>The group of a shared subscription, if it has members still.</summary>
    public SharedGroup? Find(SharedKey key)
    {
        Node? node = _root;
        foreach (var range in key.Filter.AsSpan().Split('/'))
        {
            var level = key.Filter.AsSpan()[range];
            node = level is "+" ? node.AnyLevel : level is "#" ? node.AllBelow : node.Levels.Find(level);
            if (node is null)
                return null;
        }
        return Array.Find(node.Groups, each => each.Key.Name == key.Name);
    }

    // The depth of both recursions is bounded by the depth of the trie: max-topic-levels.
    private static void Match(Node node, ReadOnlySpan<char> rest, bool wildcards, Matches matches)
    {
        var slash = rest.IndexOf('/');
        var level = slash < 0 ? rest : rest[..slash];
        if (wildcards && node.AllBelow is { } all)
            matches.Add(all);
        if (node.Levels.Find(level) is { } child)
            Descend(child, rest, slash, matches);
        if (wildcards && node.AnyLevel is { } any)
            Descend(any, rest, slash, matches);
    }

    private static void Descend(Node node, ReadOnlySpan<char> rest, int slash, Matches matches)
    {
        if (slash >= 0)
        {
            Match(node, rest[(slash + 1)..], true, matches);
            return;
        }
        matches.Add(node);
        if (node.AllBelow is { } all)
            matches.Add(all); // "a/#" matches "a" as well
    }

    private static Node? Edit(Node node, string filter, int start, string? shareName, SessionTarget target, Subscriber? subscriber)
    {
        if (start > filter.Length)
            return node.WithSubscriber(filter, shareName, target, subscriber).OrNull();
        var slash = filter.IndexOf('/', start);
        var end = slash < 0 ? filter.Length : slash;
        var level = filter.AsSpan(start, end - start);
        var child = level is "+" ? node.AnyLevel : level is "#" ? node.AllBelow : node.Levels.Find(level);
        if (child is null && subscriber is null)
            return node;
        var changed = Edit(child ?? Node.Empty, filter, end + 1, shareName, target, subscriber);
        var edited = level switch
        {
            "+" => node with { AnyLevel = changed },
            "#" => node with { AllBelow = changed },
            _ => node with { Levels = node.Levels.With(filter[start..end], changed) },
        };
        return edited.OrNull();
    }

    /// <summary>What matched; reused by its owner, one thread at a time.</summary>
    internal sealed class Matches
    {
        public List<SubscriberSet> Sets { get; } = [];

        public List<SharedGroup> Groups { get; } = [];

        public void Clear()
        {
            Sets.Clear();
            Groups.Clear();
        }

        internal void Add(Node node)
        {
            if (node.Subscribers.Count > 0)
                Sets.Add(node.Subscribers);
            if (node.Groups.Length > 0)
                Groups.AddRange(node.Groups);
        }
    }

    internal sealed record Node
    {
        public static readonly Node Empty = new();

        public LevelMap<Node> Levels { get; init; } = LevelMap<Node>.Empty;

        public Node? AnyLevel { get; init; }

        public Node? AllBelow { get; init; }

        public SubscriberSet Subscribers { get; init; } = SubscriberSet.Empty;

        public SharedGroup[] Groups { get; init; } = [];

        /// <summary>Null when nothing hangs on this node any more, so that the trie shrinks.</summary>
        public Node? OrNull() =>
            Levels.Count == 0 && AnyLevel is null && AllBelow is null && Subscribers.Count == 0 && Groups.Length == 0 ? null : this;

        public Node WithSubscriber(string filter, string? shareName, SessionTarget target, Subscriber? subscriber)
        {
            if (shareName is null)
                return this with { Subscribers = Change(Subscribers, target, subscriber) };
            var index = Array.FindIndex(Groups, each => each.Key.Name == shareName);
            if (index < 0)
            {
                return subscriber is null
                    ? this
                    : this with { Groups = [.. Groups, new SharedGroup(shareName, filter).With(SubscriberSet.Empty.With(subscriber))] };
            }
            var members = Change(Groups[index].Members, target, subscriber);
            return this with
            {
                Groups = members.Count == 0
                    ? [.. Groups[..index], .. Groups[(index + 1)..]]
                    : [.. Groups[..index], Groups[index].With(members), .. Groups[(index + 1)..]],
            };
        }

        private static SubscriberSet Change(SubscriberSet set, SessionTarget target, Subscriber? subscriber) =>
            subscriber is null ? set.Without(target) : set.With(subscriber);
    }
}
