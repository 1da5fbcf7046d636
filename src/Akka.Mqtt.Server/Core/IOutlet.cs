using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Core;

/// <summary>
/// The connection as a session core sees it. Every PUBLISH to the client, whether live, queued, retained or sent again, passes
/// <see cref="Shape"/> first. So rights, interceptors and Maximum Packet Size are checked in one place.
/// </summary>
internal interface IOutlet
{
    /// <summary>Whether the connection has reached its limit of unwritten bytes. Then the rest waits for the next <see cref="OutgoingMessages.Pump"/>.</summary>
    bool IsFull { get; }

    /// <summary>
    /// Makes the packet for this client: without the mount point, without properties in 3.x, and changed by the interceptor if it wants.
    /// </summary>
    /// <param name="message">The message, without its identifier.</param>
    /// <returns>
    /// The packet, often the same object; null when the client may not receive it, or it is larger than the client accepts. The outlet counts
    /// the reason; the message then counts as delivered [MQTT-3.1.2-25 v5].
    /// </returns>
    Publish? Shape(Publish message);

    /// <summary>Sends a message.</summary>
    /// <param name="packet">The packet that <see cref="Shape"/> returned, with its packet identifier.</param>
    void Send(Publish packet);

    /// <summary>Sends a PUBREL.</summary>
    /// <param name="packet">The packet.</param>
    void Send(PubRel packet);
}
