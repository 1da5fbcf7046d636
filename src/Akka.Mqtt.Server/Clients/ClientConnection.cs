using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>What the server knows of the connection of a client.</summary>
/// <param name="Transport">The address and the kind of transport.</param>
/// <param name="Version">The version of the protocol.</param>
/// <param name="UserName">The user name of CONNECT, or null.</param>
/// <param name="KeepAlive">The Keep Alive of CONNECT, in seconds; 0 means none.</param>
/// <param name="ConnectedAt">When the client connected.</param>
public sealed record ClientConnection(
    TransportInfo Transport, MqttVersion Version, string? UserName, ushort KeepAlive, DateTimeOffset ConnectedAt);
