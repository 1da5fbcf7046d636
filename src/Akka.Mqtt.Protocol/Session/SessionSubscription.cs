namespace Akka.Mqtt.Protocol.Session;

/// <summary>A subscription of a session, with the subscription identifier of the client.</summary>
/// <param name="Options">Filter and options.</param>
/// <param name="Identifier">The subscription identifier; 0 for none.</param>
/// <param name="Shared">Group and filter of a shared subscription; null for an ordinary one. In 3.x every filter is ordinary.</param>
internal sealed record SessionSubscription(Subscription Options, uint Identifier, SharedFilter? Shared = null);
