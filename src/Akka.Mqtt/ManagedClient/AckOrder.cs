using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>
/// Received messages of QoS 1 and 2 that the handler has not acknowledged, in the order in which they arrived. The handler acknowledges in any order;
/// PUBACK and PUBREC are sent in the order of the messages [MQTT-4.6.0-2] [MQTT-4.6.0-3]. Numbers increase over the life of the client, so that an
/// acknowledgement for an earlier connection never matches a message of this one.
/// </summary>
internal sealed class AckOrder
{
    private Entry[] _ring = []; // a power of two, once there is a message
    private long _first = 1;
    private Dictionary<long, ushort>? _carried; // QoS 2 of earlier connections that the handler may still acknowledge
    private Dictionary<ushort, long>? _carriedIds;

    /// <summary>The number of messages that are not acknowledged.</summary>
    public int Count { get; private set; }

    /// <summary>The number of the next message.</summary>
    public long NextNumber => _first + Count;

    /// <summary>A message arrived.</summary>
    /// <param name="id">Its packet identifier.</param>
    /// <param name="qos">Its QoS, 1 or 2.</param>
    /// <returns>Its number.</returns>
    public long Add(ushort id, QualityOfService qos)
    {
        if (Count == _ring.Length)
            Grow();
        var number = NextNumber;
        At(number) = new Entry { Id = id, QoS = qos };
        Count++;
        return number;
    }

    /// <summary>
    /// A QoS 2 message was repeated on a new connection. The handler has the first copy. PUBREC is sent when the handler acknowledges that copy, or at once if it already has.
    /// </summary>
    /// <param name="id">Its packet identifier.</param>
    public void AddRepeat(ushort id)
    {
        for (var number = _first; number < NextNumber; number++)
        {
            if (At(number) is { QoS: QualityOfService.ExactlyOnce } entry && entry.Id == id)
                return; // of this connection: its PUBREC will follow
        }
        var added = Add(id, QualityOfService.ExactlyOnce);
        if (_carriedIds is not null && _carriedIds.TryGetValue(id, out var earlier))
            At(added).Earlier = earlier;
        else
            At(added).IsAcknowledged = true;
    }

    /// <summary>The handler acknowledged messages.</summary>
    /// <param name="first">The number of the first.</param>
    /// <param name="count">How many.</param>
    /// <param name="code">The reason code.</param>
    public void Acknowledge(long first, int count, ReasonCode code)
    {
        for (var number = first; number < first + count; number++)
        {
            if (number >= _first && number < NextNumber)
                Mark(ref At(number), code);
            else if (_carried is not null && _carried.Remove(number, out var id))
                AcknowledgeCarried(number, id, code);
        }
    }

    /// <summary>Takes out the first message, if it is acknowledged.</summary>
    /// <param name="id">Its packet identifier.</param>
    /// <param name="qos">Its QoS.</param>
    /// <param name="code">The reason code.</param>
    /// <returns>Whether to send an acknowledgement.</returns>
    public bool TryTake(out ushort id, out QualityOfService qos, out ReasonCode code)
    {
        (id, qos, code) = (0, 0, 0);
        if (Count == 0 || !At(_first).IsAcknowledged)
            return false;
        var entry = At(_first);
        (id, qos, code) = (entry.Id, entry.QoS, entry.Code);
        _first++;
        Count--;
        return true;
    }

    /// <summary>The connection has ended: the server sends again what was not acknowledged.</summary>
    public void EndConnection()
    {
        for (var number = _first; number < NextNumber; number++)
        {
            var entry = At(number);
            if (entry.QoS != QualityOfService.ExactlyOnce || entry.IsAcknowledged)
                continue;
            var known = entry.Earlier == 0 ? number : entry.Earlier;
            (_carried ??= [])[known] = entry.Id;
            (_carriedIds ??= [])[entry.Id] = known;
        }
        _first = NextNumber;
        Count = 0;
    }

    /// <summary>The session has ended: the server repeats no message.</summary>
    public void EndSession() => (_carried, _carriedIds) = (null, null);

    private static void Mark(ref Entry entry, ReasonCode code)
    {
        if (entry.IsAcknowledged || entry.Earlier != 0)
            return;
        entry.IsAcknowledged = true;
        entry.Code = code;
    }

    private void AcknowledgeCarried(long number, ushort id, ReasonCode code)
    {
        _carriedIds!.Remove(id);
        for (var at = _first; at < NextNumber; at++)
        {
            ref var entry = ref At(at);
            if (entry.Earlier != number)
                continue;
            entry.Earlier = 0;
            Mark(ref entry, code);
        }
    }

    private ref Entry At(long number) => ref _ring[(int)(number & (_ring.Length - 1))];

    private void Grow()
    {
        var before = _ring;
        _ring = new Entry[Math.Max(16, before.Length * 2)];
        for (var number = _first; number < NextNumber; number++)
            At(number) = before[(int)(number & (before.Length - 1))];
    }

    private struct Entry
    {
        public ushort Id;
        public QualityOfService QoS;
        public bool IsAcknowledged;
        public ReasonCode Code;
        public long Earlier; // the number of the message for the handler, if it has the copy of an earlier connection
    }
}
