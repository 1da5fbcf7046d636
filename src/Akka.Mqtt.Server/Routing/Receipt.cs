using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// Sent to the actor of a publisher, once, when all messages of one <c>Publisher.Flush</c> are safe with their targets. The publisher then
/// sends the acknowledgements. When they are safe at once, no receipt is allocated.
/// </summary>
/// <param name="publisher">The actor of the publisher.</param>
internal sealed class Receipt(IActorRef publisher) : IStoreReceipt, INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    private readonly List<DeliveryTarget> _targets = []; // used only by the publisher
    private int _pending = 1; // 1 for the flush itself
    private bool _waitsForStore;

    /// <summary>Whether it waits for a stuck target. Called by the publisher.</summary>
    public bool IsForStuck => _targets.Exists(static each => each.IsStuck);

    /// <summary>Whether something is not committed yet.</summary>
    public bool WaitsForStore => Volatile.Read(ref _waitsForStore);

    /// <summary>Adds a target to wait for. Called by the publisher before <see cref="Seal"/>.</summary>
    public void Add(DeliveryTarget target)
    {
        _targets.Add(target);
        Interlocked.Increment(ref _pending);
    }

    /// <summary>Adds the storage engine to what it waits for. Called by the publisher before <see cref="Seal"/>.</summary>
    public void AddStore()
    {
        Volatile.Write(ref _waitsForStore, true);
        Interlocked.Increment(ref _pending);
    }

    /// <summary>Notes that a target, or the storage engine, has completed.</summary>
    public void Complete()
    {
        if (Interlocked.Decrement(ref _pending) == 0)
            publisher.Tell(this, ActorRefs.NoSender);
    }

    void IStoreReceipt.Complete()
    {
        Volatile.Write(ref _waitsForStore, false);
        Complete();
    }

    /// <summary>Ends the flush.</summary>
    /// <returns>Whether something is left to wait for. If not, the receipt is not sent.</returns>
    public bool Seal() => Interlocked.Decrement(ref _pending) > 0;

    /// <summary>Stops waiting because of the time limit, and completes.</summary>
    public void StopWaiting()
    {
        foreach (var target in _targets)
            target.StopWaiting();
    }
}
