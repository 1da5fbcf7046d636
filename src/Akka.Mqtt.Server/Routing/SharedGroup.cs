using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// The members of a shared subscription (section 4.8.2 of 5.0). Each message is sent to one of them. Immutable except for the rotation,
/// which continues when members change.
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

    /// <summary>Whether a member belongs to this process.</summary>
    public bool HasLocal => Members.HasLocal;

    public SharedGroup With(SubscriberSet members) => new(Key, members, _rotation);

    /// <summary>
    /// Chooses the member for a message. The strategy names a member; that one or the next connected one is chosen. If none is connected,
    /// the named one is chosen. Publishers on several threads may skip or repeat a member of the rotation. That only makes the load less
    /// even, and an interlocked operation for each message would cost more.
    /// </summary>
    /// <param name="strategy">How to choose.</param>
    /// <param name="publisher">The client identifier of the publisher.</param>
    /// <param name="topic">The topic of the message.</param>
    /// <param name="except">A member to exclude; null for none. If no other member is left, the result is null.</param>
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
        Subscriber? offline = null;
        for (var at = 0; at < members.Length; at++)
        {
            var member = members[(start + at) % members.Length];
            if (member.IsOf(except) || (localOnly && member.IsNode))
                continue;
            offline ??= member;
            if (!member.IsConnected)
                continue;
            if (strategy == SharedSubscriptionStrategy.Sticky)
                _rotation.Chosen = member.Target; // as long as it is connected
            return member;
        }
        return offline;
    }

    // FNV-1a gives the same position in every process and after every start; string.GetHashCode does not.
    private static int Place(string text, int count)
    {
        var hash = 2166136261u;
        foreach (var character in text)
            hash = (hash ^ character) * 16777619u;
        return (int)(hash % (uint)count);
    }

    /// <summary>The state of the strategy. All versions of a group share it.</summary>
    private sealed class Rotation
    {
        public int Next { get; set; }

        public DeliveryTarget? Chosen { get; set; }
    }
}
