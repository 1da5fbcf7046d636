using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Another node, as a target of publishers: it gets one copy of a message, however many of its subscribers want it. Thread safe.
/// </summary>
internal sealed class NodeTarget : DeliveryTarget
{
    private readonly long _maxQueuedBytes;
    private readonly StuckTargets? _stuckTargets;
    private IActorRef _link = ActorRefs.Nobody;
    private long _queuedBytes;
    private volatile bool _isReachable = true;
    private volatile bool _isGone;
    private volatile HashSet<string>? _stuckTopics; // null for none; never changed

    /// <summary>Makes the target of a node that can be reached.</summary>
    /// <param name="maxQueuedBytes">Bytes that may wait for it before messages of QoS 0 are dropped.</param>
    /// <param name="stuckTargets">Counts it while sessions of the node are stuck; null when nobody asks.</param>
    public NodeTarget(long maxQueuedBytes, StuckTargets? stuckTargets = null)
        : base("")
    {
        _stuckTargets = stuckTargets;
        _maxQueuedBytes = maxQueuedBytes;
        IsNode = true;
        IsConnected = true;
    }

    /// <summary>Bytes of messages that wait for the node, or that it has not confirmed.</summary>
    public long QueuedBytes => Volatile.Read(ref _queuedBytes);

    /// <summary>The actor that sends to the node; set once, before the first publisher knows the target.</summary>
    public void Use(IActorRef link) => _link = link;

    /// <summary>As long as there is room for it.</summary>
    public override bool TakesQoS0Behind => IsConnected;

    /// <summary>Whether a session of the node that gets a topic is stuck, as far as this node has been told.</summary>
    public override bool Refuses(string topic) => _stuckTopics?.Contains(topic) == true;

    /// <summary>A node answers when its subscribers have the messages: the publisher waits for that, but not for QoS 0.</summary>
    public override bool IsAwaited(Deliver delivery) => Array.Exists(delivery.Packets, static each => each.QoS != QualityOfService.AtMostOnce);

    /// <summary>Always says that the node is behind, so that its answer can be awaited.</summary>
    public override bool TryDeliver(Deliver delivery) => false;

    public override bool DeliverBehind(Deliver delivery, Receipt? receipt)
    {
        if (_isGone)
            return true; // no member any more, so nobody's messages are lost
        if (!_isReachable)
        {
            if (QueuedBytes > _maxQueuedBytes)
                return false;
            receipt = null; // it may be reached again, but nobody waits for that
        }
        receipt?.Add(this);
        if (Interlocked.Add(ref _queuedBytes, delivery.Batch.Size) > _maxQueuedBytes)
            IsConnected = false;
        _link.Tell(new NodeDelivery(delivery, receipt), ActorRefs.NoSender);
        return true;
    }

    /// <summary>Sends messages for one session, which was here.</summary>
    /// <param name="delivery">The messages.</param>
    /// <param name="receipt">Completed when the node has them, or nobody is to wait for it; null when nobody waits.</param>
    /// <returns>Whether they are sent: false when the node cannot be reached and too much waits for it.</returns>
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

    /// <summary>Sessions of the node that get these topics are stuck; those of all others are not. Called by the link.</summary>
    public void SetStuck(string[] topics)
    {
        var before = _stuckTopics;
        _stuckTopics = topics.Length == 0 ? null : new HashSet<string>(topics, StringComparer.Ordinal);
        if (before is null && topics.Length > 0)
            _stuckTargets?.Add();
        else if (before is not null && topics.Length == 0)
            _stuckTargets?.Remove();
    }

    /// <summary>The node has confirmed messages, or they are lost with it.</summary>
    /// <param name="bytes">Their bytes.</param>
    public void Confirmed(long bytes)
    {
        if (Interlocked.Add(ref _queuedBytes, -bytes) <= _maxQueuedBytes / 2 && _isReachable && !_isGone)
            IsConnected = true;
    }

    /// <summary>The failure detector cannot reach the node, or can reach it again.</summary>
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

    /// <summary>Nothing: a publisher waits until the node has confirmed its messages, cannot be reached, or has left the cluster.</summary>
    public override void StopWaiting()
    {
    }
}
