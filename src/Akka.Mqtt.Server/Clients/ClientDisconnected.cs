using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>
/// The connection of a client has ended. Published once after each <see cref="ClientConnected"/>, unless the server stops first.
/// </summary>
/// <param name="Admin">The <see cref="MqttServer.Admin"/> of the server.</param>
/// <param name="ClientId">The client.</param>
/// <param name="Reason">
/// The reason code of the DISCONNECT that the client or the server sent, or would have sent in 5.0. With 0x00 and 0x04 the client has
/// disconnected by itself; 0x80 means that the connection was lost.
/// </param>
/// <param name="Message">The same reason as text.</param>
public sealed record ClientDisconnected(IActorRef Admin, string ClientId, ReasonCode Reason, string Message) : MqttServerEvent(Admin);
