using Akka.Mqtt.Protocol;
using Akka.Streams;
using Akka.Streams.Stage;

namespace Akka.Mqtt.Streams;

/// <summary>
/// Framing of both directions in one stage, because they share the state of a connection: the version from CONNECT, and the order of
/// packets. Packets that downstream does not take at once are combined into one chunk.
/// </summary>
internal sealed class MqttFramingStage : GraphStage<BidiShape<MqttPacket, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>, MqttPacket>>
{
    private readonly Inlet<MqttPacket> _packetsIn = new("MqttFraming.packets.in");
    private readonly Outlet<ReadOnlyMemory<byte>> _bytesOut = new("MqttFraming.bytes.out");
    private readonly Inlet<ReadOnlyMemory<byte>> _bytesIn = new("MqttFraming.bytes.in");
    private readonly Outlet<MqttPacket> _packetsOut = new("MqttFraming.packets.out");
    private readonly MqttRole _role;
    private readonly MqttConnectionSettings _settings;

    public MqttFramingStage(MqttRole role, MqttConnectionSettings settings)
    {
        _role = role;
        _settings = settings;
        Shape = new(_packetsIn, _bytesOut, _bytesIn, _packetsOut);
    }

    public override BidiShape<MqttPacket, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>, MqttPacket> Shape { get; }

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this);

    private sealed class Logic : GraphStageLogic
    {
        private readonly MqttFramingStage _stage;
        private readonly ConnectionRules _rules;
        private readonly InboundDecoder _decoder;
        private readonly PacketChunk _chunk;
        private MqttList<MqttPacket> _decoded;
        private int _next;

        public Logic(MqttFramingStage stage)
            : base(stage.Shape)
        {
            _stage = stage;
            var settings = stage._settings;
            _rules = new ConnectionRules(stage._role);
            var connectLimit = stage._role == MqttRole.Server ? Math.Min(settings.MaxConnectPacketSize, settings.MaxPacketSize) : settings.MaxPacketSize;
            _decoder = new InboundDecoder(_rules, stage._role, null, settings, connectLimit);
            _chunk = new PacketChunk(settings.WriteChunkSize);
            SetHandler(stage._packetsIn, Encode, EncodeFinished);
            // Each direction ends separately: when downstream accepts no more received packets, packets may still be sent.
            SetHandler(stage._bytesOut, SendChunk, cause => Cancel(stage._packetsIn, cause));
            SetHandler(stage._bytesIn, Decode, DecodeFinished);
            SetHandler(stage._packetsOut, DeliverNext, cause => Cancel(stage._bytesIn, cause));
        }

        public override void PreStart() => Pull(_stage._packetsIn);

        private void Encode()
        {
            var packet = Grab(_stage._packetsIn);
            var version = _rules.Version ?? (packet as Connect)?.Version ?? MqttVersion.V5;
            if (!MqttEncoder.TryMeasure(packet, version, _stage._role, out var size, out var error)
                || !_rules.TrySend(packet, out error))
            {
                FailStage(new MqttProtocolException(error));
                return;
            }

            if ((uint)size > _rules.PeerMaximumPacketSize) // [MQTT-3.1.2-24], [MQTT-3.2.2-15]
            {
                FailStage(new MqttProtocolException(
                    new PacketError(ReasonCode.PacketTooLarge, "the packet is larger than the peer's Maximum Packet Size")));
                return;
            }

            _decoder.Version ??= _rules.Version;
            _chunk.Append(packet, version, size);
            if (IsAvailable(_stage._bytesOut))
                Push(_stage._bytesOut, _chunk.Take());
            if (!_chunk.IsFull)
                Pull(_stage._packetsIn);
        }

        private void SendChunk()
        {
            if (!_chunk.IsEmpty)
                Push(_stage._bytesOut, _chunk.Take());
            if (IsClosed(_stage._packetsIn))
                Complete(_stage._bytesOut);
            else if (!HasBeenPulled(_stage._packetsIn))
                Pull(_stage._packetsIn);
        }

        private void EncodeFinished()
        {
            if (_chunk.IsEmpty)
                Complete(_stage._bytesOut);
        }

        private void Decode()
        {
            _decoded = _decoder.Decode(Grab(_stage._bytesIn));
            _next = 0;
            DeliverNext();
        }

        private void DeliverNext()
        {
            if (_next < _decoded.Count)
            {
                if (IsAvailable(_stage._packetsOut))
                    Push(_stage._packetsOut, _decoded[_next++]);
                return;
            }

            _decoded = default;
            _next = 0;
            if (_decoder.Error is { } error)
                FailStage(new MqttProtocolException(error));
            else if (IsClosed(_stage._bytesIn))
                EndOfBytes();
            else if (!HasBeenPulled(_stage._bytesIn))
                Pull(_stage._bytesIn);
        }

        private void DecodeFinished()
        {
            if (_decoded.IsEmpty)
                EndOfBytes();
        }

        private void EndOfBytes()
        {
            if (_decoder.HasPartialPacket)
                FailStage(new MqttProtocolException(new PacketError(ReasonCode.MalformedPacket, "the stream ended inside a packet")));
            else
                Complete(_stage._packetsOut);
        }
    }
}
