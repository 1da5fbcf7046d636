using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>The subscriptions of a session have changed. One event for each SUBSCRIBE, UNSUBSCRIBE or end of a session.</summary>
/// <param name="Admin">The <see cref="MqttServer.Admin"/> of the server.</param>
/// <param name="ClientId">The client.</param>
/// <param name="Added">Subscriptions that are new or changed, as they were granted, with the mount point of the listener.</param>
/// <param name="Removed">Filters that were removed.</param>
public sealed record SubscriptionChanged(IActorRef Admin, string ClientId, MqttList<Subscription> Added, MqttList<string> Removed)
    : MqttServerEvent(Admin);
