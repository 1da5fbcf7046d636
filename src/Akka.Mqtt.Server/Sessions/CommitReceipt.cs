using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Says that everything that was appended to the storage before is committed: tells itself to the session, unless it was so at once. Thread safe.
/// </summary>
/// <param name="session">Who is told.</param>
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

    /// <summary>From here on the session waits for it.</summary>
    /// <returns>Whether it has to: if not, it is committed already, and the session is told nothing.</returns>
    public bool MustWait() =>
        Interlocked.CompareExchange(ref _state, (int)State.AwaitedBySession, (int)State.Appended) == (int)State.Appended;
}
