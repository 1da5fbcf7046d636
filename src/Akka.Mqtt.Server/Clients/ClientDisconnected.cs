using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>The connection of a client has ended; comes once after each <see cref="ClientConnected"/>, unless the server stops first.</summary>
/// <param name="Admin">The <see cref="MqttServer.Admin"/> of the server.</param>
/// <param name="ClientId">The client.</param>
/// <param name="Reason">
/// The code of the DISCONNECT that the client or the server sent, or would have sent in 5.0: 0x00 and 0x04 are the client's own will,
/// 0x80 is a connection that was lost.
/// </param>
/// <param name="Message">The same, for people to read.</param>
public sealed record ClientDisconnected(IActorRef Admin, string ClientId, ReasonCode Reason, string Message) : MqttServerEvent(Admin);
