using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Batches for a client that must wait for a commit of the storage, and the batches behind them, in order. Without the wait, a crash after
/// an acknowledgement could lose the acknowledged message, and a crash after a QoS 2 PUBLISH or a PUBREL could deliver a message twice.
/// Owned by the session. When nothing is written, the queue is empty and allocates nothing.
/// </summary>
internal sealed class CommitQueue
{
    // From this number of waiting batches on, the session stops handling packets of the client.
    private const int Most = 32;

    private readonly Queue<Held> _held = new();

    /// <summary>Whether no batch waits.</summary>
    public bool IsEmpty => _held.Count == 0;

    /// <summary>Whether so many batches wait that the session must stop handling packets of the client.</summary>
    /// <param name="engine">The storage.</param>
    /// <returns>True when it must stop.</returns>
    public bool IsBehind(IStorageEngine? engine) => _held.Count >= Most || (_held.Count > 0 && engine!.Health != StorageHealth.Good);

    /// <summary>Whether a batch of a durable session must wait for a commit even when nothing was published.</summary>
    /// <param name="packets">The batch.</param>
    /// <returns>True when it must wait.</returns>
    public static bool NeedsCommit(ReadOnlySpan<MqttPacket> packets)
    {
        foreach (var packet in packets)
        {
            if (packet is Publish { QoS: QualityOfService.ExactlyOnce } or PubRec { ReasonCode: < ReasonCode.UnspecifiedError } or PubRel or PubComp or SubAck or UnsubAck)
                return true;
        }
        return false;
    }

    /// <summary>Adds a batch behind the others.</summary>
    /// <param name="packets">The batch.</param>
    /// <param name="size">Bytes of its messages.</param>
    /// <param name="receipt">The commit that it waits for; null when it waits only for the batches before it.</param>
    public void Add(MqttPacket[] packets, long size, CommitReceipt? receipt) => _held.Enqueue(new Held(packets, size, receipt));

    /// <summary>Takes the first batch if it may be sent.</summary>
    /// <param name="packets">The batch.</param>
    /// <param name="size">Bytes of its messages.</param>
    /// <returns>Whether a batch was taken.</returns>
    public bool TryTake(out MqttPacket[] packets, out long size)
    {
        (packets, size) = ([], 0);
        if (!_held.TryPeek(out var first) || first.Receipt is { IsCommitted: false })
            return false;
        (packets, size) = (first.Packets, first.Size);
        _held.Dequeue();
        return true;
    }

    /// <summary>Discards the batches, because the connection has ended.</summary>
    public void Clear() => _held.Clear();

    private readonly record struct Held(MqttPacket[] Packets, long Size, CommitReceipt? Receipt);
}
