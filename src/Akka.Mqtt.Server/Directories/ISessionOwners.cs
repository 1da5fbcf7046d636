using Akka.Actor;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Directories;

/// <summary>
/// Whether this node of a cluster has a session, and how it gets one. Made once a server; a server that is alone has none, and asks nobody. Thread safe.
/// </summary>
internal interface ISessionOwners
{
    /// <summary>Whether this node has the session of a key.</summary>
    /// <param name="key">Which one.</param>
    bool Owns(in SessionKey key);

    /// <summary>
    /// Fetches a session to this node, and then sends the message to the registry. Messages for the same session that follow keep their order. If the
    /// session cannot be had, the client is refused.
    /// </summary>
    /// <param name="key">Which session.</param>
    /// <param name="message">The message.</param>
    void Want(in SessionKey key, object message);

    /// <summary>Whether another node gets the session of a key: no actor may take it here.</summary>
    /// <param name="key">Which one.</param>
    bool IsGivenUp(in SessionKey key);

    /// <summary>Why this node takes no clients; null when it does.</summary>
    string? NotReady { get; }

    /// <summary>
    /// Completes with the reason when this node takes no clients any more: it is no member of the cluster any more, or other nodes have taken over its durable sessions.
    /// </summary>
    Task<string> Removed { get; }

    /// <summary>Whether clients can connect to other nodes.</summary>
    bool HasOthers { get; }

    /// <summary>A session has ended here.</summary>
    /// <param name="key">Which one.</param>
    void Ended(in SessionKey key);

    /// <summary>The actors that answer exist.</summary>
    /// <param name="cluster">The actor that joins the server with those of other nodes.</param>
    /// <param name="registry">The registry of sessions.</param>
    void Use(IActorRef cluster, IActorRef registry);
}
