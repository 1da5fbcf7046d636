using Akka.Actor;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>How another node is reached.</summary>
/// <param name="Link">The actor that sends to it, in order.</param>
/// <param name="Target">What publishers of this node hand its messages to; messages that come from it have it in <see cref="DeliverySource.Node"/>.</param>
/// <param name="Forward">Sends messages for one session; completes the receipt, which counts this already, when they are safe there. False when they cannot be sent.</param>
internal sealed record NodeLink(IActorRef Link, DeliveryTarget Target, Func<Deliver, Receipt?, bool> Forward);
