using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Batches for a client that must not be sent before a commit of the storage, and what follows them, in order. Otherwise a crash after an
/// acknowledgement could lose what was acknowledged, and a crash after a QoS 2 PUBLISH or a PUBREL could deliver a message twice. Owned by the session; empty, and nothing is
/// allocated, where nothing is written.
/// </summary>
internal sealed class CommitQueue
{
    // Batches that may wait before no more packets of the client are handled.
    private const int Most = 32;

    private readonly Queue<Held> _held = new();

    /// <summary>Whether something waits.</summary>
    public bool IsEmpty => _held.Count == 0;

    /// <summary>Whether so much waits that no more packets of the client should be handled.</summary>
    /// <param name="engine">The storage.</param>
    /// <returns>Whether it is so.</returns>
    public bool IsBehind(IStorageEngine? engine) => _held.Count >= Most || (_held.Count > 0 && engine!.Health != StorageHealth.Good);

    /// <summary>Whether a batch of a durable session must wait for a commit, whatever was published.</summary>
    /// <param name="packets">The batch.</param>
    /// <returns>Whether it must.</returns>
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
    /// <param name="receipt">What it waits for; null for only those before it.</param>
    public void Add(MqttPacket[] packets, long size, CommitReceipt? receipt) => _held.Enqueue(new Held(packets, size, receipt));

    /// <summary>Takes the first batch, if it may leave.</summary>
    /// <param name="packets">The batch.</param>
    /// <param name="size">Bytes of its messages.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryTake(out MqttPacket[] packets, out long size)
    {
        (packets, size) = ([], 0);
        if (!_held.TryPeek(out var first) || first.Receipt is { IsCommitted: false })
            return false;
        (packets, size) = (first.Packets, first.Size);
        _held.Dequeue();
        return true;
    }

    /// <summary>The connection has ended.</summary>
    public void Clear() => _held.Clear();

    private readonly record struct Held(MqttPacket[] Packets, long Size, CommitReceipt? Receipt);
}
