namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// The sessions of a storage that several nodes of a cluster share. Each session has one home: the node that may hold it. A node has a lease, which every
/// commit checks: a node that has lost it writes nothing any more. Each call takes effect behind everything that was appended before it, and its task completes
/// when that is committed. A task fails with <see cref="MqttStorageException"/> when the lease is lost. Thread safe.
/// </summary>
internal interface ISharedSessions
{
    /// <summary>Completes when another node has taken the lease of this one away; it does not come back.</summary>
    Task Lost { get; }

    /// <summary>Another node is to get a session: what was appended for it is committed. This node stays its home, and goes on to write messages for it.</summary>
    /// <param name="session">The identity of the session; it is parked.</param>
    /// <param name="filter">Which messages this node writes from here on.</param>
    /// <returns>The session; null when this node is not its home, or it has ended.</returns>
    Task<StoredSession?> GiveUpAsync(long session, IOriginFilter filter);

    /// <summary>The session stays here, or has come: this node writes all messages that it gets for it.</summary>
    /// <param name="session">The identity of the session.</param>
    /// <param name="filter">The filter of the move that is over; one of a later move stays.</param>
    Task TakeAllAsync(long session, IOriginFilter filter);

    /// <summary>This node becomes the home of a session. The node before may still write messages for it, until it calls <see cref="LeaveAsync"/>.</summary>
    /// <param name="session">The identity of the session.</param>
    /// <param name="from">The node that gives it up.</param>
    /// <param name="filter">Which messages this node writes, until <see cref="TakeAllAsync"/>.</param>
    /// <returns>The session; null when that node is not its home any more, or it has ended.</returns>
    Task<StoredSession?> ClaimAsync(long session, string from, IOriginFilter filter);

    /// <summary>The publishers of this node find a session that it has claimed: the node before may begin to leave.</summary>
    /// <param name="session">The identity of the session.</param>
    Task ReadyAsync(long session);

    /// <summary>Whether another node has claimed a session that this one has given up, and is ready: see <see cref="ReadyAsync"/>.</summary>
    /// <param name="session">The identity of the session.</param>
    /// <returns>Whether it is; true also when there is no such session.</returns>
    Task<bool> IsClaimedAsync(long session);

    /// <summary>This node writes no message any more for a session that another node has claimed.</summary>
    /// <param name="session">The identity of the session.</param>
    /// <param name="filter">The filter of the move that is over; one of a later move stays.</param>
    Task LeaveAsync(long session, IOriginFilter filter);

    /// <summary>Which sessions that this node has claimed are written by no other node any more: it may hold them.</summary>
    /// <param name="sessions">Their identities.</param>
    /// <returns>Those of them.</returns>
    Task<IReadOnlyList<long>> FindSettledAsync(IReadOnlyList<long> sessions);

    /// <summary>
    /// This node becomes the home of all sessions of nodes that are lost. Their leases are taken away first, in the same transaction.
    /// </summary>
    /// <param name="lost">The nodes that have left the cluster.</param>
    /// <param name="members">The nodes that are in it. A node that is in neither list is lost too when it has not renewed its lease for a while.</param>
    /// <returns>The sessions.</returns>
    Task<IReadOnlyList<StoredSession>> AdoptAsync(IReadOnlyList<string> lost, IReadOnlyList<string> members);
}
