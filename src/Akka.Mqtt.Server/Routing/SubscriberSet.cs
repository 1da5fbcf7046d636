namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// The subscribers of one filter, at most one per session. Immutable. A small set is an array. A large one is a tree that is cheap to
/// change; its array is created at the first match after a change.
/// </summary>
internal sealed class SubscriberSet
{
    public static readonly SubscriberSet Empty = new([], null, 0);

    private const int Few = 32;

    private readonly SubscriberTree? _many;
    private Subscriber[]? _all; // created on demand for a large set; two threads would create the same content

    private SubscriberSet(Subscriber[]? all, SubscriberTree? many, int count)
    {
        _all = all;
        _many = many;
        Count = count;
    }

    public int Count { get; }

    /// <summary>Whether one of them belongs to this process. Only few members of a set can be nodes, so this checks few of them.</summary>
    public bool HasLocal => _many?.HasLocal ?? Array.Exists(_all!, static each => !each.IsNode);

    public ReadOnlySpan<Subscriber> All => _all ??= AllOf(_many!, Count);

    public bool Contains(SubscriberId id) => _many is not null ? _many.Find(id) is not null : IndexOf(id) >= 0;

    /// <summary>Adds a subscriber, which replaces that of the same session, and returns the new set.</summary>
    /// <param name="subscriber">The subscriber.</param>
    /// <param name="inPlace">Whether the set is not shared and not used any more, so that it may be changed in place.</param>
    public SubscriberSet With(Subscriber subscriber, bool inPlace = false)
    {
        var id = subscriber.Id;
        if (_many is not null)
        {
            var count = _many.Find(id) is null ? Count + 1 : Count;
            return new SubscriberSet(null, _many.With(subscriber, inPlace), count);
        }
        var index = IndexOf(id);
        if (index >= 0)
        {
            var changed = (Subscriber[])_all!.Clone();
            changed[index] = subscriber;
            return new SubscriberSet(changed, null, Count);
        }
        Subscriber[] longer = [.. _all!, subscriber];
        if (longer.Length <= Few)
            return new SubscriberSet(longer, null, longer.Length);
        var tree = SubscriberTree.Empty;
        foreach (var each in longer)
            tree = tree.With(each, inPlace: true);
        return new SubscriberSet(null, tree, longer.Length);
    }

    public SubscriberSet Without(SubscriberId id)
    {
        if (_many is not null)
        {
            var fewer = _many.Without(id);
            if (ReferenceEquals(fewer, _many))
                return this;
            return Count - 1 > Few / 2
                ? new SubscriberSet(null, fewer, Count - 1)
                : new SubscriberSet(AllOf(fewer, Count - 1), null, Count - 1);
        }
        var index = IndexOf(id);
        if (index < 0)
            return this;
        return _all!.Length == 1 ? Empty : new SubscriberSet([.. _all[..index], .. _all[(index + 1)..]], null, Count - 1);
    }

    private static Subscriber[] AllOf(SubscriberTree tree, int count)
    {
        var all = new List<Subscriber>(count);
        tree.AddTo(all);
        return [.. all];
    }

    private int IndexOf(SubscriberId id)
    {
        for (var at = 0; at < _all!.Length; at++)
        {
            if (_all[at].Id == id)
                return at;
        }
        return -1;
    }
}
