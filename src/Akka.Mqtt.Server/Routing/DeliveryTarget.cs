namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// An object to which publishers hand over the messages of one subscriber. It stands for a session or a subscriber of this process, a
/// durable session without an actor, or another node. Each life of a session has its own target, so that deliveries to an earlier life are
/// recognised. Thread safe.
/// </summary>
/// <param name="clientId">The client; empty for none, null when it is unknown until an actor has the session.</param>
internal abstract class DeliveryTarget(string? clientId)
{
    private volatile bool _connected;
    private volatile string? _clientId = clientId;

    /// <summary>The client; empty for none, and while it is unknown.</summary>
    public string ClientId
    {
        get => _clientId ?? "";
        protected set => _clientId = value;
    }

    /// <summary>The table of the targets of durable sessions, if this is one of them; else null.</summary>
    public virtual DurableTargets? Table => null;

    /// <summary>
    /// The identity of a session that outlives the process: publishers write messages for it before they hand them over. 0 for all other
    /// targets.
    /// </summary>
    public long Session { get; init; }

    /// <summary>
    /// Whether it is another node, which has subscribers of its own. Messages from one node are not sent to another one.
    /// </summary>
    public bool IsNode { get; init; }

    /// <summary>
    /// Whether it is the session of a client. A target without a known client identifier never belongs to a connected client.
    /// </summary>
    public bool IsOfClient(string clientId) => _clientId == clientId;

    /// <summary>Whether the client is connected; shared subscriptions prefer connected members.</summary>
    public bool IsConnected
    {
        get => _connected;
        set => _connected = value;
    }

    /// <summary>
    /// Whether it accepts messages of QoS 0 while it is behind. A session that outlives the process does, because the identities of
    /// written messages are counted by position in the batch.
    /// </summary>
    public virtual bool TakesQoS0Behind => Session != 0;

    /// <summary>Whether the publisher must wait until the target, which is behind, has accepted a batch.</summary>
    /// <param name="delivery">The batch.</param>
    /// <returns>True when it must wait.</returns>
    public virtual bool IsAwaited(Deliver delivery) => true;

    /// <summary>Hands over a batch if the target is not behind.</summary>
    /// <param name="delivery">The batch.</param>
    /// <returns>Whether it was handed over.</returns>
    public abstract bool TryDeliver(Deliver delivery);

    /// <summary>
    /// Hands over messages of QoS 1 and 2 to a target that is behind. None is lost, but the publisher must wait.
    /// </summary>
    /// <param name="delivery">The batch.</param>
    /// <param name="receipt">Completed when the target has caught up; null when the publisher does not wait.</param>
    /// <returns>
    /// Whether they were handed over. False when the publisher does not wait and the target is stuck, or when the target refuses them.
    /// </returns>
    public abstract bool DeliverBehind(Deliver delivery, Receipt? receipt);

    /// <summary>Returns credit for messages that the target has handled: publishers may hand over as many more.</summary>
    /// <param name="messages">Messages in the batch.</param>
    public abstract void ReturnCredit(int messages);

    /// <summary>
    /// Whether the target has been behind for longer than <c>delivery-timeout</c> and has not caught up. Publishers are then refused. A
    /// publisher whose protocol version has no reason code for that waits without limit.
    /// </summary>
    public virtual bool IsStuck => false;

    /// <summary>Whether to refuse a publisher to a topic: the target is stuck, or a session behind it that subscribes to the topic.</summary>
    /// <param name="topic">The topic.</param>
    public virtual bool Refuses(string topic) => IsStuck;

    /// <summary>
    /// Marks the target as stuck, because a publisher has waited longer than <c>delivery-timeout</c>, and completes the receipts that wait
    /// for it.
    /// </summary>
    public abstract void StopWaiting();
}
