using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Streams;
using Akka.Streams.Stage;

namespace Akka.Mqtt.Streams;

/// <summary>
/// Where packets leave a framing island for the handler actor, in the delivery that it registered for. Knows how far the handler is behind by
/// sending it an <see cref="Identify"/> after half a window: every actor answers that by itself, in mailbox order.
/// </summary>
internal sealed class HandlerSink : GraphStage<SinkShape<MqttList<MqttPacket>>>
{
    private readonly Inlet<MqttList<MqttPacket>> _in = new("HandlerSink.in");

    public HandlerSink() => Shape = new SinkShape<MqttList<MqttPacket>>(_in);

    public override SinkShape<MqttList<MqttPacket>> Shape { get; }

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) =>
        new Logic(this, inheritedAttributes.GetAttribute<FramingIsland.Attribute>(null)!.Island);

    internal sealed class Logic : InGraphStageLogic
    {
        private readonly HandlerSink _stage;
        private readonly FramingIsland _island;
        private readonly IActorRef _handler;
        private readonly IActorRef _connection;
        private readonly PayloadText? _text;

        private MqttList<MqttPacket> _waiting;
        private int _next;
        private long _demand;
        private long _unhandledBytes;
        private long _unhandledPackets;
        private long _probedBytes;
        private long _probedPackets;
        private bool _probing;
        private bool _finished;
        private bool _suspended;

        // With the counts, not the shape: Akka.Streams would make a log source of the shape's text, 140 bytes, for a logger that nobody asks for.
        public Logic(HandlerSink stage, FramingIsland island)
            : base(inCount: 1, outCount: 0)
        {
            _stage = stage;
            _island = island;
            _handler = island.Handler.Handler;
            _connection = island.Connection;
            _text = island.Handler.PayloadEncoding is { } encoding ? new PayloadText(encoding) : null;
            island.Sink = this;
            SetHandler(stage._in, this);
        }

        public bool IsWaiting => !_waiting.IsEmpty || _suspended || IsBehind;

        private bool IsBehind =>
            _unhandledBytes >= _island.Settings.MaxUnhandledBytes || _unhandledPackets >= _island.Settings.MaxUnhandledPackets;

        public override void PreStart() => Pull(_stage._in);

        public override void OnPush()
        {
            var packets = Grab(_stage._in);
            var weight = _island.UndeliveredBytes;
            _island.UndeliveredBytes = 0;
            _island.Owner.PacketsReceived(packets);
            switch (_island.Handler.Delivery)
            {
                case MqttDelivery.Pull:
                    _waiting = packets;
                    _next = 0;
                    DeliverDemanded();
                    return;
                case MqttDelivery.Batches:
                    _handler.Tell(new Mqtt.Received(packets), _connection);
                    break;
                default:
                    foreach (var packet in packets.Span)
                        Deliver(packet);
                    break;
            }

            _unhandledBytes += weight;
            _unhandledPackets += packets.Count;
            Probe();
            if (!IsBehind && !_suspended)
                Pull(_stage._in);
        }

        public override void OnUpstreamFinish()
        {
            _finished = true;
            if (!_waiting.IsEmpty)
                return;
            CompleteStage();
            _island.Owner.InboundDrained();
        }

        private void Deliver(MqttPacket packet)
        {
            if (_text is not null && packet is Publish publish)
                _handler.Tell(_text.Decode(publish), _connection);
            else
                _handler.Tell(packet, _connection);
        }

        public void Request(Mqtt.Request request)
        {
            _demand += request.Count;
            DeliverDemanded();
        }

        public void Suspend() => _suspended = true;

        public void Resume()
        {
            _suspended = false;
            PullIfReady();
        }

        private void DeliverDemanded()
        {
            while (_demand > 0 && _next < _waiting.Count)
            {
                _demand--;
                Deliver(_waiting[_next++]);
            }

            if (_next < _waiting.Count)
                return;
            _waiting = default;
            _next = 0;
            if (_finished)
            {
                CompleteStage();
                _island.Owner.InboundDrained();
            }
            else if (!HasBeenPulled(_stage._in))
            {
                Pull(_stage._in);
            }
        }

        private void Probe()
        {
            if (_probing
                || (_unhandledBytes < _island.Settings.MaxUnhandledBytes / 2 && _unhandledPackets < _island.Settings.MaxUnhandledPackets / 2))
                return;
            _probing = true;
            _probedBytes = _unhandledBytes;
            _probedPackets = _unhandledPackets;
            _handler.Tell(new Identify(null), _connection);
        }

        public void Confirmed()
        {
            _probing = false;
            _unhandledBytes -= _probedBytes;
            _unhandledPackets -= _probedPackets;
            Probe();
            PullIfReady();
        }

        private void PullIfReady()
        {
            if (!_finished && !_suspended && !IsBehind && _waiting.IsEmpty && !HasBeenPulled(_stage._in))
                Pull(_stage._in);
        }
    }
}
