using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Bridges;

/// <summary>
/// One direction of a bridge. It acknowledges a message of QoS 1 or 2 to the source only after the target has acknowledged it; until then
/// the source keeps the message. It drops messages of QoS 0 that cannot be sent at once. Owned by the actor of the bridge.
/// </summary>
/// <param name="topics">The topics of this direction.</param>
/// <param name="meter">Counts.</param>
/// <param name="self">The actor of the bridge, which receives the outcomes.</param>
/// <param name="mostBytes">Highest number of bytes of messages that have been sent and are not acknowledged.</param>
internal sealed class BridgeWay(BridgeTopics topics, BridgeMeters.Direction meter, IActorRef self, long mostBytes)
{
    private const int Overhead = 128; // bytes of a message without its topic and payload

    private readonly PriorityQueue<Entry, long> _retries = new(); // messages to send again, because the target refused or lost them
    private readonly Queue<Entry> _new = new();
    private IActorRef _target = ActorRefs.Nobody;
    private int _credit;
    private long _bytes;
    private long _sequence;

    /// <summary>The topics that are forwarded in this direction.</summary>
    public BridgeTopics Topics => topics;

    /// <summary>Whether the target is connected.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>Whether forwarded messages keep the RETAIN flag.</summary>
    public bool KeepsRetain { get; init; } = true;

    /// <summary>Whether the target speaks 5.0.</summary>
    public bool TargetIsV5 { get; set; } = true;

    /// <summary>The highest QoS that the target accepts.</summary>
    public QualityOfService MaximumQoS { get; private set; } = QualityOfService.ExactlyOnce;

    /// <summary>Whether the target retains messages.</summary>
    public bool RetainAvailable { get; private set; } = true;

    /// <summary>Sets a new client as the target.</summary>
    /// <param name="target">The client.</param>
    public void Use(IActorRef target)
    {
        _target = target;
        (_credit, _bytes, IsConnected) = (0, 0, false);
    }

    /// <summary>Notes that the target accepts more commands.</summary>
    /// <param name="credit">How many commands.</param>
    public void Grant(int credit)
    {
        _credit += credit;
        Send();
    }

    /// <summary>Sends the target a command that uses a credit, such as a subscription.</summary>
    /// <param name="command">The command.</param>
    public void Tell(MqttClient.Command command)
    {
        _credit--;
        _target.Tell(command, self);
    }

    /// <summary>Notes that the target is connected.</summary>
    /// <param name="answer">Its CONNACK, which contains what its server supports.</param>
    public void Connected(ConnAck answer)
    {
        IsConnected = true;
        MaximumQoS = answer.Properties?.MaximumQoS ?? QualityOfService.ExactlyOnce;
        RetainAvailable = answer.Properties?.RetainAvailable ?? true;
    }

    /// <summary>Notes that the target has no connection.</summary>
    public void Disconnected() => IsConnected = false;

    /// <summary>Accepts messages that the source received together.</summary>
    /// <param name="received">The messages.</param>
    /// <param name="source">The client that received them.</param>
    public void Take(MqttClient.Received received, IActorRef source)
    {
        var group = new Group(received, source);
        foreach (var message in received.Messages)
        {
            var isKept = message.QoS != QualityOfService.AtMostOnce;
            var packet = Shape(message);
            if (packet is null || (packet.QoS == QualityOfService.AtMostOnce && (!IsConnected || _credit <= _new.Count + _retries.Count || _bytes >= mostBytes)))
            {
                meter.AddDropped();
                continue;
            }
            if (isKept)
                group.Left++;
            _new.Enqueue(new Entry(packet, isKept ? group : null, ++_sequence));
        }
        if (group.Left == 0)
            source.Tell(received.Acknowledge(), self); // acknowledges dropped messages too, so that they are not sent again
        Send();
    }

    /// <summary>Handles the outcome of a message.</summary>
    /// <param name="outcome">What happened to the message.</param>
    /// <param name="from">The client that reports the outcome.</param>
    /// <returns>Why the message is lost, for the log; null when it is not.</returns>
    public string? Complete(MqttClient.Outcome outcome, IActorRef from)
    {
        var entry = (Entry)outcome.Correlation!;
        if (from.Equals(_target))
        {
            _credit++;
            _bytes -= entry.Size;
        }
        string? lost = null;
        switch (outcome)
        {
            case MqttClient.Acked or MqttClient.Sent:
                meter.AddForwarded();
                Done(entry);
                break;
            case MqttClient.Refused { Reason: not (MqttClientRefusal.QueueFull or MqttClientRefusal.NoCredit or MqttClientRefusal.Stopping) } refused:
                // The target would refuse the message again, and the messages behind it would never be sent.
                meter.AddDropped();
                Done(entry);
                lost = refused.Message;
                break;
            case MqttClient.Refused or MqttClient.Failed or MqttClient.Unknown when entry.Group is not null:
                _retries.Enqueue(entry, entry.Sequence);
                break;
            default:
                meter.AddDropped(); // QoS 0
                break;
        }
        Send();
        return lost;
    }

    private void Done(Entry entry)
    {
        if (entry.Group is { } group && --group.Left == 0)
            group.Source.Tell(group.Received.Acknowledge(), self);
    }

    private void Send()
    {
        while (_credit > 0 && (_bytes == 0 || _bytes < mostBytes))
        {
            if (!_retries.TryDequeue(out var entry, out _) && !_new.TryDequeue(out entry))
                return;
            _credit--;
            _bytes += entry.Size;
            _target.Tell(new MqttClient.Publish(entry.Packet, entry), self);
        }
    }

    private Publish? Shape(Publish message)
    {
        if (topics.Map(message.Topic, out var most) is not { } topic)
            return null;
        var qos = (QualityOfService)Math.Min((int)message.QoS, Math.Min((int)most, (int)MaximumQoS));
        return new Publish(topic, message.Payload)
        {
            QoS = qos,
            Retain = message.Retain && KeepsRetain && RetainAvailable,
            Properties = TargetIsV5 && message.Properties is { } properties ? properties with { TopicAlias = null, SubscriptionIdentifiers = default } : null,
        };
    }

    /// <summary>A message that is queued or sent.</summary>
    internal sealed record Entry(Publish Packet, Group? Group, long Sequence)
    {
        public int Size => Overhead + (2 * Packet.Topic.Length) + Packet.Payload.Length;
    }

    /// <summary>Messages that arrived together, and are acknowledged together.</summary>
    internal sealed class Group(MqttClient.Received received, IActorRef source)
    {
        public MqttClient.Received Received => received;

        public IActorRef Source => source;

        public int Left { get; set; }
    }
}
