using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Core;

/// <summary>
/// The connection as a session core sees it. Every PUBLISH that leaves a session, live, queued, retained or sent again, passes
/// <see cref="Shape"/> first, so this is the one gate for rights, interceptors and Maximum Packet Size.
/// </summary>
internal interface IOutlet
{
    /// <summary>Whether the connection has as much as it may have unwritten; what is left then waits for <see cref="OutgoingMessages.Pump"/>.</summary>
    bool IsFull { get; }

    /// <summary>The message as this client gets it: without mount point, without properties in 3.x, as the interceptor leaves it.</summary>
    /// <param name="message">The message, without its identifier.</param>
    /// <returns>
    /// The packet, often the same; or null when it must not be sent: not allowed, or larger than the client takes. The outlet counts
    /// the reason; the message then counts as delivered [MQTT-3.1.2-25 v5].
    /// </returns>
    Publish? Shape(Publish message);

    /// <summary>Sends a message.</summary>
    /// <param name="packet">The packet that <see cref="Shape"/> gave, with its identifier.</param>
    void Send(Publish packet);

    /// <summary>Sends a PUBREL.</summary>
    /// <param name="packet">The packet.</param>
    void Send(PubRel packet);
}
