using Akka.Cluster;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>What <see cref="Ownership"/> does to sessions and clients of its node.</summary>
internal interface IOwnershipHost
{
    /// <summary>The clients that wait for a session may have it.</summary>
    void Opened(in SessionKey key, long epoch);

    /// <summary>The clients that wait for a session are refused.</summary>
    /// <param name="key">The session.</param>
    /// <param name="why">Why; <see cref="FetchAnswer.None"/> when nobody answers.</param>
    void Refused(in SessionKey key, FetchAnswer why);

    /// <summary>The session is not this node's any more: disconnect its client and keep the rest. Answer with <see cref="Ownership.GaveUp"/>.</summary>
    void GiveUp(in SessionKey key, string? user, bool discards);

    /// <summary>A session that was given up is this node's again.</summary>
    void Restore(in SessionKey key);

    /// <summary>Another node has all of a session that was given up: nothing of it may stay here.</summary>
    /// <param name="key">The session.</param>
    /// <param name="epoch">The epoch by which it has it.</param>
    /// <param name="to">That node.</param>
    /// <param name="isOver">Whether there is a later life of the session, so that nothing of this one goes there.</param>
    void Forget(in SessionKey key, long epoch, UniqueAddress to, bool isOver);

    /// <summary>A session that another node has forgotten, or that was on a node that is lost, may become this node's.</summary>
    /// <param name="key">The session.</param>
    /// <param name="epoch">Its epoch.</param>
    /// <param name="from">The other node.</param>
    /// <param name="content">What <see cref="Ownership.GaveUp"/> was given there; null when the node is lost and nothing has come.</param>
    /// <returns>
    /// Whether it is this node's now; without content it is a new one. If not, <see cref="Ownership.Claimed"/> follows, or, without content, it is claimed again.
    /// </returns>
    bool TryTake(in SessionKey key, long epoch, UniqueAddress from, byte[]? content);

    /// <summary>A session comes from another node.</summary>
    /// <param name="key">The session.</param>
    /// <param name="epoch">Its epoch.</param>
    /// <param name="from">That node; null when it is no member any more.</param>
    /// <param name="content">What <see cref="Ownership.GaveUp"/> was given there.</param>
    void Install(in SessionKey key, long epoch, UniqueAddress? from, byte[] content);

    /// <summary>Another node has a later life of the session: it ends here.</summary>
    void Supersede(in SessionKey key);
}
