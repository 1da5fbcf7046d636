using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Connection;

/// <summary>
/// The handler of a connection has stopped. The connection's watch of the handler sends it, or the handler itself if it registered with
/// <see cref="Mqtt.Register.TellsItsEnd"/>. A managed client closes or aborts its connection instead.
/// </summary>
internal sealed class HandlerEnded : IDeadLetterSuppression, INoSerializationVerificationNeeded
{
    public static readonly HandlerEnded Instance = new();

    private HandlerEnded()
    {
    }
}
