using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>Sends the actor of a session the state that the storage has read.</summary>
/// <param name="session">The actor.</param>
internal sealed class StoredReader(IActorRef session) : IStoredReader
{
    public void Read(StoredState? state) => session.Tell(new Loaded(state, null), ActorRefs.NoSender);

    public void Failed(Exception cause) => session.Tell(new Loaded(null, cause), ActorRefs.NoSender);

    /// <summary>Sent to the session: the result of the read.</summary>
    /// <param name="State">The state; null when the storage has none, or cannot read it.</param>
    /// <param name="Cause">Why it cannot be read; null after success.</param>
    internal sealed record Loaded(StoredState? State, Exception? Cause) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
