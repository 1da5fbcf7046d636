using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Connection;

/// <summary>Told to a listener and to a connection: the actor system shuts down. Both end as soon as what is queued has been sent.</summary>
internal sealed class ShuttingDown : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly ShuttingDown Instance = new();

    private ShuttingDown()
    {
    }
}
