using Akka.Actor;

namespace Akka.Mqtt.Connection;

/// <summary>Told to a listener and to a connection: the actor system shuts down. Both end as soon as what is queued has been sent.</summary>
internal sealed class ShuttingDown : INoSerializationVerificationNeeded
{
    public static readonly ShuttingDown Instance = new();

    private ShuttingDown()
    {
    }
}
