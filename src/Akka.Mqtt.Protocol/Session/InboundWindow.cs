namespace Akka.Mqtt.Protocol.Session;

/// <summary>The meaning of a QoS 2 PUBLISH for its receiver.</summary>
internal enum InboundResult
{
    /// <summary>A new message: pass it on, then answer PUBREC.</summary>
    New,

    /// <summary>A repetition of a message that was passed on: answer PUBREC only.</summary>
    Repeat,

    /// <summary>The message exceeds the announced Receive Maximum.</summary>
    ReceiveMaximumExceeded,
}

/// <summary>
/// The receiving side of QoS 2: the identifiers for which PUBLISH was received and PUBREL was not. Part of the session, so that a
/// repetition after a reconnect is recognised. Owned by one thread at a time; allocates nothing before the first QoS 2 message.
/// </summary>
internal sealed class InboundWindow
{
    private HashSet<ushort>? _received;
    private HashSet<ushort>? _earlier; // identifiers of earlier connections that this connection has not repeated; they do not use its quota (U-4.9-2 v5)

    /// <summary>The number of messages between PUBLISH and PUBREL.</summary>
    public int Count => _received?.Count ?? 0;

    /// <summary>The identifiers between PUBLISH and PUBREL, in any order.</summary>
    public IReadOnlyCollection<ushort> Ids => _received is null ? [] : _received;

    /// <summary>Adds identifiers that a store has kept.</summary>
    /// <param name="ids">The identifiers.</param>
    public void Restore(IEnumerable<ushort> ids)
    {
        foreach (var id in ids)
            (_received ??= []).Add(id);
    }

    /// <summary>Starts a new connection: the Receive Maximum counts from zero (U-4.9-2 v5); received identifiers are still known.</summary>
    public void BeginConnection()
    {
        if (_received is { Count: > 0 })
            _earlier = [.. _received];
    }

    /// <summary>Handles a QoS 2 PUBLISH.</summary>
    /// <param name="packetId">Its identifier.</param>
    /// <param name="receiveMaximum">The Receive Maximum that this side announced; 65,535 in versions without one.</param>
    /// <returns>What to do with it.</returns>
    public InboundResult Receive(ushort packetId, int receiveMaximum)
    {
        _received ??= [];
        if (_received.Contains(packetId))
        {
            _earlier?.Remove(packetId);
            return InboundResult.Repeat; // [MQTT-4.3.3-10 v5] [MQTT-4.3.3-2 v3.1.1]
        }
        if (_received.Count - (_earlier?.Count ?? 0) >= receiveMaximum)
            return InboundResult.ReceiveMaximumExceeded; // U-3.3.4-1 v5
        _received.Add(packetId);
        return InboundResult.New;
    }

    /// <summary>Handles a PUBREL, or a PUBREC with a failure that was sent: from now on the identifier stands for a new message.</summary>
    /// <param name="packetId">The identifier.</param>
    /// <returns>Whether it was known.</returns>
    public bool Release(ushort packetId)
    {
        _earlier?.Remove(packetId);
        return _received is not null && _received.Remove(packetId); // [MQTT-4.3.3-12 v5]
    }
}
