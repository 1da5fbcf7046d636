using System.Diagnostics;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>
/// A publisher: sends as much as its window and, with open loop, the clock allow, after each arrival and each due time.
/// </summary>
internal sealed class PublisherActor : LoadClient
{
    private const int LargestBatch = 1024;

    private readonly int _index;
    private readonly QualityOfService _qos;
    private readonly string[] _topics;
    private readonly MqttPacket[] _batch = new MqttPacket[LargestBatch];
    private readonly List<MqttPacket> _releases = [];
    private readonly long[] _arrivedBy; // by subscriber, if each receives every message
    private readonly long[]? _sentAt;   // by packet identifier, if latency is measured with acknowledgements

    private long _sent;
    private long _arrived;
    private long _acknowledged;
    private long _due;
    private long _began;
    private int _window;
    private int _topic;
    private ushort _packetId;
    private bool _sending;

    public PublisherActor(LoadRun run, string clientId, int number, int index)
        : base(run, clientId, number)
    {
        var options = run.Options;
        _index = index;
        _qos = options.QoS;
        _topics = BenchTopics.Of(options, index);
        _window = options.Window;
        _due = options.Rate is null ? long.MaxValue : 0;
        _arrivedBy = new long[options.Copies > 1 ? options.Copies : 0];
        _sentAt = options.Copies == 0 && _qos != QualityOfService.AtMostOnce ? new long[ushort.MaxValue + 1] : null;
    }

    /// <summary>Messages that have not arrived at all their subscribers or, with QoS 1 and 2, are not acknowledged.</summary>
    private long UnderWay
    {
        get
        {
            var there = Run.Options.Copies == 0 ? long.MaxValue : _arrived;
            return _sent - (_qos == QualityOfService.AtMostOnce && Run.Options.Copies > 0 ? there : Math.Min(there, _acknowledged));
        }
    }

    protected override void OnAccepted(ConnAck accepted)
    {
        var limits = accepted.Properties;
        if (limits?.MaximumQoS < _qos)
            Run.Fail($"the server refuses QoS {(int)_qos}.");
        if (_qos != QualityOfService.AtMostOnce && limits?.ReceiveMaximum is { } most)
            _window = Math.Min(_window, most); // [MQTT-3.3.4-7]
        Run.Ready();
    }

    protected override void OnMessage(object message)
    {
        switch (message)
        {
            case Arrived arrived:
                OnArrived(arrived);
                break;
            case Due due:
                _due = due.Count;
                break;
            case Begin begin:
                (_sending, _began) = (true, begin.Time);
                break;
            case Gone gone:
                _acknowledged += gone.Count;
                Run.Acknowledged(gone.Count);
                break;
            case Stop:
                _sending = false;
                Run.Stopped();
                break;
        }
        Pump();
    }

    protected override void OnPackets(ReadOnlySpan<MqttPacket> packets)
    {
        var acknowledged = 0;
        var now = _sentAt is null ? 0 : Stopwatch.GetTimestamp();
        foreach (var packet in packets)
        {
            switch (packet)
            {
                case PubAck ack when Accepts(ack.ReasonCode):
                    acknowledged++;
                    Acknowledged(ack.PacketId, now);
                    break;
                case PubRec received when Accepts(received.ReasonCode):
                    _releases.Add(Replies.PubRel(received.PacketId));
                    break;
                case PubComp complete when Accepts(complete.ReasonCode):
                    acknowledged++;
                    Acknowledged(complete.PacketId, now);
                    break;
                default:
                    OnOther(packet);
                    break;
            }
        }
        if (_releases.Count > 0)
        {
            Write(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_releases));
            _releases.Clear();
        }
        if (acknowledged == 0)
            return;
        _acknowledged += acknowledged;
        Run.Acknowledged(acknowledged);
        Pump();
    }

    private bool Accepts(ReasonCode code)
    {
        if (code.IsFailure())
            Run.Fail($"the server refused a message: {code}.");
        return true;
    }

    private void Acknowledged(ushort packetId, long now)
    {
        if (_sentAt is not null)
            Run.Latency(_sentAt[packetId], now, 1);
    }

    /// <summary>A message has arrived when the last of its subscribers has it.</summary>
    private void OnArrived(Arrived arrived)
    {
        if (_arrivedBy.Length == 0)
        {
            _arrived += arrived.Count;
            return;
        }
        var wasLast = _arrivedBy[arrived.Subscriber] == _arrived;
        _arrivedBy[arrived.Subscriber] += arrived.Count;
        if (!wasLast)
            return;
        var least = long.MaxValue;
        foreach (var count in _arrivedBy)
            least = Math.Min(least, count);
        _arrived = least;
    }

    private void Pump()
    {
        while (_sending)
        {
            var count = (int)Math.Min(Math.Min(_window - UnderWay, _due - _sent), LargestBatch);
            if (count <= 0)
                return;
            Send(count);
        }
    }

    private void Send(int count)
    {
        var openLoop = Run.Options.Rate is not null;
        var now = Stopwatch.GetTimestamp();
        var payload = openLoop ? [] : Stamp.Create(Run.Options.Size, now, Run.Id, _index);
        Publish? same = null;
        for (var i = 0; i < count; i++)
        {
            if (openLoop)
            {
                // The time at which it should be sent, even if it is late: delays by a slow server must count (coordinated omission).
                now = Pacer.TimeOf(Run.Options, _began, _index, _sent + i);
                payload = Stamp.Create(Run.Options.Size, now, Run.Id, _index);
            }
            if (same is null || openLoop || _qos != QualityOfService.AtMostOnce || _topics.Length > 1)
                same = new Publish(NextTopic(), MqttBinary.Wrap(payload)) { QoS = _qos, PacketId = NextPacketId(now) };
            _batch[i] = same;
        }
        _sent += count;
        Run.Sent(count);
        var needsAck = Run.Options.Copies == 0 && _qos == QualityOfService.AtMostOnce;
        Write(_batch.AsSpan(0, count), needsAck ? new Gone(count) : null);
    }

    private string NextTopic()
    {
        var topic = _topics[_topic];
        if (++_topic == _topics.Length)
            _topic = 0;
        return topic;
    }

    private ushort NextPacketId(long now)
    {
        if (_qos == QualityOfService.AtMostOnce)
            return 0;
        if (++_packetId == 0)
            _packetId = 1;
        _sentAt?[_packetId] = now;
        return _packetId;
    }

    /// <summary>Start sending; with open loop, the messages that are due by a clock that started at this time.</summary>
    public sealed record Begin(long Time);

    /// <summary>Open loop: the number of messages of this publisher that are due since the start.</summary>
    public sealed record Due(long Count);

    /// <summary>Messages of this publisher have arrived at a subscriber.</summary>
    public sealed record Arrived(int Subscriber, int Count);

    /// <summary>Stop sending.</summary>
    public sealed class Stop
    {
        public static Stop Instance { get; } = new();
    }

    /// <summary>QoS 0 without subscribers: the number of messages that were handed to the transport.</summary>
    private sealed record Gone(int Count);
}
