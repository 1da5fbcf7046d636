using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>Tells the actor of a session what the storage has of it.</summary>
/// <param name="session">The actor.</param>
internal sealed class StoredReader(IActorRef session) : IStoredReader
{
    public void Read(StoredState? state) => session.Tell(new Loaded(state, null), ActorRefs.NoSender);

    public void Failed(Exception cause) => session.Tell(new Loaded(null, cause), ActorRefs.NoSender);

    /// <summary>To the session: it was read.</summary>
    /// <param name="State">Its state; null when there is none, or it cannot be read.</param>
    /// <param name="Cause">Why it cannot be read; null when it can.</param>
    internal sealed record Loaded(StoredState? State, Exception? Cause) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
