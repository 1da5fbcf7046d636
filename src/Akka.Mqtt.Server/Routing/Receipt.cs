using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// Says that what one <c>Publisher.Flush</c> handed over is safe with all its targets: then it is sent to the actor of the publisher, as a message, once.
/// There is none, and nothing is allocated, when that is so at once. Acknowledgements leave behind it.
/// </summary>
/// <param name="publisher">Who is told.</param>
internal sealed class Receipt(IActorRef publisher) : IStoreReceipt, INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    private readonly List<DeliveryTarget> _targets = []; // touched by the publisher alone
    private int _pending = 1; // the flush itself

    /// <summary>One more target to wait for; by the publisher, before <see cref="Seal"/>.</summary>
    public void Add(DeliveryTarget target)
    {
        _targets.Add(target);
        Interlocked.Increment(ref _pending);
    }

    /// <summary>The storage engine is to complete it too; by the publisher, before <see cref="Seal"/>.</summary>
    public void AddStore() => Interlocked.Increment(ref _pending);

    /// <summary>A target, or the storage engine, is done.</summary>
    public void Complete()
    {
        if (Interlocked.Decrement(ref _pending) == 0)
            publisher.Tell(this, ActorRefs.NoSender);
    }

    /// <summary>The flush is over.</summary>
    /// <returns>Whether there is something to wait for: if not, the publisher is told nothing.</returns>
    public bool Seal() => Interlocked.Decrement(ref _pending) > 0;

    /// <summary>The publisher has waited long enough; what it waited for completes now.</summary>
    public void StopWaiting()
    {
        foreach (var target in _targets)
            target.StopWaiting();
    }
}
