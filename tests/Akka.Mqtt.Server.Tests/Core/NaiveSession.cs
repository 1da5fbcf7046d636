using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Tests;

/// <summary>
/// A session as the standard and the limits describe it, in plain lists without a thought for speed: what a <see cref="SessionCore"/> must equal. It
/// says which packets are sent, but for packet identifiers: it takes the one that was chosen, if that is unused.
/// </summary>
internal sealed class NaiveSession(SessionKey key, string? owner, SessionLimits limits, long now)
{
    private readonly List<(long Number, QueuedMessage Message)> _queue = [];
    private readonly List<Flight> _flights = [];
    private readonly Dictionary<string, SessionSubscription> _subscriptions = [];
    private readonly HashSet<ushort> _received = [];
    private readonly List<ushort> _earlier = []; // received on an earlier connection and not repeated on this one
    private long _epoch;
    private long _changedAt = now;
    private uint _expiry;
    private Will? _will;
    private long _nextNumber;
    private ushort _lastId;
    private int _quota;
    private Outlet? _outlet;
    private int _at; // packets of this connection that were compared

    public SessionDrops Drops;

    public bool IsConnected => _outlet is not null;

    public bool IsOver { get; private set; }

    public IReadOnlyList<Flight> Flights => _flights;

    public IReadOnlyCollection<ushort> Received => _received;

    public void Connect(long epoch, Outlet outlet, int receiveMaximum, Will? will, uint expiry, long at)
    {
        (_epoch, _outlet, _will, _expiry, _changedAt, _at) = (epoch, outlet, will, expiry, at, 0);
        _quota = Math.Min(receiveMaximum, limits.MaxInflightMessages);
        foreach (var flight in _flights)
            (flight.Resend, flight.UsesQuota) = (true, false);
        _earlier.Clear();
        _earlier.AddRange(_received);
        Pump(at);
    }

    public void Disconnect(bool keepWill, uint? expiry, long at)
    {
        _outlet = null;
        _expiry = expiry ?? _expiry;
        _changedAt = at;
        if (!keepWill)
            _will = null;
        if (!limits.QueueQoS0)
            Drops.Offline += _queue.RemoveAll(each => each.Message.Packet.QoS == QualityOfService.AtMostOnce);
    }

    public int Deliver(Publish[] batch, SharedKey?[]? shares, long receivedAt, long at, bool takesShared, int from)
    {
        for (var position = from; position < batch.Length; position++)
        {
            var message = new QueuedMessage(batch[position], receivedAt) { Share = shares?[position] };
            var qos0 = message.Packet.QoS == QualityOfService.AtMostOnce;
            if (message.Share is not null && _outlet is null && takesShared)
                continue;
            if (qos0 ? IsOpen && !_queue.Any(each => each.Message.Packet.QoS == 0) : IsOpen && _queue.Count == 0 && HasRoom)
                Send(message, at, null);
            else if (qos0 && _outlet is null && !limits.QueueQoS0)
                Drops.Offline++;
            else if (TryMakeRoom(message, qos0))
                _queue.Add((_nextNumber++, message));
            else if (limits.WaitWhenFull && !qos0)
                return position;
            else
                Drops.QueueFull++;
        }
        return batch.Length;
    }

    public void Pump(long at)
    {
        while (IsOpen && _flights.Find(each => each.Resend) is { } flight)
        {
            if (flight.Message is null)
            {
                Expect(new PubRel(flight.Id));
            }
            else if (_flights.Count(each => each.UsesQuota) >= _quota)
            {
                break;
            }
            else if (flight.Message.Value.Packet.Payload.Length > _outlet!.LargestPayload)
            {
                if (flight.Message.Value.Packet.QoS == QualityOfService.ExactlyOnce)
                    Expect(new PubRel(flight.Id));
                else
                    _flights.Remove(flight);
                flight.Message = null;
            }
            else
            {
                flight.UsesQuota = true;
                Expect(Remaining(flight.Message.Value, at) with { PacketId = flight.Id, Dup = true });
            }
            flight.Resend = false;
        }
        while (IsOpen && _queue.Count > 0 && (_queue[0].Message.Packet.QoS == QualityOfService.AtMostOnce || HasRoom))
        {
            var (number, message) = _queue[0];
            _queue.RemoveAt(0);
            Send(message, at, number);
        }
    }

    public AckResult PubAck(ushort id) => Acknowledge(id, flight => flight.Message?.Packet.QoS == QualityOfService.AtLeastOnce);

    public AckResult PubComp(ushort id) => Acknowledge(id, flight => flight.Message is null);

    public AckResult PubRec(ushort id, bool accepted)
    {
        if (_flights.Find(each => each.Id == id) is { } flight && flight.Message?.Packet.QoS != QualityOfService.AtLeastOnce && accepted)
        {
            flight.Message = null;
            return AckResult.Release;
        }
        return Acknowledge(id, each => each.Message?.Packet.QoS != QualityOfService.AtLeastOnce);
    }

    public InboundResult Receive(ushort id, int receiveMaximum)
    {
        if (_received.Contains(id))
        {
            _earlier.Remove(id);
            return InboundResult.Repeat;
        }
        if (_received.Count - _earlier.Count >= receiveMaximum)
            return InboundResult.ReceiveMaximumExceeded;
        _received.Add(id);
        return InboundResult.New;
    }

    public bool Release(ushort id)
    {
        _earlier.Remove(id);
        return _received.Remove(id);
    }

    public void Subscribe(SessionSubscription subscription) => _subscriptions[subscription.Options.Filter] = subscription;

    public void Unsubscribe(string filter) => _subscriptions.Remove(filter);

    public void HandOver()
    {
        _flights.RemoveAll(each => each.Message is { Share: not null, Packet.QoS: QualityOfService.AtLeastOnce });
        _queue.RemoveAll(each => each.Message.Share is not null);
    }

    public Will? TakeDueWill(long at)
    {
        if (_will is not { } will || IsConnected || at < _changedAt + ((will.Properties?.WillDelayInterval ?? 0) * 1000L))
            return null;
        _will = null;
        return will;
    }

    public bool HasExpired(long at) => !IsConnected && _expiry != uint.MaxValue && at >= _changedAt + (_expiry * 1000L);

    public Will? End()
    {
        IsOver = true;
        Drops.SessionEnded += _queue.Count;
        return _will;
    }

    /// <summary>Everything that was sent was compared.</summary>
    public void AssertNothingElseWasSent()
    {
        if (_outlet is not null)
            Assert.Equal(_at, _outlet.Sent.Count);
    }

    public SessionSnapshot Snapshot()
    {
        var snapshot = new SessionSnapshot
        {
            Key = key,
            Owner = owner,
            IsOver = IsOver,
            Epoch = _epoch,
            IsConnected = IsConnected,
            ChangedAt = _changedAt,
            Expiry = _expiry,
            Will = _will,
            NextNumber = _nextNumber,
            LastPacketId = _lastId,
            InFlight = [.. _flights.Select(each => (each.Id, each.Message))],
            Received = [.. _received],
        };
        foreach (var (number, message) in _queue)
            snapshot.Queue.Add(number, message);
        foreach (var (filter, subscription) in _subscriptions)
            snapshot.Subscriptions.Add(filter, subscription);
        return snapshot;
    }

    private bool IsOpen => _outlet is not null && _at < _outlet.Room;

    private bool HasRoom
    {
        get
        {
            var bytes = _flights.Sum(each => each.Message?.KeptSize ?? 64);
            return !_flights.Exists(each => each.Resend) && _flights.Count(each => each.UsesQuota) < _quota
                && (bytes == 0 || bytes < limits.MaxInflightBytes);
        }
    }

    private static Publish Remaining(QueuedMessage message, long at)
    {
        if (message.Packet.Properties?.MessageExpiryInterval is not { } interval)
            return message.Packet;
        var left = Math.Max(0, interval - Math.Max(0, (at - message.ReceivedAt) / 1000));
        return message.Packet with { Properties = message.Packet.Properties with { MessageExpiryInterval = (uint)left } };
    }

    private void Send(QueuedMessage message, long at, long? number)
    {
        var shaped = Remaining(message, at);
        if (shaped.Properties?.MessageExpiryInterval == 0)
        {
            Drops.Expired++;
        }
        else if (shaped.Payload.Length <= _outlet!.LargestPayload && shaped.QoS == QualityOfService.AtMostOnce)
        {
            Expect(shaped);
        }
        else if (shaped.Payload.Length <= _outlet.LargestPayload)
        {
            var id = Assert.IsType<Publish>(_outlet.Sent[_at]).PacketId;
            Assert.NotEqual(0, id); // [MQTT-2.2.1-4 v5]
            Assert.DoesNotContain(_flights, each => each.Id == id);
            _lastId = id;
            if (number is null)
                _nextNumber++;
            _flights.Add(new Flight(id) { Message = message, UsesQuota = true });
            Expect(shaped with { PacketId = id });
        }
    }

    private bool TryMakeRoom(QueuedMessage message, bool qos0)
    {
        while (_queue.Count >= limits.MaxQueuedMessages
            || (_queue.Count > 0 && _queue.Sum(each => each.Message.KeptSize) + message.KeptSize > limits.MaxQueuedBytes))
        {
            var victim = limits.Overflow switch
            {
                QueueOverflow.DropOldest when _queue.Count > 0 => 0,
                QueueOverflow.DropQoS0First when !qos0 => _queue.FindIndex(each => each.Message.Packet.QoS == QualityOfService.AtMostOnce),
                _ => -1,
            };
            if (victim < 0)
                return false;
            _queue.RemoveAt(victim);
            Drops.QueueFull++;
        }
        return true;
    }

    private AckResult Acknowledge(ushort id, Func<Flight, bool> isRight)
    {
        if (_flights.Find(each => each.Id == id) is not { } flight)
            return AckResult.Unknown;
        if (!isRight(flight))
            return AckResult.WrongKind;
        _flights.Remove(flight);
        return AckResult.Done;
    }

    private void Expect(MqttPacket packet) => Assert.Equal(packet, _outlet!.Sent[_at++]);

    /// <summary>A message in flight.</summary>
    internal sealed class Flight(ushort id)
    {
        public ushort Id => id;

        public QueuedMessage? Message { get; set; } // null when only the PUBREL is left

        public bool Resend { get; set; }

        public bool UsesQuota { get; set; }
    }
}
