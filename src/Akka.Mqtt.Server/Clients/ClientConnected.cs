using Akka.Actor;

namespace Akka.Mqtt.Server;

/// <summary>The server has accepted a client and opened its session.</summary>
/// <param name="Admin">The <see cref="MqttServer.Admin"/> of the server.</param>
/// <param name="ClientId">The client.</param>
/// <param name="Connection">Its address, transport and protocol.</param>
public sealed record ClientConnected(IActorRef Admin, string ClientId, ClientConnection Connection) : MqttServerEvent(Admin);
