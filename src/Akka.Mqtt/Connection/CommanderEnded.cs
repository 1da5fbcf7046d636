using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Connection;

/// <summary>Who dialled has stopped. It ends a connection that has no handler yet; one that has a handler ignores it.</summary>
internal sealed class CommanderEnded : IDeadLetterSuppression, INoSerializationVerificationNeeded
{
    public static readonly CommanderEnded Instance = new();
}
