using Akka.Actor;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Directories;

/// <summary>
/// Knows whether this node of a cluster has a session, and fetches sessions from other nodes. One for each server; a server without a
/// cluster has none. Thread safe.
/// </summary>
internal interface ISessionOwners
{
    /// <summary>Whether this node has the session of a key.</summary>
    /// <param name="key">The key of the session.</param>
    bool Owns(in SessionKey key);

    /// <summary>
    /// Moves a session to this node, and then sends the message to the registry. Later messages for the same session keep their order. If
    /// the session cannot be moved, the client is refused.
    /// </summary>
    /// <param name="key">The key of the session.</param>
    /// <param name="message">The message.</param>
    void Want(in SessionKey key, object message);

    /// <summary>Whether the session of a key is moving to another node. If so, no actor of this node may take it.</summary>
    /// <param name="key">The key of the session.</param>
    bool IsGivenUp(in SessionKey key);

    /// <summary>How long a client may wait for <see cref="Want"/> before it is refused.</summary>
    TimeSpan Patience { get; }

    /// <summary>Why this node accepts no clients; null when it does.</summary>
    string? NotReady { get; }

    /// <summary>
    /// Completes with a reason when this node stops accepting clients: it has left the cluster, or other nodes have taken over its durable
    /// sessions.
    /// </summary>
    Task<string> Removed { get; }

    /// <summary>Whether clients can connect to other nodes.</summary>
    bool HasOthers { get; }

    /// <summary>The nodes, for administrators.</summary>
    IClusterNodes Nodes { get; }

    /// <summary>Reports that a session has ended on this node.</summary>
    /// <param name="key">Which one.</param>
    void Ended(in SessionKey key);

    /// <summary>Sets the actors that answer.</summary>
    /// <param name="cluster">The actor that connects this server with those of other nodes.</param>
    /// <param name="registry">The registry of sessions.</param>
    void Use(IActorRef cluster, IActorRef registry);
}
