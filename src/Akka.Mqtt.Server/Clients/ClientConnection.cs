using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>What is known of the connection of a client.</summary>
/// <param name="Transport">Where it comes from.</param>
/// <param name="Version">The version of the protocol.</param>
/// <param name="UserName">The user name of CONNECT, or null.</param>
/// <param name="KeepAlive">The Keep Alive that the client asked for, in seconds; 0 is none.</param>
/// <param name="ConnectedAt">Since when it is connected.</param>
public sealed record ClientConnection(
    TransportInfo Transport, MqttVersion Version, string? UserName, ushort KeepAlive, DateTimeOffset ConnectedAt);
