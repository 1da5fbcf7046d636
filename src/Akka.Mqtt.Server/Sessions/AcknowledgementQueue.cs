using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Acknowledgements of a client's messages that wait for the receipts of these messages. They are sent in the order in which the messages
/// were received [MQTT-4.6.0-2] [MQTT-4.6.0-3]. While all messages are safe at once, the queue is empty and allocates nothing. Owned by
/// the session.
/// </summary>
internal sealed class AcknowledgementQueue
{
    // The highest number of chunks that may wait for receipts. A receipt means that a target is behind: the session then handles one more
    // chunk of the publisher, and no more.
    private const int MostChunks = 1;

    private Queue<Entry>? _waiting;

    public bool IsEmpty => _waiting is not { Count: > 0 };

    /// <summary>Whether the session must stop handling messages of the client.</summary>
    public bool IsFull => _waiting?.Count >= MostChunks;

    /// <summary>Moves the acknowledgements of a chunk from the packets to send into the queue.</summary>
    /// <param name="outgoing">The packets that are about to be sent.</param>
    /// <param name="from">The position of the first answer to the chunk.</param>
    /// <param name="receipt">The receipt that they wait for.</param>
    public void Enqueue(List<MqttPacket> outgoing, int from, Receipt receipt)
    {
        var acknowledgements = new List<MqttPacket>();
        var kept = from;
        for (var at = from; at < outgoing.Count; at++)
        {
            if (outgoing[at] is PubAck or PubRec)
                acknowledgements.Add(outgoing[at]);
            else
                outgoing[kept++] = outgoing[at];
        }
        outgoing.RemoveRange(kept, outgoing.Count - kept);
        (_waiting ??= new Queue<Entry>()).Enqueue(new Entry(receipt, acknowledgements));
    }

    /// <summary>Handles a completed receipt.</summary>
    /// <param name="receipt">The receipt.</param>
    /// <param name="outgoing">Receives the acknowledgements that may now be sent.</param>
    /// <returns>Whether acknowledgements waited for it.</returns>
    public bool Complete(Receipt receipt, List<MqttPacket> outgoing)
    {
        var found = false;
        foreach (var entry in _waiting ?? [])
        {
            if (!ReferenceEquals(entry.Receipt, receipt))
                continue;
            entry.IsSafe = true;
            found = true;
        }
        while (_waiting is { Count: > 0 } && _waiting.Peek().IsSafe)
            outgoing.AddRange(_waiting.Dequeue().Acknowledgements);
        return found;
    }

    /// <summary>The first receipt in the queue; null for none.</summary>
    public Receipt? First => _waiting is { Count: > 0 } ? _waiting.Peek().Receipt : null;

    /// <summary>Discards the acknowledgements, because the connection has ended.</summary>
    public void Clear() => _waiting = null;

    private sealed class Entry(Receipt receipt, List<MqttPacket> acknowledgements)
    {
        public Receipt Receipt { get; } = receipt;

        public List<MqttPacket> Acknowledgements { get; } = acknowledgements;

        public bool IsSafe { get; set; }
    }
}
