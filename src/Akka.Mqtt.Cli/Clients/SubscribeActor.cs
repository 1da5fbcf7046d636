using Akka.Mqtt.Cli.Clients.Arguments;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Cli.Clients;

/// <summary><c>akka-mqtt sub</c>: subscribes and writes the received messages. A message is acknowledged after it has been written.</summary>
internal sealed class SubscribeActor(ClientRun run, Mqtt.Connect dial, Connect hello) : ClientActor(run, dial, hello)
{
    private const ushort SubscribeId = 1;
    private const int MostRemovals = 100_000;

    private readonly MessagePrinter _printer = new(run);
    private readonly InboundMessages _inbound = new();
    private readonly OutboundWindow _removals = new(); // messages that remove retained ones
    private readonly Queue<Publish> _toRemove = new(); // while the window is full; at most MostRemovals
    private bool _isDone; // nothing more is written
    private int _count;

    protected override bool Reconnects => true;

    protected override void OnAccepted(ConnAck accepted)
    {
        _inbound.Begin(accepted.SessionPresent);
        _removals.BeginConnection(accepted.Properties?.ReceiveMaximum ?? ushort.MaxValue);
        var options = Run.Options;
        List<MqttPacket> packets =
        [
            new Subscribe
            {
                PacketId = SubscribeId,
                Subscriptions = MqttList.From(options.Topics.Select(filter => new Subscription(filter, options.QoS)
                {
                    RetainAsPublished = IsV5 && options.RetainAsPublished,
                })),
                Properties = IsV5 ? options.SubscribeProperties : null,
            },
        ];
        if (!options.Unsubscribe.IsEmpty)
        {
            packets.Add(new Unsubscribe
            {
                PacketId = SubscribeId + 1,
                Filters = options.Unsubscribe,
                Properties = IsV5 ? options.UnsubscribeProperties : null,
            });
        }
        Send(packets);
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
                case PubAck removed:
                    _removals.PubAck(removed.PacketId);
                    break;
                case SubAck granted:
                    OnGranted(granted);
                    break;
                default:
                    OnOther(packet);
                    break;
            }
        }
        _printer.Flush();
        SendRemovals();
        if (!IsLeaving)
            Send(_inbound.Answers);
        if ((_isDone && _removals.Count == 0 && _toRemove.Count == 0) || _printer.IsClosed)
            Leave(0);
    }

    private void OnMessage(Publish message)
    {
        if (_isDone)
            return; // not acknowledged: a kept session receives it again
        var options = Run.Options;
        if (options.RetainedOnly && !message.Retain)
        {
            _isDone = true;
            return;
        }
        var isNew = _inbound.IsNew(message);
        _inbound.Accept(message);
        if (!isNew)
            return;
        if (_printer.SkipsTopic(message))
            return;
        if (message.Retain && options.RemoveRetained)
            Remove(message.Topic);
        if (_printer.SkipsRetained(message))
            return;
        _printer.Print(message);
        _isDone = ++_count == options.Count;
    }

    private void Remove(string topic)
    {
        if (_toRemove.Count < MostRemovals)
            _toRemove.Enqueue(new Publish(topic) { QoS = QualityOfService.AtLeastOnce, Retain = true });
        else
            Fail(ExitCodes.Failed, $"the server has not acknowledged {_removals.Count + _toRemove.Count} removals of retained messages.");
    }

    private void SendRemovals()
    {
        while (!IsLeaving && _removals.HasRoom && _toRemove.TryDequeue(out var removal))
            _inbound.Answers.Add(_removals.Add(new QueuedMessage(removal, 0), removal));
    }

    private void OnGranted(SubAck granted)
    {
        var refused = 0;
        for (var i = 0; i < granted.ReasonCodes.Count; i++)
        {
            if (!granted.ReasonCodes[i].IsFailure())
                continue;
            refused++;
            Run.Error($"the server refused the subscription to {LogText.Escape(Run.Options.Topics[i])}: {Words(granted.ReasonCodes[i])}.");
        }
        if (refused == granted.ReasonCodes.Count || Run.Options.ExitAfterSubscribing)
            Leave(0);
    }
}
