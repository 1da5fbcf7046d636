using Akka.Mqtt.Protocol;
using Akka.Streams;
using Akka.Streams.Stage;

namespace Akka.Mqtt.Streams;

/// <summary>Encodes packets into chunks. Packets that downstream does not take at once are combined into one chunk.</summary>
internal sealed class MqttEncoderStage : GraphStage<FlowShape<MqttPacket, ReadOnlyMemory<byte>>>
{
    private readonly Inlet<MqttPacket> _in = new("MqttEncoder.in");
    private readonly Outlet<ReadOnlyMemory<byte>> _out = new("MqttEncoder.out");
    private readonly MqttVersion _version;
    private readonly int _chunkSize;

    public MqttEncoderStage(MqttVersion version, int chunkSize)
    {
        _version = version;
        _chunkSize = chunkSize;
        Shape = new FlowShape<MqttPacket, ReadOnlyMemory<byte>>(_in, _out);
    }

    public override FlowShape<MqttPacket, ReadOnlyMemory<byte>> Shape { get; }

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this);

    private sealed class Logic : InAndOutGraphStageLogic
    {
        private readonly MqttEncoderStage _stage;
        private readonly PacketChunk _chunk;

        public Logic(MqttEncoderStage stage)
            : base(stage.Shape)
        {
            _stage = stage;
            _chunk = new PacketChunk(stage._chunkSize);
            SetHandler(stage._in, this);
            SetHandler(stage._out, this);
        }

        public override void PreStart() => Pull(_stage._in);

        public override void OnPush()
        {
            var packet = Grab(_stage._in);
            if (!MqttEncoder.TryMeasure(packet, _stage._version, null, out var size, out var error))
            {
                FailStage(new MqttProtocolException(error));
                return;
            }

            _chunk.Append(packet, _stage._version, size);
            if (IsAvailable(_stage._out))
                Push(_stage._out, _chunk.Take());
            if (!_chunk.IsFull)
                Pull(_stage._in);
        }

        public override void OnPull()
        {
            if (!_chunk.IsEmpty)
                Push(_stage._out, _chunk.Take());
            if (IsClosed(_stage._in))
                CompleteStage();
            else if (!HasBeenPulled(_stage._in))
                Pull(_stage._in);
        }

        public override void OnUpstreamFinish()
        {
            if (_chunk.IsEmpty)
                CompleteStage();
        }
    }
}
