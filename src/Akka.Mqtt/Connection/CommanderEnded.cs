using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Connection;

/// <summary>The actor that dialled has stopped. A connection without a handler closes then; a connection with a handler ignores it.</summary>
internal sealed class CommanderEnded : IDeadLetterSuppression, INoSerializationVerificationNeeded
{
    public static readonly CommanderEnded Instance = new();
}
