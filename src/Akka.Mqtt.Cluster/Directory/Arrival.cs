using System.Collections.Concurrent;
using Akka.Cluster;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// Puts the messages of a session that moved to this node in order: see <see cref="NewPlace{TNode, TItem}"/>. Messages of shared
/// subscriptions are sent to one node only, so they are delivered at once. Thread safe, because publishers call it.
/// </summary>
/// <param name="context">The server.</param>
/// <param name="key">The session.</param>
/// <param name="epoch">The number of the move.</param>
/// <param name="from">The old place.</param>
/// <param name="target">The session; null for a durable one, whose messages are not queued here: see <see cref="Takes"/>.</param>
internal sealed class Arrival(ServerContext context, SessionKey key, long epoch, UniqueAddress from, ArrivedTarget? target) : IOriginFilter
{
    /// <summary>This node, as one of the sources of messages.</summary>
    public static readonly object Here = new();

    private readonly Lock _lock = new();
    private readonly NewPlace<object, (Deliver Delivery, Receipt? Receipt)> _place = new(item =>
    {
        if (!target!.Pass(item.Delivery, null, isBehind: false) && !target.Pass(item.Delivery, null, isBehind: true))
            context.Drops.Add(DropReason.SessionBehind, item.Delivery.Packets.Length);
        item.Receipt?.Complete();
    });

    private long _unawaitedBytes; // of queued messages whose publishers do not wait
    private bool _isOldReachable = true;
    private bool _isOver;

    public SessionKey Key => key;

    public long Epoch => epoch;

    public UniqueAddress From => from;

    /// <summary>Whether the session is durable: its messages are written, and not sorted here.</summary>
    public bool IsDurable => target is null;

    /// <summary>Nodes that have left since the move, and the keys of their messages.</summary>
    public ConcurrentDictionary<UniqueAddress, object> LeftNodes { get; } = new();

    /// <summary>The nodes whose messages may still arrive through the old place.</summary>
    public List<object> Missing
    {
        get
        {
            lock (_lock)
                return _isOver ? [] : [.. _place.Missing];
        }
    }

    /// <summary>Takes messages that were sent directly to this node.</summary>
    public bool Take(Deliver delivery, Receipt? receipt, bool isBehind)
    {
        var toPass = delivery;
        lock (_lock)
        {
            if (!_isOver && delivery.Source is { Turn: > 0 } source)
            {
                var node = source.Node ?? Here;
                var where = _place.Of(node, source.Turn);
                if (where != NewPlace<object, (Deliver Delivery, Receipt? Receipt)>.Where.Here)
                {
                    var isLater = where == NewPlace<object, (Deliver Delivery, Receipt? Receipt)>.Where.HereLater;
                    if (isLater && !isBehind && IsAwaited(delivery))
                        return false; // the publisher sends it again with a receipt
                    var (plain, shared) = SharedMessages.Split(delivery);
                    if (isLater && plain is not null)
                        Keep(node, plain, receipt);
                    if (!isLater && _place.IsOldPlaceLost)
                        shared = SharedMessages.WithoutQoS2(delivery); // the old place may have had them, or not: QoS 1 may come twice, and must not be lost
                    if (shared is null)
                        return true;
                    toPass = shared;
                }
            }
        }
        return target!.Pass(toPass, receipt, isBehind);
    }

    /// <summary>
    /// Whether messages for a durable session are written here. What a node flushed before its cut the old place writes. The client gets the session when it has done
    /// so, and what is written here has higher numbers: so what was flushed since the cut need not wait.
    /// </summary>
    public bool Takes(in FlushOrigin origin)
    {
        lock (_lock)
            return _isOver || _place.IsOldPlaceLost || _place.Of(origin.Node ?? Here, origin.Turn) != NewPlace<object, (Deliver Delivery, Receipt? Receipt)>.Where.OldPlace;
    }

    /// <summary>Changes the state of the nodes.</summary>
    /// <param name="change">The change.</param>
    /// <returns>
    /// Whether no more messages can arrive through the old place, unless the old place knows more nodes: see <see cref="Finish"/>.
    /// </returns>
    public bool Change(Action<NewPlace<object, (Deliver Delivery, Receipt? Receipt)>> change)
    {
        lock (_lock)
        {
            if (_isOver)
                return false;
            change(_place);
            return _place.IsOver;
        }
    }

    /// <summary>The old place has released the messages of the session, or is lost. Ends the sorting.</summary>
    public void Finish()
    {
        lock (_lock)
        {
            if (_isOver)
                return;
            _place.LoseOldPlace(); // a node may have joined in the meantime
            _isOver = true;
            ClearTarget();
        }
    }

    /// <summary>The session has ended: drops the queued messages.</summary>
    public void End()
    {
        lock (_lock)
        {
            _isOver = true;
            foreach (var (_, receipt) in _place.Waiting)
                receipt?.Complete();
            ClearTarget();
        }
    }

    /// <summary>The old place has become unreachable or reachable. While it is unreachable no publisher waits for it.</summary>
    public void SetReachable(bool isReachable)
    {
        lock (_lock)
        {
            _isOldReachable = isReachable;
            if (!isReachable && !_isOver)
                _place.StopWaiting(StopWaiting);
        }
    }

    private void ClearTarget()
    {
        if (target is not null)
            target.Arrival = null;
    }

    private (Deliver Delivery, Receipt? Receipt) StopWaiting((Deliver Delivery, Receipt? Receipt) item)
    {
        if (item.Receipt is null)
            return item;
        _unawaitedBytes += item.Delivery.Batch.Size;
        item.Receipt.Complete();
        return (item.Delivery, null);
    }

    private void Keep(object node, Deliver delivery, Receipt? receipt)
    {
        if (receipt is not null && _isOldReachable)
        {
            receipt.Add(target!);
            _place.Keep(node, (delivery, receipt));
            return;
        }
        if (_unawaitedBytes > context.Settings.MaxQueuedBytes)
        {
            context.Drops.Add(DropReason.QueueFull, delivery.Packets.Length);
            return;
        }
        _unawaitedBytes += delivery.Batch.Size;
        _place.Keep(node, (delivery, null));
    }

    private static bool IsAwaited(Deliver delivery) => Array.Exists(delivery.Packets, static each => each.QoS != QualityOfService.AtMostOnce);
}
