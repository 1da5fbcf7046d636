using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Another node as a target of publishers. It gets one copy of a message for all its subscribers. Thread safe.
/// </summary>
internal sealed class NodeTarget : DeliveryTarget
{
    private readonly long _maxQueuedBytes;
    private readonly StuckTargets? _stuckTargets;
    private readonly bool _waits;
    private IActorRef _link = ActorRefs.Nobody;
    private long _queuedBytes;
    private volatile bool _isReachable = true;
    private volatile bool _isGone;
    private volatile HashSet<string>? _stuckTopics; // null for none; never changed

    /// <summary>Creates the target of a reachable node.</summary>
    /// <param name="maxQueuedBytes">Most bytes that wait for it before messages of QoS 0 are dropped.</param>
    /// <param name="stuckTargets">Counts the target while sessions of the node are stuck; null for no count.</param>
    /// <param name="waits">
    /// Whether publishers of QoS 1 and 2 also wait while it cannot be reached, and until another node has inherited from it: so nothing is
    /// acknowledged that only this node has.
    /// </param>
    public NodeTarget(long maxQueuedBytes, StuckTargets? stuckTargets = null, bool waits = false)
        : base("")
    {
        _stuckTargets = stuckTargets;
        _maxQueuedBytes = maxQueuedBytes;
        _waits = waits;
        IsNode = true;
        IsConnected = true;
    }

    /// <summary>Bytes of messages that wait for the node, or that the node has not confirmed.</summary>
    public long QueuedBytes => Volatile.Read(ref _queuedBytes);

    /// <summary>The actor that sends to the node; set once, before a publisher knows the target.</summary>
    public void Use(IActorRef link) => _link = link;

    /// <summary>True while the node is connected: room is checked separately.</summary>
    public override bool TakesQoS0Behind => IsConnected;

    /// <summary>Whether a stuck session of the node receives a topic, according to the node's last message.</summary>
    public override bool Refuses(string topic) => _stuckTopics?.Contains(topic) == true;

    /// <summary>The node confirms when its subscribers have the messages. The publisher waits for that, except with QoS 0.</summary>
    public override bool IsAwaited(Deliver delivery) => Array.Exists(delivery.Packets, static each => each.QoS != QualityOfService.AtMostOnce);

    /// <summary>Always false, so that the caller can await the confirmation of the node.</summary>
    public override bool TryDeliver(Deliver delivery) => false;

    public override bool DeliverBehind(Deliver delivery, Receipt? receipt)
    {
        if (_isGone)
            return true; // no longer a member, so no subscriber loses messages
        if (!_isReachable && !_waits)
        {
            if (QueuedBytes > _maxQueuedBytes)
                return false;
            receipt = null; // the node may become reachable again, but no publisher waits for that
        }
        receipt?.Add(this);
        if (Interlocked.Add(ref _queuedBytes, delivery.Batch.Size) > _maxQueuedBytes)
            IsConnected = false;
        _link.Tell(new NodeDelivery(delivery, receipt), ActorRefs.NoSender);
        return true;
    }

    /// <summary>Sends messages for one session that was on this node before.</summary>
    /// <param name="delivery">The messages.</param>
    /// <param name="receipt">Completed when the node has them, or the publisher must not wait for it; null when no publisher waits.</param>
    /// <returns>Whether they are sent: false when the node is unreachable and too many bytes wait for it.</returns>
    public bool Forward(Deliver delivery, Receipt? receipt)
    {
        if (_isGone || !_isReachable)
        {
            receipt?.Complete();
            receipt = null;
            if (_isGone || QueuedBytes > _maxQueuedBytes)
                return false;
        }
        Interlocked.Add(ref _queuedBytes, delivery.Batch.Size);
        _link.Tell(new NodeDelivery(delivery, receipt), ActorRefs.NoSender);
        return true;
    }

    /// <summary>Sets the topics that stuck sessions of the node receive. Called by the link.</summary>
    public void SetStuck(string[] topics)
    {
        var before = _stuckTopics;
        _stuckTopics = topics.Length == 0 ? null : new HashSet<string>(topics, StringComparer.Ordinal);
        if (before is null && topics.Length > 0)
            _stuckTargets?.Add();
        else if (before is not null && topics.Length == 0)
            _stuckTargets?.Remove();
    }

    /// <summary>The node has confirmed messages, or they are lost together with it.</summary>
    /// <param name="bytes">Their bytes.</param>
    public void Confirmed(long bytes)
    {
        if (Interlocked.Add(ref _queuedBytes, -bytes) <= _maxQueuedBytes / 2 && _isReachable && !_isGone)
            IsConnected = true;
    }

    /// <summary>The failure detector reports the node as unreachable, or as reachable.</summary>
    public void SetReachable(bool isReachable)
    {
        _isReachable = isReachable;
        IsConnected = isReachable && !_isGone && QueuedBytes <= _maxQueuedBytes;
    }

    /// <summary>The node has left the cluster.</summary>
    public void Close()
    {
        _isGone = true;
        IsConnected = false;
    }

    public override void ReturnCredit(int messages)
    {
    }

    /// <summary>
    /// Does nothing: a publisher waits until the node has confirmed its messages, is unreachable, or has left the cluster.
    /// </summary>
    public override void StopWaiting()
    {
    }
}
