using Akka.Actor;
using Akka.Mqtt.Server.Directories;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server;

/// <summary>
/// Connects a server with those of other nodes, so that clients of all nodes reach each other. The package <c>Akka.Mqtt.Cluster</c>
/// implements it for Akka.Cluster.
/// </summary>
public abstract class MqttServerCluster
{
    internal MqttServerCluster()
    {
    }

    /// <summary>Checks that the actor system can be part of a cluster, before the server starts its actors.</summary>
    /// <param name="system">The actor system.</param>
    /// <exception cref="MqttServerException">It cannot; the message contains the reason and what to do.</exception>
    internal abstract void Prepare(ActorSystem system);

    /// <summary>The name of this node for what nodes share: its address, "#", and a number that is unique to this start.</summary>
    /// <param name="system">The actor system, which <see cref="Prepare"/> has checked.</param>
    /// <returns>The name.</returns>
    internal abstract string NameOf(ActorSystem system);

    /// <summary>Creates the object that knows which sessions this node has.</summary>
    /// <returns>One object for one server.</returns>
    internal abstract ISessionOwners MakeOwners();

    /// <summary>
    /// The actor that connects the server with those of other nodes. It is a child of the server's root actor, named "cluster".
    /// </summary>
    /// <param name="context">The server.</param>
    /// <returns>Its Props.</returns>
    internal abstract Props PropsFor(ServerContext context);
}
