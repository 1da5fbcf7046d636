using Akka.Actor;
using Akka.Mqtt.Server.Directories;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server;

/// <summary>
/// Joins a server with those of other nodes, so that clients of all nodes reach each other. The package <c>Akka.Mqtt.Cluster</c> has the one for Akka.Cluster.
/// </summary>
public abstract class MqttServerCluster
{
    internal MqttServerCluster()
    {
    }

    /// <summary>Checks that the actor system can be one of a cluster, before the server has actors.</summary>
    /// <param name="system">The actor system.</param>
    /// <exception cref="MqttServerException">It cannot; the message says why and what to do.</exception>
    internal abstract void Prepare(ActorSystem system);

    /// <summary>Names this node where nodes share something: its address, "#", and a number that no other start of it has.</summary>
    /// <param name="system">The actor system, which <see cref="Prepare"/> has checked.</param>
    /// <returns>The name.</returns>
    internal abstract string NameOf(ActorSystem system);

    /// <summary>Says which sessions this node has.</summary>
    /// <returns>What one server needs.</returns>
    internal abstract ISessionOwners MakeOwners();

    /// <summary>The actor that joins the server with those of other nodes. It is a child of the server's root actor, called "cluster".</summary>
    /// <param name="context">The server.</param>
    /// <returns>Its Props.</returns>
    internal abstract Props PropsFor(ServerContext context);
}
