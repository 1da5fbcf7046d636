using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Transport;

/// <summary>What was told together is in the write buffer: it goes out.</summary>
internal sealed class FlushNow : IDeadLetterSuppression, INoSerializationVerificationNeeded
{
    public static readonly FlushNow Instance = new();
}
