using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// The members of a shared subscription (section 4.8.2 of 5.0): each message goes to one of them. Immutable but for the turn, which outlives
/// changes of the members.
/// </summary>
internal sealed class SharedGroup
{
    private readonly Turn _turn;

    public SharedGroup(string name, string filter)
        : this(new SharedKey(name, filter), SubscriberSet.Empty, new Turn())
    {
    }

    private SharedGroup(SharedKey key, SubscriberSet members, Turn turn)
    {
        Key = key;
        Members = members;
        _turn = turn;
    }

    public SharedKey Key { get; }

    public SubscriberSet Members { get; }

    /// <summary>Whether a member is of this process.</summary>
    public bool HasLocal => Members.HasLocal;

    public SharedGroup With(SubscriberSet members) => new(Key, members, _turn);

    /// <summary>
    /// The member that a message goes to: where the strategy begins, the first that is connected from there on; if none is, the one
    /// where it begins. Publishers that race may skip or repeat a member: the turn is a matter of load, not of correctness, and an
    /// interlocked operation per message would cost more.
    /// </summary>
    /// <param name="strategy">How to choose.</param>
    /// <param name="publisher">The client identifier of the publisher.</param>
    /// <param name="topic">The topic of the message.</param>
    /// <param name="except">A member that shall not get it; null for none. With nobody else the answer is null.</param>
    /// <param name="localOnly">Whether other nodes do not count as members.</param>
    public Subscriber? Choose(
        SharedSubscriptionStrategy strategy, string publisher, string topic, DeliveryTarget? except = null, bool localOnly = false)
    {
        var members = Members.All;
        if (strategy == SharedSubscriptionStrategy.Sticky && _turn.Chosen is { IsConnected: true } chosen && !ReferenceEquals(chosen, except)
            && !(localOnly && chosen.IsNode))
        {
            foreach (var member in members)
            {
                if (member.IsOf(chosen))
                    return member;
            }
        }
        var start = strategy switch
        {
            SharedSubscriptionStrategy.Random => Random.Shared.Next(members.Length),
            SharedSubscriptionStrategy.HashClient => Place(publisher, members.Length),
            SharedSubscriptionStrategy.HashTopic => Place(topic, members.Length),
            _ => (int)((uint)_turn.Value++ % (uint)members.Length),
        };
        Subscriber? away = null;
        for (var at = 0; at < members.Length; at++)
        {
            var member = members[(start + at) % members.Length];
            if (member.IsOf(except) || (localOnly && member.IsNode))
                continue;
            away ??= member;
            if (!member.IsConnected)
                continue;
            if (strategy == SharedSubscriptionStrategy.Sticky)
                _turn.Chosen = member.Target; // until it goes
            return member;
        }
        return away;
    }

    // FNV-1a: the same place in every process and at every start, which string.GetHashCode is not.
    private static int Place(string text, int count)
    {
        var hash = 2166136261u;
        foreach (var character in text)
            hash = (hash ^ character) * 16777619u;
        return (int)(hash % (uint)count);
    }

    private sealed class Turn
    {
        public int Value { get; set; }

        public DeliveryTarget? Chosen { get; set; }
    }
}
