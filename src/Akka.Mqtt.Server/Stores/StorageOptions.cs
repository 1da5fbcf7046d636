using Akka.Event;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Stores;

/// <summary>The parameters with which a server opens a storage engine.</summary>
internal sealed record StorageOptions
{
    /// <summary>The limits of a session, which the engine keeps for parked ones.</summary>
    public required SessionLimits Limits { get; init; }

    /// <summary>
    /// Bytes that may be appended and not committed. Above this number <see cref="IStorageEngine.Health"/> is
    /// <see cref="StorageHealth.Behind"/>.
    /// </summary>
    public required long MaxPendingBytes { get; init; }

    /// <summary>Writes a line to the log of the server; called on any thread.</summary>
    public required Action<LogLevel, string> Log { get; init; }

    /// <summary>
    /// Called with the identity of a parked session and the number of messages that its overflow rule dropped; on any thread.
    /// </summary>
    public Action<long, int>? Dropped { get; init; }

    /// <summary>
    /// Called whenever a commit may have changed how much waits in a parked session: with its identity, messages and bytes. Called on the
    /// writer's thread, in the order of the commits.
    /// </summary>
    public Action<long, int, long>? Waiting { get; init; }

    /// <summary>
    /// Called once for each session of an earlier process, when a commit refers to it for the first time, with the messages that waited in
    /// it. They are part of what <see cref="IStorageEngine.CountAtStartAsync"/> counts, and are counted with the session from now on.
    /// Called on the writer's thread. With null, nothing is counted at start.
    /// </summary>
    public Action<QueueCount>? Found { get; init; }

    /// <summary>
    /// The name of this node, when it belongs to a cluster whose nodes may share the storage: its address, "#", and a number that is
    /// unique to this start. Null for a server without a cluster.
    /// </summary>
    public string? Node { get; init; }

    /// <summary>Called with the identity of a held session that a damaged database has lost; on any thread.</summary>
    public Action<long>? Lost { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
