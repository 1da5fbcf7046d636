using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// The members of a shared subscription (section 4.8.2 of 5.0): each message goes to one of them. Immutable but for the rotation, which stays when
/// members change.
/// </summary>
internal sealed class SharedGroup
{
    private readonly Rotation _rotation;

    public SharedGroup(string name, string filter)
        : this(new SharedKey(name, filter), SubscriberSet.Empty, new Rotation())
    {
    }

    private SharedGroup(SharedKey key, SubscriberSet members, Rotation rotation)
    {
        Key = key;
        Members = members;
        _rotation = rotation;
    }

    public SharedKey Key { get; }

    public SubscriberSet Members { get; }

    /// <summary>Whether a member is of this process.</summary>
    public bool HasLocal => Members.HasLocal;

    public SharedGroup With(SubscriberSet members) => new(Key, members, _rotation);

    /// <summary>
    /// The member that a message goes to. The strategy names a member; that one or the next connected one gets the message. If none is connected, the
    /// named one gets it. Publishers on several threads may skip or repeat a member of the rotation. That only spreads load less evenly, and an
    /// interlocked operation for each message would cost more.
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
        if (strategy == SharedSubscriptionStrategy.Sticky && _rotation.Chosen is { IsConnected: true } chosen && !ReferenceEquals(chosen, except)
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
            _ => (int)((uint)_rotation.Next++ % (uint)members.Length),
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
                _rotation.Chosen = member.Target; // until it goes
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

    /// <summary>Which member is next, by strategy. Shared by all versions of a group.</summary>
    private sealed class Rotation
    {
        public int Next { get; set; }

        public DeliveryTarget? Chosen { get; set; }
    }
}
