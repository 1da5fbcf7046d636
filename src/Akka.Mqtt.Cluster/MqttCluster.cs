using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Cluster.Nodes;
using Akka.Mqtt.Cluster.Serialization;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Directories;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Cluster;

/// <summary>
/// Joins the MQTT server of this node with the servers of the other nodes of the Akka.NET cluster. Clients connect to any node, and the
/// subscribers of all nodes receive a message that is published on one of them. Only one server of each node may use it, with the same
/// name on all nodes.
/// <code>
/// var server = await MqttServer.StartAsync(system, settings, new MqttServerHooks { Cluster = new MqttCluster() });
/// </code>
/// </summary>
public sealed class MqttCluster : MqttServerCluster
{
    private readonly MqttClusterSettings? _settings;

    /// <summary>Joins with settings.</summary>
    /// <param name="settings">The settings; null reads <c>akka.mqtt.cluster</c> of the actor system.</param>
    public MqttCluster(MqttClusterSettings? settings = null) => _settings = settings;

    /// <summary>The reference configuration of this assembly.</summary>
    /// <returns>The configuration.</returns>
    public static Config DefaultConfig() =>
        ConfigurationFactory.FromResource("akka.mqtt.cluster.reference.conf", typeof(MqttCluster).Assembly);

    internal override void Prepare(ActorSystem system) => PrepareSystem((ExtendedActorSystem)system);

    /// <summary>Checks that the actor system is a node of a cluster, and registers the serializer and the defaults.</summary>
    internal static void PrepareSystem(ExtendedActorSystem system)
    {
        try
        {
            _ = global::Akka.Cluster.Cluster.Get(system);
        }
        catch (ConfigurationException error)
        {
            throw new MqttServerException("A server with MqttCluster needs an actor system with akka.actor.provider = cluster.", error);
        }
        _ = system.Mqtt();
        system.Settings.InjectTopLevelFallback(DefaultConfig()); // with the serializer of the messages between nodes
        ClusterSerializer.Register(system); // also when the configuration of the system has no entry for it
    }

    internal override string NameOf(ActorSystem system) => DurableMoves.NameOf(global::Akka.Cluster.Cluster.Get(system).SelfUniqueAddress);

    internal override ISessionOwners MakeOwners() => new SessionOwners { Nodes = new ClusterNodes() };

    internal override Props PropsFor(ServerContext context)
    {
        var settings = _settings;
        return Props.Create(() => new ClusterActor(context, settings)).WithDeploy(Deploy.Local);
    }
}
