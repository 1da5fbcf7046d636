namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// The sessions of a storage that several nodes of a cluster share. Each session has one home: the node that may hold it. Each node has a
/// lease, which every commit checks: a node without a lease can write nothing. Each call takes effect after everything that was appended
/// before it, and its task completes when that is committed. A task fails with <see cref="MqttStorageException"/> when the lease is lost.
/// Thread safe.
/// </summary>
internal interface ISharedSessions
{
    /// <summary>Completes when another node has revoked the lease of this one, which is final.</summary>
    Task Lost { get; }

    /// <summary>What this node inherits of earlier processes at its address, since its start; null for nothing.</summary>
    Inheritance? AtStart { get; }

    /// <summary>
    /// Prepares the move of a session to another node: commits what was appended for it. This node stays its home, and continues to write
    /// messages for it.
    /// </summary>
    /// <param name="session">The identity of the session; it is parked.</param>
    /// <param name="filter">Decides which messages this node writes from now on.</param>
    /// <returns>The session; null when this node is not its home, or it has ended.</returns>
    Task<StoredSession?> GiveUpAsync(long session, IOriginFilter filter);

    /// <summary>
    /// Ends a move: the session stays on this node, or has arrived. This node writes all messages that it receives for the session.
    /// </summary>
    /// <param name="session">The identity of the session.</param>
    /// <param name="filter">The filter of the ended move; the filter of a later move stays.</param>
    Task TakeAllAsync(long session, IOriginFilter filter);

    /// <summary>
    /// Makes this node the home of a session. The previous node may still write messages for it, until it calls <see cref="LeaveAsync"/>.
    /// </summary>
    /// <param name="session">The identity of the session.</param>
    /// <param name="from">The previous node.</param>
    /// <param name="filter">Decides which messages this node writes, until <see cref="TakeAllAsync"/>.</param>
    /// <returns>The session; null when that node is no longer its home, or the session has ended.</returns>
    Task<StoredSession?> ClaimAsync(long session, string from, IOriginFilter filter);

    /// <summary>Reports that publishers of this node find a session that it has claimed: the previous node may start to leave.</summary>
    /// <param name="session">The identity of the session.</param>
    Task ReadyAsync(long session);

    /// <summary>Whether another node has claimed a session that this one has given up, and has called <see cref="ReadyAsync"/>.</summary>
    /// <param name="session">The identity of the session.</param>
    /// <returns>True when it has; true also when the session does not exist.</returns>
    Task<bool> IsClaimedAsync(long session);

    /// <summary>Stops writing messages of this node for a session that another node has claimed.</summary>
    /// <param name="session">The identity of the session.</param>
    /// <param name="filter">The filter of the ended move; the filter of a later move stays.</param>
    Task LeaveAsync(long session, IOriginFilter filter);

    /// <summary>
    /// Finds the sessions, among those that this node has claimed, that no other node writes any more: this node may hold them.
    /// </summary>
    /// <param name="sessions">Their identities.</param>
    /// <returns>The sessions that it may hold.</returns>
    Task<IReadOnlyList<long>> FindSettledAsync(IReadOnlyList<long> sessions);

    /// <summary>
    /// Makes this node the home of all sessions of lost nodes. First revokes their leases, in the same transaction. Until <see cref="EndAsync"/>
    /// the inheritance decides which messages this node writes for these sessions.
    /// </summary>
    /// <param name="lost">The nodes that have left the cluster.</param>
    /// <param name="members">The members of the cluster. A node in neither list is lost too if it has not renewed its lease for a while.</param>
    /// <returns>
    /// What this node inherits of each lost node. Without sessions, the other nodes need not keep messages for the lost node.
    /// </returns>
    Task<IReadOnlyList<Inheritance>> AdoptAsync(IReadOnlyList<string> lost, IReadOnlyList<string> members);

    /// <summary>
    /// Finds processes that were started at the addresses of lost nodes, and so are their heirs, but are not members of the cluster yet. The
    /// messages for the lost nodes wait for them, even if they have no sessions.
    /// </summary>
    /// <param name="lost">The nodes that have left the cluster.</param>
    /// <param name="members">The nodes that are in it.</param>
    /// <returns>Their names.</returns>
    Task<IReadOnlyList<string>> FindStartingAsync(IReadOnlyList<string> lost, IReadOnlyList<string> members);

    /// <summary>Ends an inheritance: all its messages have come.</summary>
    /// <param name="inheritance">The inheritance.</param>
    Task EndAsync(Inheritance inheritance);
}
