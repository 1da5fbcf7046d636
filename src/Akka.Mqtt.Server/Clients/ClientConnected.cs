using Akka.Actor;

namespace Akka.Mqtt.Server;

/// <summary>A client was let in and has its session.</summary>
/// <param name="Admin">The <see cref="MqttServer.Admin"/> of the server.</param>
/// <param name="ClientId">The client.</param>
/// <param name="Connection">Where it comes from, and how.</param>
public sealed record ClientConnected(IActorRef Admin, string ClientId, ClientConnection Connection) : MqttServerEvent(Admin);
