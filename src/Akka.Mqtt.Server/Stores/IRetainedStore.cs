using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// What makes retained messages outlive the process. The messages that subscribers are sent are always in memory; a store behind them takes each
/// change, in the order in which it was made, and gives them back at start. Thread safe.
/// </summary>
/// <remarks>
/// An engine that writes keeps the last change of each topic until the next commit: a topic that changes a thousand times a second is
/// written once.
/// </remarks>
internal interface IRetainedStore
{
    /// <summary>The retained message of a topic was set.</summary>
    /// <param name="record">The message.</param>
    void Set(RetainedRecord record);

    /// <summary>The retained message of a topic was removed, or has expired.</summary>
    /// <param name="topic">The topic.</param>
    void Remove(string topic);

    /// <summary>Whether all changes so far by the calling thread are safe.</summary>
    /// <param name="receipt">Who waits when they are not; null when nobody does.</param>
    /// <returns>True when they are: the receipt is not completed then. False when the receipt will be.</returns>
    bool IsSafe(IStoreReceipt? receipt);

    /// <summary>All retained messages, at start.</summary>
    /// <param name="cancel">The caller waits no longer.</param>
    /// <returns>The messages, in any order.</returns>
    IAsyncEnumerable<RetainedRecord> LoadAsync(CancellationToken cancel = default);
}

/// <summary>A retained message as it is kept.</summary>
/// <param name="Packet">The message, RETAIN set.</param>
/// <param name="ReceivedAt">When the server received it, in milliseconds since the Unix epoch.</param>
/// <param name="Publisher">The client identifier of its publisher, for No Local.</param>
/// <param name="User">The user name of its publisher, where its rights are checked; or null.</param>
/// <param name="Listener">The listener by which its publisher came, where its rights are checked; or null.</param>
internal sealed record RetainedRecord(Publish Packet, long ReceivedAt, string Publisher, string? User = null, string? Listener = null);
