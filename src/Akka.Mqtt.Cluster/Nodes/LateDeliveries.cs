using System.Diagnostics.CodeAnalysis;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Items that a node has confirmed although they are queued for sessions that are stuck; their publishers still wait. The node always
/// sends the complete list, so a lost message does no harm. Not thread safe; owned by the link.
/// </summary>
internal sealed class LateDeliveries
{
    private readonly Dictionary<FrameItem, LinkDelivery> _late = [];

    /// <summary>Whether an item is late.</summary>
    public bool Any => _late.Count > 0;

    /// <summary>The node has sent which items are late.</summary>
    /// <param name="items">The complete list.</param>
    /// <param name="find">Finds the delivery of an item, in frames that were not confirmed before.</param>
    public void Set(FrameItem[] items, Find find)
    {
        var named = items.ToHashSet();
        foreach (var (item, delivery) in _late.Where(each => !named.Contains(each.Key)).ToList())
        {
            _late.Remove(item);
            delivery.Release();
        }
        foreach (var item in named)
        {
            if (_late.ContainsKey(item) || !find(item, out var delivery))
                continue;
            delivery.Hold();
            _late.Add(item, delivery);
        }
    }

    /// <summary>No publisher waits for them any more.</summary>
    public void Clear()
    {
        foreach (var delivery in _late.Values)
            delivery.Forget();
        _late.Clear();
    }

    /// <summary>See <see cref="Set"/>.</summary>
    public delegate bool Find(FrameItem item, [MaybeNullWhen(false)] out LinkDelivery delivery);
}
