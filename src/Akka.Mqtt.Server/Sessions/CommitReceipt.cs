using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Sent to a session when everything that was appended to the storage before is committed; not sent when it is committed at once. Thread
/// safe.
/// </summary>
/// <param name="session">The session.</param>
internal sealed class CommitReceipt(IActorRef session) : IStoreReceipt, INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    private int _state;

    private enum State
    {
        Appended,
        AwaitedBySession,
        Committed,
    }

    /// <summary>Whether it is committed.</summary>
    public bool IsCommitted => Volatile.Read(ref _state) == (int)State.Committed;

    public void Complete()
    {
        if (Interlocked.Exchange(ref _state, (int)State.Committed) == (int)State.AwaitedBySession)
            session.Tell(this, ActorRefs.NoSender);
    }

    /// <summary>Makes the session wait for the receipt.</summary>
    /// <returns>Whether it must wait. If false, the commit has already completed and the receipt is not sent.</returns>
    public bool MustWait() =>
        Interlocked.CompareExchange(ref _state, (int)State.AwaitedBySession, (int)State.Appended) == (int)State.Appended;
}
