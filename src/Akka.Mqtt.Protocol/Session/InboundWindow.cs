namespace Akka.Mqtt.Protocol.Session;

/// <summary>What a QoS 2 PUBLISH is to its receiver.</summary>
internal enum InboundResult
{
    /// <summary>A new message: hand it on, then answer PUBREC.</summary>
    New,

    /// <summary>A repeat of a message that was handed on: answer PUBREC, hand nothing on.</summary>
    Repeat,

    /// <summary>One more than the Receive Maximum that was announced.</summary>
    ReceiveMaximumExceeded,
}

/// <summary>
/// The receiver's side of QoS 2: the identifiers between PUBLISH and PUBREL. Part of the session, so that a repeat after a reconnect is
/// known. Owned by one thread at a time; allocates nothing until the first QoS 2 message.
/// </summary>
internal sealed class InboundWindow
{
    private HashSet<ushort>? _received;
    private HashSet<ushort>? _earlier; // of these, what this connection has not repeated: it does not use its quota (U-4.9-2 v5)

    /// <summary>Messages between PUBLISH and PUBREL.</summary>
    public int Count => _received?.Count ?? 0;

    /// <summary>The identifiers between PUBLISH and PUBREL, in any order.</summary>
    public IReadOnlyCollection<ushort> Ids => _received is null ? [] : _received;

    /// <summary>Adds identifiers that a store kept.</summary>
    /// <param name="ids">The identifiers.</param>
    public void Restore(IEnumerable<ushort> ids)
    {
        foreach (var id in ids)
            (_received ??= []).Add(id);
    }

    /// <summary>A connection begins: the Receive Maximum counts anew (U-4.9-2 v5), what was received is known still.</summary>
    public void BeginConnection()
    {
        if (_received is { Count: > 0 })
            _earlier = [.. _received];
    }

    /// <summary>A QoS 2 PUBLISH arrived.</summary>
    /// <param name="packetId">Its identifier.</param>
    /// <param name="receiveMaximum">The Receive Maximum that this side announced; 65,535 where the version has none.</param>
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

    /// <summary>A PUBREL arrived, or a PUBREC with a failure was sent: the identifier means a new message from now on.</summary>
    /// <param name="packetId">The identifier.</param>
    /// <returns>Whether it was known.</returns>
    public bool Release(ushort packetId)
    {
        _earlier?.Remove(packetId);
        return _received is not null && _received.Remove(packetId); // [MQTT-4.3.3-12 v5]
    }
}
