using Akka.Mqtt.Protocol;
using Akka.Streams;
using Akka.Streams.Stage;

namespace Akka.Mqtt.Streams;

/// <summary>
/// Decodes chunks into batches of packets: a shell around <see cref="InboundDecoder"/>. In a connection it uses the connection's decoder.
/// In the Streams DSL it creates its own and fails the stream with <see cref="MqttProtocolException"/>.
/// </summary>
internal sealed class MqttDecoderStage : GraphStage<FlowShape<ReadOnlyMemory<byte>, MqttList<MqttPacket>>>
{
    private readonly Inlet<ReadOnlyMemory<byte>> _in = new("MqttDecoder.in");
    private readonly Outlet<MqttList<MqttPacket>> _out = new("MqttDecoder.out");
    private readonly Func<InboundDecoder>? _decoder;

    public MqttDecoderStage(Func<InboundDecoder>? decoder = null)
    {
        _decoder = decoder;
        Shape = new FlowShape<ReadOnlyMemory<byte>, MqttList<MqttPacket>>(_in, _out);
    }

    public override FlowShape<ReadOnlyMemory<byte>, MqttList<MqttPacket>> Shape { get; }

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => _decoder is null
        ? new Logic(this, inheritedAttributes.GetAttribute<ConnectionFraming.Attribute>(null)!.Framing)
        : new Logic(this, _decoder());

    private sealed class Logic : InAndOutGraphStageLogic
    {
        private readonly MqttDecoderStage _stage;
        private readonly ConnectionFraming? _framing;
        private readonly InboundDecoder _decoder;
        private PacketError? _error;

        public Logic(MqttDecoderStage stage, ConnectionFraming framing)
            : this(stage, framing.Decoder) => _framing = framing;

        public Logic(MqttDecoderStage stage, InboundDecoder decoder)
            : base(inCount: 1, outCount: 1) // as in HandlerSink
        {
            _stage = stage;
            _decoder = decoder;
            SetHandler(stage._in, this);
            SetHandler(stage._out, this);
        }

        public override void OnPush()
        {
            var chunk = Grab(_stage._in);
            if (_framing is not null)
                _framing.UndeliveredBytes += chunk.Length;
            var packets = Decode(chunk);
            _error = _decoder.Error;
            if (!packets.IsEmpty)
                Push(_stage._out, packets);
            else if (_error is null)
                Pull(_stage._in);
            if (_error is not null && packets.IsEmpty)
                Fail(_error.Value);
        }

        public override void OnPull()
        {
            // The packets before an error are delivered first: when downstream requests again, it has taken their batch.
            if (_error is { } error)
                Fail(error);
            else
                Pull(_stage._in);
        }

        public override void OnUpstreamFinish()
        {
            if (_framing is null && _decoder.HasPartialPacket)
                _error = new PacketError(ReasonCode.MalformedPacket, "the stream ended inside a packet");
            if (_error is null)
                CompleteStage();
            else if (IsAvailable(_stage._out))
                Fail(_error.Value);
        }

        private MqttList<MqttPacket> Decode(ReadOnlyMemory<byte> chunk)
        {
            if (_framing?.Gate is not { } gate)
                return _decoder.Decode(chunk);
            lock (gate) // the connection actor uses the same rules and version
                return _decoder.Decode(chunk);
        }

        private void Fail(PacketError error)
        {
            if (_framing is null)
            {
                FailStage(new MqttProtocolException(error));
                return;
            }

            _framing.Owner.InboundFailed(error);
            CancelStage(SubscriptionWithCancelException.StageWasCompleted.Instance);
        }
    }
}
