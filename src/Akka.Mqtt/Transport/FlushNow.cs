using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Transport;

/// <summary>All packets that were sent together are in the write buffer: write them now.</summary>
internal sealed class FlushNow : IDeadLetterSuppression, INoSerializationVerificationNeeded
{
    public static readonly FlushNow Instance = new();
}
