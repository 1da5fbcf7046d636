using Akka.Actor;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>The link to another node.</summary>
/// <param name="Link">The actor that sends to it, in order.</param>
/// <param name="Target">
/// The target to which publishers of this node hand its messages; messages from the node have it in <see cref="DeliverySource.Node"/>.
/// </param>
/// <param name="Forward">
/// Sends messages for one session. It completes the receipt, which already counts this delivery, when the node has them. False when they
/// cannot be sent.
/// </param>
internal sealed record NodeLink(IActorRef Link, DeliveryTarget Target, Func<Deliver, Receipt?, bool> Forward);
