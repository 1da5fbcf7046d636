#region doc:clustered-server
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Cluster;
using Akka.Mqtt.Server;

namespace ClusteredServer;

/// <summary>A node of the cluster: an actor system and its MQTT server.</summary>
public sealed record Node(ActorSystem System, MqttServer Server)
{
    /// <summary>Starts a node.</summary>
    /// <param name="mqttPort">The port for clients; 0 lets the system pick one.</param>
    /// <param name="nodePort">The port for other nodes; 0 lets the system pick one.</param>
    /// <param name="seedPort">The port of a node that begins the cluster, or is in it.</param>
    public static async Task<Node> StartAsync(int mqttPort, int nodePort, int seedPort)
    {
        var system = ActorSystem.Create("app", ConfigurationFactory.ParseString(
            $$"""
            akka.actor.provider = cluster
            akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = {{nodePort}} }
            akka.cluster.seed-nodes = ["akka.tcp://app@127.0.0.1:{{seedPort}}"]
            akka.cluster.downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
            akka.mqtt.server.listeners.tcp.port = {{mqttPort}}
            """));
        var server = await MqttServer.StartAsync(system, hooks: new MqttServerHooks { Cluster = new MqttCluster() });
        return new Node(system, server);
    }
}
#endregion
