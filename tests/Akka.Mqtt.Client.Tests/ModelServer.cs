using System.Globalization;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Client.Tests;

/// <summary>
/// A server that is as naive as can be: one client, lists and searches. It checks what a client may do, and remembers what was published. What it sends is
/// in <see cref="ToClient"/>; what is in there or in the other queue when the connection ends is lost.
/// </summary>
internal sealed class ModelServer(Random random, MqttVersion version)
{
    private readonly List<(ushort Id, bool Released)> _awaitingRelease = []; // QoS 2 from the client
    private readonly List<Out> _out = [];
    private readonly List<ushort> _owed = []; // identifiers of this connection that the client has to acknowledge, in this order
    private readonly HashSet<ushort> _sentIds = []; // of this connection
    private ushort _lastId;
    private bool _exists;

    public Queue<MqttPacket> ToClient { get; } = new();

    /// <summary>What was published, in order: topic and payload.</summary>
    public List<(string Topic, string Text)> Published { get; } = [];

    /// <summary>What the client acknowledged to the end, and what was lost with a session.</summary>
    public HashSet<string> Delivered { get; } = [];

    public HashSet<string> LostWithSession { get; } = [];

    public Dictionary<string, QualityOfService> Subscriptions { get; } = new(StringComparer.Ordinal);

    public int ReceiveMaximum { get; private set; } = 65_535;

    public ConnAck Accept(bool loseSession)
    {
        ToClient.Clear();
        _owed.Clear();
        _sentIds.Clear();
        if (loseSession)
        {
            LostWithSession.UnionWith(_out.Select(each => each.Text));
            _out.Clear();
            _awaitingRelease.Clear();
            Subscriptions.Clear();
            _exists = false;
        }
        var present = _exists;
        _exists = true;
        ReceiveMaximum = version == MqttVersion.V5 && random.Next(2) == 0 ? random.Next(1, 6) : 65_535;
        foreach (var each in _out)
            SendOut(each, dup: true);
        return new ConnAck(ReasonCode.Success, present)
        {
            Properties = version == MqttVersion.V5 ? new ConnAckProperties { ReceiveMaximum = (ushort)ReceiveMaximum } : null,
        };
    }

    /// <summary>Somebody published a message for the client.</summary>
    public void Send(string text, QualityOfService qos, int receiveMaximum)
    {
        if (qos == QualityOfService.AtMostOnce)
        {
            ToClient.Enqueue(new Publish("to/0", text));
            return;
        }
        if (_out.Count >= receiveMaximum)
            return; // never accepted
        do
            _lastId = (ushort)(_lastId % 20 + 1);
        while (_out.Exists(each => each.Id == _lastId));
        var message = new Out { Id = _lastId, Text = text, QoS = qos };
        _out.Add(message);
        SendOut(message, dup: false);
    }

    public bool HasFreeId => _out.Count < 20;

    /// <summary>The next packet of the client arrived.</summary>
    public void Receive(MqttPacket packet)
    {
        switch (packet)
        {
            case Publish message:
                Receive(message);
                break;
            case PubRel release:
                _awaitingRelease.RemoveAll(each => each.Id == release.PacketId);
                _sentIds.Remove(release.PacketId);
                ToClient.Enqueue(new PubComp(release.PacketId));
                break;
            case PubAck ack:
                Acknowledged(ack.PacketId, QualityOfService.AtLeastOnce);
                Finish(ack.PacketId);
                break;
            case PubRec rec:
                var exchange = Acknowledged(rec.PacketId, QualityOfService.ExactlyOnce);
                if (rec.ReasonCode.IsFailure())
                {
                    Finish(rec.PacketId);
                    break;
                }
                exchange.Released = true;
                ToClient.Enqueue(new PubRel(rec.PacketId));
                break;
            case PubComp comp:
                Finish(comp.PacketId);
                break;
            case Subscribe subscribe:
                var codes = subscribe.Subscriptions.Select(each =>
                {
                    if (!Subscriptions.ContainsKey(each.Filter) && random.Next(5) == 0)
                        return version == MqttVersion.V5 ? ReasonCode.NotAuthorized : ReasonCode.UnspecifiedError;
                    Subscriptions[each.Filter] = each.QoS;
                    return (ReasonCode)(byte)each.QoS;
                }).ToArray();
                ToClient.Enqueue(new SubAck(subscribe.PacketId, codes));
                break;
            case Unsubscribe unsubscribe:
                foreach (var filter in unsubscribe.Filters)
                    Subscriptions.Remove(filter);
                ToClient.Enqueue(version == MqttVersion.V5
                    ? new UnsubAck(unsubscribe.PacketId, [.. unsubscribe.Filters.Select(_ => ReasonCode.Success)])
                    : new UnsubAck(unsubscribe.PacketId));
                break;
            default:
                Assert.Fail($"The client sent {packet}.");
                break;
        }
    }

    private void Receive(Publish message)
    {
        if (message.QoS == QualityOfService.AtMostOnce)
        {
            Published.Add((message.Topic, message.Payload.ToText()));
            return;
        }
        Assert.True(_sentIds.Add(message.PacketId), $"Identifier {message.PacketId} is in use [MQTT-2.2.1-3]: {message}.");
        Assert.True(_sentIds.Count <= ReceiveMaximum, "More messages than the Receive Maximum of the server [MQTT-3.3.4-9].");
        // The same message is always refused: one that is refused first and accepted later would arrive out of order.
        var refuse = version == MqttVersion.V5 && int.Parse(message.Payload.ToText(), CultureInfo.InvariantCulture) % 17 == 3;
        if (message.QoS == QualityOfService.AtLeastOnce)
        {
            if (!refuse)
                Published.Add((message.Topic, message.Payload.ToText()));
            _sentIds.Remove(message.PacketId);
            ToClient.Enqueue(new PubAck(message.PacketId, refuse ? ReasonCode.QuotaExceeded : ReasonCode.Success));
            return;
        }
        if (_awaitingRelease.Exists(each => each.Id == message.PacketId))
        {
            Assert.True(message.Dup, $"A new message with an identifier whose exchange is not complete: {message}.");
        }
        else if (refuse)
        {
            _sentIds.Remove(message.PacketId);
            ToClient.Enqueue(new PubRec(message.PacketId, ReasonCode.QuotaExceeded));
            return;
        }
        else
        {
            _awaitingRelease.Add((message.PacketId, false));
            Published.Add((message.Topic, message.Payload.ToText()));
        }
        ToClient.Enqueue(new PubRec(message.PacketId));
    }

    private void SendOut(Out message, bool dup)
    {
        if (message.Released)
        {
            ToClient.Enqueue(new PubRel(message.Id));
            return;
        }
        ToClient.Enqueue(new Publish($"to/{(int)message.QoS}", message.Text) { QoS = message.QoS, PacketId = message.Id, Dup = dup });
        _owed.Add(message.Id);
    }

    /// <summary>[MQTT-4.6.0-2] [MQTT-4.6.0-3]: acknowledgements come in the order of the messages.</summary>
    private Out Acknowledged(ushort id, QualityOfService qos)
    {
        Assert.Equal(_owed.Count == 0 ? 0 : _owed[0], id);
        _owed.RemoveAt(0);
        var message = _out.Single(each => each.Id == id);
        Assert.Equal(message.QoS, qos);
        return message;
    }

    private void Finish(ushort id)
    {
        if (_out.Find(each => each.Id == id) is not { } message)
            return;
        Delivered.Add(message.Text);
        _out.Remove(message);
    }

    private sealed class Out
    {
        public required ushort Id { get; init; }

        public required string Text { get; init; }

        public required QualityOfService QoS { get; init; }

        public bool Released { get; set; }
    }
}
