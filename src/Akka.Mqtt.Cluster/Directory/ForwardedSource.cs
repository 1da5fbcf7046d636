using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>Messages for one session, which the old place sends to the new one.</summary>
/// <param name="Key">The session.</param>
/// <param name="Epoch">The number of the move.</param>
internal sealed record ForwardedSource(SessionKey Key, long Epoch) : DeliverySource("", null, 0);
