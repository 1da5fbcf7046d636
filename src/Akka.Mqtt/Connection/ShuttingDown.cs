using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Connection;

/// <summary>To a listener or a connection: the actor system shuts down. Both stop when their queued packets have been sent.</summary>
internal sealed class ShuttingDown : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly ShuttingDown Instance = new();

    private ShuttingDown()
    {
    }
}
