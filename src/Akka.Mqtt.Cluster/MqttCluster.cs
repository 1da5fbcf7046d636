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
/// Joins the MQTT server of this node with those of the other nodes of the Akka.NET cluster. Clients connect to any node; a message that is published on one
/// node reaches the subscribers of all. One server of each node may have it, and it has the same name on all nodes.
/// <code>
/// var server = await MqttServer.StartAsync(system, settings, new MqttServerHooks { Cluster = new MqttCluster() });
/// </code>
/// </summary>
public sealed class MqttCluster : MqttServerCluster
{
    private readonly MqttClusterSettings? _settings;

    /// <summary>Joins by settings.</summary>
    /// <param name="settings">The settings; null reads <c>akka.mqtt.cluster</c> of the actor system.</param>
    public MqttCluster(MqttClusterSettings? settings = null) => _settings = settings;

    /// <summary>The reference configuration of this assembly.</summary>
    /// <returns>The configuration.</returns>
    public static Config DefaultConfig() =>
        ConfigurationFactory.FromResource("akka.mqtt.cluster.reference.conf", typeof(MqttCluster).Assembly);

    internal override void Prepare(ActorSystem system) => PrepareSystem((ExtendedActorSystem)system);

    /// <summary>Checks that a system is one of a cluster, and makes its serializer and defaults known.</summary>
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
        system.Settings.InjectTopLevelFallback(DefaultConfig()); // with the serializer of what nodes tell each other
        ClusterSerializer.Register(system); // where the system has no reference of ours in its configuration still
    }

    internal override string NameOf(ActorSystem system) => DurableMoves.NameOf(global::Akka.Cluster.Cluster.Get(system).SelfUniqueAddress);

    internal override ISessionOwners MakeOwners() => new SessionOwners { Nodes = new ClusterNodes() };

    internal override Props PropsFor(ServerContext context)
    {
        var settings = _settings;
        return Props.Create(() => new ClusterActor(context, settings)).WithDeploy(Deploy.Local);
    }
}
