using Akka.Actor.Setup;

namespace Akka.Mqtt.Hosting.Hosted;

/// <summary>Says that the server of the actor system is one of a cluster.</summary>
internal sealed class ClusterSetup : Setup;
