using System.Diagnostics.CodeAnalysis;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// What a node has confirmed except for sessions that are stuck there: its publishers wait on. The node always says all of it, so that a message that is lost changes
/// nothing. Plain code; owned by the link.
/// </summary>
internal sealed class LateDeliveries
{
    private readonly Dictionary<FrameItem, LinkDelivery> _late = [];

    /// <summary>Whether there are any.</summary>
    public bool Any => _late.Count > 0;

    /// <summary>The node says what is late.</summary>
    /// <param name="items">All of it.</param>
    /// <param name="find">Finds what an item belongs to, in frames that were not confirmed before.</param>
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

    /// <summary>Nobody waits for them any more.</summary>
    public void Clear()
    {
        foreach (var delivery in _late.Values)
            delivery.Forget();
        _late.Clear();
    }

    /// <summary>See <see cref="Set"/>.</summary>
    public delegate bool Find(FrameItem item, [MaybeNullWhen(false)] out LinkDelivery delivery);
}
