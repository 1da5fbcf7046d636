using Akka.Actor;

namespace Akka.Mqtt.Server;

/// <summary>
/// Messages were dropped. One event a reason for each <c>drop-report-interval</c>, however many messages that were.
/// </summary>
/// <param name="Admin">The <see cref="MqttServer.Admin"/> of the server.</param>
/// <param name="Reason">Why.</param>
/// <param name="Count">How many since the event before.</param>
public sealed record MessageDropped(IActorRef Admin, DropReason Reason, long Count) : MqttServerEvent(Admin);
