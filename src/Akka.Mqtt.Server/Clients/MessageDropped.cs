using Akka.Actor;

namespace Akka.Mqtt.Server;

/// <summary>
/// Messages were dropped. One event for each reason and <c>drop-report-interval</c>, however many messages were dropped.
/// </summary>
/// <param name="Admin">The <see cref="MqttServer.Admin"/> of the server.</param>
/// <param name="Reason">Why.</param>
/// <param name="Count">How many were dropped since the previous event.</param>
public sealed record MessageDropped(IActorRef Admin, DropReason Reason, long Count) : MqttServerEvent(Admin);
