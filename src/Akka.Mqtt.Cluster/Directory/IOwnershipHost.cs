using Akka.Cluster;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>The changes of sessions and clients that <see cref="Ownership"/> asks its node for.</summary>
internal interface IOwnershipHost
{
    /// <summary>The clients that wait for a session may use it.</summary>
    void Opened(in SessionKey key, long epoch);

    /// <summary>The clients that wait for a session are refused.</summary>
    /// <param name="key">The session.</param>
    /// <param name="why">The reason; <see cref="FetchAnswer.None"/> when no node answered.</param>
    void Refused(in SessionKey key, FetchAnswer why);

    /// <summary>
    /// The session moves to another node: disconnect its client and keep the rest. Answer with <see cref="Ownership.GaveUp"/>.
    /// </summary>
    void GiveUp(in SessionKey key, string? user, bool discards);

    /// <summary>A session that was given up stays on this node.</summary>
    void Restore(in SessionKey key);

    /// <summary>Another node has all of a session that was given up: delete it here.</summary>
    /// <param name="key">The session.</param>
    /// <param name="epoch">The epoch with which the other node has it.</param>
    /// <param name="to">That node.</param>
    /// <param name="isOver">Whether a newer session with this key exists, so that no message of this one is sent there.</param>
    void Forget(in SessionKey key, long epoch, UniqueAddress to, bool isOver);

    /// <summary>Another node has deleted a session, or a node with a session is lost: this node may take it.</summary>
    /// <param name="key">The session.</param>
    /// <param name="epoch">Its epoch.</param>
    /// <param name="from">The other node.</param>
    /// <param name="content">
    /// The content that <see cref="Ownership.GaveUp"/> received there; null when the node is lost and no content arrived.
    /// </param>
    /// <returns>
    /// Whether this node has it now; without content it is a new session. If not, <see cref="Ownership.Claimed"/> follows, or, without
    /// content, the session is claimed again.
    /// </returns>
    bool TryTake(in SessionKey key, long epoch, UniqueAddress from, byte[]? content);

    /// <summary>A session arrives from another node.</summary>
    /// <param name="key">The session.</param>
    /// <param name="epoch">Its epoch.</param>
    /// <param name="from">That node; it may no longer be a member. Null when it is not known.</param>
    /// <param name="content">The content that <see cref="Ownership.GaveUp"/> received there.</param>
    void Install(in SessionKey key, long epoch, UniqueAddress? from, byte[] content);

    /// <summary>Another node has a newer session with this key: the session ends here.</summary>
    void Supersede(in SessionKey key);
}
