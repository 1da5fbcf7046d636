using Akka.Event;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Stores;

/// <summary>What a server gives the storage engine that it opens.</summary>
internal sealed record StorageOptions
{
    /// <summary>The bounds of a session, which the engine keeps for parked ones.</summary>
    public required SessionLimits Limits { get; init; }

    /// <summary>Bytes that may be appended and not committed: above it <see cref="IStorageEngine.Health"/> says <see cref="StorageHealth.Behind"/>.</summary>
    public required long MaxPendingBytes { get; init; }

    /// <summary>Takes lines for the log of the server; by any thread.</summary>
    public required Action<LogLevel, string> Log { get; init; }

    /// <summary>Told of messages that the rule for full queues dropped from a parked session: its identity, and how many. By any thread.</summary>
    public Action<long, int>? Dropped { get; init; }

    /// <summary>
    /// Told how much waits in a parked session whenever a commit may have changed that: its identity, messages and bytes. By the thread that writes, in the order of
    /// the commits.
    /// </summary>
    public Action<long, int, long>? Waiting { get; init; }

    /// <summary>
    /// Told what has waited in a session that an earlier process has left, once, when a commit names it for the first time: a part of what
    /// <see cref="IStorageEngine.CountAtStartAsync"/> counts, and from here on counted with the session. By the thread that writes. Null: nothing is counted at start.
    /// </summary>
    public Action<QueueCount>? Found { get; init; }

    /// <summary>
    /// This node, when it is one of a cluster whose nodes may share the storage: its address, "#", and a number that no other start of it has. Null for a server that
    /// is alone.
    /// </summary>
    public string? Node { get; init; }

    /// <summary>Told of sessions that are held and that a damaged database has lost: the identity. By any thread.</summary>
    public Action<long>? Lost { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
