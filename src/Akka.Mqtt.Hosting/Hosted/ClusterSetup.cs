using Akka.Actor.Setup;

namespace Akka.Mqtt.Hosting.Hosted;

/// <summary>Marks the server of the actor system as a node of a cluster.</summary>
internal sealed class ClusterSetup : Setup;
