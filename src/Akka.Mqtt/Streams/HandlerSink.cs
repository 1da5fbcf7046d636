using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Streams;
using Akka.Streams.Stage;

namespace Akka.Mqtt.Streams;

/// <summary>
/// Delivers the packets of a connection to its handler actor, in the delivery that it registered for. After each half window it sends the
/// handler an <see cref="Identify"/>, which every actor answers in mailbox order, to learn how far the handler is behind.
/// </summary>
internal sealed class HandlerSink : GraphStage<SinkShape<MqttList<MqttPacket>>>
{
    private readonly Inlet<MqttList<MqttPacket>> _in = new("HandlerSink.in");

    public HandlerSink() => Shape = new SinkShape<MqttList<MqttPacket>>(_in);

    public override SinkShape<MqttList<MqttPacket>> Shape { get; }

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) =>
        new Logic(this, inheritedAttributes.GetAttribute<ConnectionFraming.Attribute>(null)!.Framing);

    internal sealed class Logic : InGraphStageLogic
    {
        private readonly HandlerSink _stage;
        private readonly ConnectionFraming _framing;
        private readonly IActorRef _connection;

        private Mqtt.Register _handler;
        private PayloadText? _text;
        private int _frame;
        private object? _probe; // identifies the probes of this handler: null for the first handler, then a number for each
        private MqttList<MqttPacket> _waiting;
        private long _waitingBytes;
        private int _next;
        private long _demand;
        private long _unhandledBytes;
        private long _unhandledPackets;
        private long _probedBytes;
        private long _probedPackets;
        private bool _probing;
        private bool _finished;
        private bool _suspended;
        private bool _takesRest; // the peer has closed: the waiting packets are bounded, and are delivered at once
        private bool _ended;

        // Uses the counts, not the shape: with the shape, Akka.Streams would create a log source of 140 bytes for a logger that is not
        // used.
        public Logic(HandlerSink stage, ConnectionFraming framing)
            : base(inCount: 1, outCount: 0)
        {
            _stage = stage;
            _framing = framing;
            _handler = framing.Handler;
            _connection = framing.Connection;
            _text = TextOf(_handler);
            _frame = FrameLimit.Of(_handler.Handler);
            framing.Sink = this;
            SetHandler(stage._in, this);
        }

        public bool IsWaiting => !_waiting.IsEmpty || _suspended || IsBehind;

        private bool IsBehind => !_takesRest && (
            _unhandledBytes >= _framing.Settings.MaxUnhandledBytes || _unhandledPackets >= _framing.Settings.MaxUnhandledPackets);

        public override void PreStart()
        {
            _framing.Started(this);
            Pull(_stage._in);
        }

        /// <summary>Handles an end without a report: a stage has thrown, and Akka.Streams did not report which.</summary>
        public override void PostStop()
        {
            if (!_ended)
                _framing.Owner.InboundCrashed(null);
        }

        /// <summary>A callback with which another thread can run code in this stage.</summary>
        public Action<T> Callback<T>(Action<T> run) => GetAsyncCallback(run);

        public override void OnPush()
        {
            if (_framing.Gate is not { } gate)
            {
                Take();
                return;
            }

            lock (gate) // the connection may end at the same time, and nothing may be delivered after its end
            {
                if (!_framing.IsStopped)
                    Take();
            }
        }

        private void Take()
        {
            var packets = Grab(_stage._in);
            var weight = _framing.UndeliveredBytes;
            _framing.UndeliveredBytes = 0;
            _framing.Owner.PacketsReceived();
            if (_handler.Delivery == MqttDelivery.Pull)
            {
                (_waiting, _waitingBytes, _next) = (packets, weight, 0);
                DeliverDemanded();
                return;
            }

            DeliverAll(packets, weight);
            if (!IsBehind && !_suspended)
                Pull(_stage._in);
        }

        public override void OnUpstreamFinish()
        {
            _finished = true;
            if (_waiting.IsEmpty)
                Drained();
        }

        public override void OnUpstreamFailure(Exception e)
        {
            _ended = true;
            _framing.Owner.InboundCrashed(e);
            FailStage(e);
        }

        /// <summary>
        /// Switches to another handler, or to another delivery for the same one. The new registration receives the waiting packets, and
        /// messages to the previous one no longer count.
        /// </summary>
        public void Register(Mqtt.Register register)
        {
            if (!register.Handler.Equals(_handler.Handler))
            {
                (_unhandledBytes, _unhandledPackets, _probing) = (0, 0, false);
                _probe = _probe is int number ? number + 1 : 1;
            }

            (_handler, _text, _demand, _suspended) = (register, TextOf(register), 0, false);
            _frame = FrameLimit.Of(register.Handler);
            _framing.Owner.HandlerReplaced();
            if (register.Delivery != MqttDelivery.Pull && !_waiting.IsEmpty)
            {
                var rest = _next == 0 ? _waiting : MqttList.Wrap(_waiting.Span[_next..].ToArray());
                (_waiting, _next) = (default, 0);
                DeliverAll(rest, _waitingBytes);
                if (_finished)
                    Drained();
            }

            PullIfReady();
        }

        /// <summary>Decoded packets that a handler with pull delivery has not requested.</summary>
        public MqttList<MqttPacket> Undelivered => _next >= _waiting.Count ? default : MqttList.Wrap(_waiting.Span[_next..].ToArray());

        private static PayloadText? TextOf(Mqtt.Register register) =>
            register.PayloadEncoding is { } encoding ? new PayloadText(encoding) : null;

        private void DeliverAll(MqttList<MqttPacket> packets, long bytes)
        {
            if (_handler.Delivery == MqttDelivery.Batches)
            {
                DeliverBatch(packets);
            }
            else
            {
                foreach (var packet in packets.Span)
                    Deliver(packet);
            }

            _unhandledBytes += bytes;
            _unhandledPackets += packets.Count;
            Probe();
        }

        private void DeliverBatch(MqttList<MqttPacket> packets)
        {
            if (_frame == FrameLimit.None)
            {
                _handler.Handler.Tell(new Mqtt.Received(packets), _connection);
                return;
            }

            for (var rest = packets.Span; !rest.IsEmpty;)
            {
                var count = FrameLimit.Count(rest, _frame);
                _handler.Handler.Tell(new Mqtt.Received(MqttList.Create(rest[..count])), _connection);
                rest = rest[count..];
            }
        }

        private void Deliver(MqttPacket packet)
        {
            if (_text is not null && packet is Publish publish)
                _handler.Handler.Tell(_text.Decode(publish), _connection);
            else
                _handler.Handler.Tell(packet, _connection);
        }

        public void Request(Mqtt.Request request)
        {
            _demand += request.Count;
            DeliverDemanded();
        }

        public void TakeRest()
        {
            _takesRest = true;
            PullIfReady();
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
                Drained();
            else if (!HasBeenPulled(_stage._in))
                Pull(_stage._in);
        }

        private void Drained()
        {
            _ended = true;
            CompleteStage();
            _framing.Owner.InboundDrained();
        }

        private void Probe()
        {
            if (_probing || _takesRest
                || (_unhandledBytes < _framing.Settings.MaxUnhandledBytes / 2 && _unhandledPackets < _framing.Settings.MaxUnhandledPackets / 2))
                return;
            _probing = true;
            _probedBytes = _unhandledBytes;
            _probedPackets = _unhandledPackets;
            _handler.Handler.Tell(new Identify(_probe), _connection);
        }

        public void Confirmed(ActorIdentity identity)
        {
            if (!_probing || !Equals(identity.MessageId, _probe))
                return; // the answer of a handler that has been replaced
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
