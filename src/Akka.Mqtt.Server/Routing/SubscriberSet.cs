using System.Collections.Immutable;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// The subscribers of one filter, immutable, at most one per session: an array while they are few; for many a tree that changes cheaply,
/// with its array made at the first match after a change.
/// </summary>
internal sealed class SubscriberSet
{
    public static readonly SubscriberSet Empty = new([], null);

    private const int Few = 32;

    private readonly ImmutableDictionary<DeliveryTarget, Subscriber>? _many;
    private Subscriber[]? _all; // filled late when there are many; two threads that fill it write the same

    private SubscriberSet(Subscriber[]? all, ImmutableDictionary<DeliveryTarget, Subscriber>? many)
    {
        _all = all;
        _many = many;
    }

    public int Count => _many?.Count ?? _all!.Length;

    /// <summary>Whether one of them is of this process. Few of a set can be nodes, so this looks at few.</summary>
    public bool HasLocal
    {
        get
        {
            if (_many is not null)
            {
                foreach (var (target, _) in _many)
                {
                    if (!target.IsNode)
                        return true;
                }
                return false;
            }
            foreach (var each in _all!)
            {
                if (!each.Target.IsNode)
                    return true;
            }
            return false;
        }
    }

    public ReadOnlySpan<Subscriber> All => _all ??= [.. _many!.Values];

    public SubscriberSet With(Subscriber subscriber)
    {
        if (_many is not null)
            return new SubscriberSet(null, _many.SetItem(subscriber.Target, subscriber));
        var index = IndexOf(subscriber.Target);
        if (index >= 0)
        {
            var changed = (Subscriber[])_all!.Clone();
            changed[index] = subscriber;
            return new SubscriberSet(changed, null);
        }
        Subscriber[] longer = [.. _all!, subscriber];
        return longer.Length <= Few
            ? new SubscriberSet(longer, null)
            : new SubscriberSet(null, longer.ToImmutableDictionary(each => each.Target));
    }

    public SubscriberSet Without(DeliveryTarget target)
    {
        if (_many is not null)
        {
            var fewer = _many.Remove(target);
            return fewer.Count > Few / 2 ? new SubscriberSet(null, fewer) : new SubscriberSet([.. fewer.Values], null);
        }
        var index = IndexOf(target);
        if (index < 0)
            return this;
        return _all!.Length == 1 ? Empty : new SubscriberSet([.. _all[..index], .. _all[(index + 1)..]], null);
    }

    private int IndexOf(DeliveryTarget target) => Array.FindIndex(_all!, each => ReferenceEquals(each.Target, target));
}
