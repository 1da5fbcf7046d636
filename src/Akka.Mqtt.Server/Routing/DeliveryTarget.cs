namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// Where a publisher hands over messages of one subscriber: a session of this process, a subscriber in this process, a durable session that nobody
/// holds, or another node. One per life of a session: deliveries to an earlier life are recognised by it. Thread safe.
/// </summary>
/// <param name="clientId">The client; empty for none, null when it is not known before an actor holds the session.</param>
internal abstract class DeliveryTarget(string? clientId)
{
    private volatile bool _connected;
    private volatile string? _clientId = clientId;

    /// <summary>The client; empty for none, and while nobody knows it.</summary>
    public string ClientId
    {
        get => _clientId ?? "";
        protected set => _clientId = value;
    }

    /// <summary>The targets of durable sessions, if this is one; else null.</summary>
    public virtual DurableTargets? Table => null;

    /// <summary>
    /// The identity of a session that outlives the process: its publishers write messages for it before they hand them over. 0 for everything else.
    /// </summary>
    public long Session { get; init; }

    /// <summary>
    /// Whether it is another node, which has subscribers of its own: messages that came from a node do not go to another one.
    /// </summary>
    public bool IsNode { get; init; }

    /// <summary>Whether it is the session of a client. A client whose session has a target without client identifier is not connected.</summary>
    public bool IsOfClient(string clientId) => _clientId == clientId;

    /// <summary>Whether the client is connected; what shared subscriptions choose by.</summary>
    public bool IsConnected
    {
        get => _connected;
        set => _connected = value;
    }

    /// <summary>
    /// Whether it takes messages of QoS 0 while it is behind. A session that outlives the process does: the identities of written messages are those of their
    /// positions in the batch.
    /// </summary>
    public virtual bool TakesQoS0Behind => Session != 0;

    /// <summary>Whether a publisher is to wait until the target, which is behind, has a batch.</summary>
    /// <param name="delivery">The batch.</param>
    /// <returns>Whether it is.</returns>
    public virtual bool IsAwaited(Deliver delivery) => true;

    /// <summary>Hands over a batch if the target is not behind.</summary>
    /// <param name="delivery">The batch.</param>
    /// <returns>Whether it was handed over.</returns>
    public abstract bool TryDeliver(Deliver delivery);

    /// <summary>
    /// Hands over messages of QoS 1 and 2 to a target that is behind: nothing of them is lost, but their publisher is to wait.
    /// </summary>
    /// <param name="delivery">The batch.</param>
    /// <param name="receipt">Completed when the target has caught up; null when nobody waits for it.</param>
    /// <returns>Whether it was handed over: false when nobody waits and the target is stuck, or does not take it.</returns>
    public abstract bool DeliverBehind(Deliver delivery, Receipt? receipt);

    /// <summary>The target has handled messages: publishers may hand over as many more.</summary>
    /// <param name="messages">Messages in the batch.</param>
    public abstract void ReturnCredit(int messages);

    /// <summary>
    /// Whether it has been behind for longer than <c>delivery-timeout</c>, and has not caught up: then publishers are refused. Whoever has no word for that
    /// waits, without limit.
    /// </summary>
    public virtual bool IsStuck => false;

    /// <summary>The publisher has waited for longer than <c>delivery-timeout</c>: the target is stuck, and who waits for it now waits no longer.</summary>
    public abstract void StopWaiting();
}
