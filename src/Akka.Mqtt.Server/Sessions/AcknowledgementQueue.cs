using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Acknowledgements of a client's messages that wait for the receipts of these messages. They leave in the order in which the messages came
/// [MQTT-4.6.0-2] [MQTT-4.6.0-3]. Empty, and nothing is allocated, while all messages are safe at once. Owned by the session.
/// </summary>
internal sealed class AcknowledgementQueue
{
    // The most chunks that may wait for receipts. A receipt means that a target is behind: then the publisher may add one more chunk, and no more.
    private const int MostChunks = 1;

    private Queue<Entry>? _waiting;

    public bool IsEmpty => _waiting is not { Count: > 0 };

    /// <summary>Whether no more messages of the client may be handled.</summary>
    public bool IsFull => _waiting?.Count >= MostChunks;

    /// <summary>Moves the acknowledgements of a chunk out of what is about to be sent.</summary>
    /// <param name="outgoing">What is about to be sent.</param>
    /// <param name="from">Where the answers to the chunk begin.</param>
    /// <param name="receipt">What they wait for.</param>
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

    /// <summary>A receipt is complete.</summary>
    /// <param name="receipt">The receipt.</param>
    /// <param name="outgoing">Acknowledgements that may leave are added to it.</param>
    /// <returns>Whether something waited for it.</returns>
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

    /// <summary>The first receipt that is waited for, or null.</summary>
    public Receipt? First => _waiting is { Count: > 0 } ? _waiting.Peek().Receipt : null;

    /// <summary>The connection has ended: nobody can be acknowledged any more.</summary>
    public void Clear() => _waiting = null;

    private sealed class Entry(Receipt receipt, List<MqttPacket> acknowledgements)
    {
        public Receipt Receipt { get; } = receipt;

        public List<MqttPacket> Acknowledgements { get; } = acknowledgements;

        public bool IsSafe { get; set; }
    }
}
