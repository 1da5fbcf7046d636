using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Connection;

/// <summary>
/// The handler of a connection has stopped: what a watch of it tells the connection, or the handler itself if it said so with
/// <see cref="Mqtt.Register.TellsItsEnd"/>.
/// </summary>
internal sealed class HandlerEnded : IDeadLetterSuppression, INoSerializationVerificationNeeded
{
    public static readonly HandlerEnded Instance = new();

    private HandlerEnded()
    {
    }
}
