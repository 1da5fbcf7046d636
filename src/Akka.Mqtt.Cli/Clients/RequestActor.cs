using Akka.Mqtt.Cli.Bench;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Cli.Clients;

/// <summary><c>akka-mqtt rr</c>: subscribes to the topic of the response, publishes the request, writes the first received message, and ends.</summary>
internal sealed class RequestActor : ClientActor
{
    private readonly MessagePrinter _printer;
    private readonly InboundMessages _inbound = new();
    private readonly OutboundWindow _window = new();
    private readonly Publish _request;
    private bool _isDone;

    public RequestActor(ClientRun run, Mqtt.Connect dial, Connect hello, MqttBinary payload)
        : base(run, dial, hello)
    {
        _printer = new MessagePrinter(run);
        _request = new Publish(run.Options.Topics[0], payload)
        {
            QoS = run.Options.QoS,
            Properties = IsV5 ? (run.Options.PublishProperties ?? new()) with { ResponseTopic = run.Options.ResponseTopic } : null, // [MQTT-3.3.2-14 v5]
        };
    }

    /// <summary>The request may be lost, or may be answered already; reports this to the user.</summary>
    protected override bool Reconnects => false;

    protected override void OnAccepted(ConnAck accepted)
    {
        _window.BeginConnection(1);
        Send([new Subscribe(1, new Subscription(Run.Options.ResponseTopic!, Run.Options.QoS)) { Properties = IsV5 ? Run.Options.SubscribeProperties : null }]);
    }

    protected override void OnPackets(ReadOnlySpan<MqttPacket> packets)
    {
        foreach (var packet in packets)
        {
            switch (packet)
            {
                case Publish message:
                    OnMessage(message);
                    break;
                case PubRel release:
                    _inbound.Release(release);
                    break;
                case PubAck ack:
                    OnAcknowledged(ack.ReasonCode);
                    _window.PubAck(ack.PacketId);
                    break;
                case PubRec received:
                    OnAcknowledged(received.ReasonCode);
                    if (_window.PubRec(received.PacketId, !received.ReasonCode.IsFailure()) == AckResult.Release)
                        _inbound.Answers.Add(Replies.PubRel(received.PacketId));
                    break;
                case PubComp completed:
                    _window.PubComp(completed.PacketId);
                    break;
                case SubAck granted:
                    OnGranted(granted.ReasonCodes[0]);
                    break;
                default:
                    OnOther(packet);
                    break;
            }
        }
        _printer.Flush();
        if (!IsLeaving)
            Send(_inbound.Answers);
        if (_isDone)
            Leave(0);
    }

    private void OnMessage(Publish message)
    {
        if (_isDone)
            return;
        var isNew = _inbound.IsNew(message);
        _inbound.Accept(message);
        if (!isNew || _printer.SkipsRetained(message))
            return;
        _printer.Print(message);
        _isDone = true;
    }

    private void OnAcknowledged(ReasonCode code)
    {
        if (code.IsFailure())
            Run.Error($"the server did not accept the request: {Words(code)} ({(byte)code}).");
    }

    private void OnGranted(ReasonCode code)
    {
        if (code.IsFailure())
            Fail((byte)code, $"the server refused the subscription to {LogText.Escape(Run.Options.ResponseTopic!)}: {Words(code)} ({(byte)code}).");
        else
            Send([_request.QoS == QualityOfService.AtMostOnce ? _request : _window.Add(new QueuedMessage(_request, 0), _request)]);
    }
}
