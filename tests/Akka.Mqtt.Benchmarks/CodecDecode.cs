using Akka.Mqtt.Protocol;
using BenchmarkDotNet.Attributes;

namespace Akka.Mqtt.Benchmarks;

/// <summary>
/// One packet from its bytes, of 16 messages in turn: they are the same but for the trace of <see cref="WireCase.Publish64V5Traced"/>, so that
/// Akka.Mqtt finds topics and properties in its caches, as on a connection of a device. Akka.Mqtt reads the fixed header in the decoder, MQTTnet
/// here. MQTTnet copies the payload, Akka.Mqtt aliases the chunk.
/// </summary>
public class CodecDecode
{
    private readonly byte[][] _messages = new byte[16][];
    private int _next;
    private MqttDecoder _decoder = new();
    private MqttNetCodec _mqttNet = new(MqttVersion.V311);

    [ParamsAllValues]
    public WireCase Case { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var version = WireCases.Version(Case);
        for (var message = 0; message < _messages.Length; message++)
        {
            _messages[message] = message > 0 && Case != WireCase.Publish64V5Traced
                ? _messages[0]
                : MqttEncoder.Encode(WireCases.Packet(Case, message), version);
        }

        _decoder = new MqttDecoder(null, version);
        _mqttNet = new MqttNetCodec(version);
    }

    [Benchmark(Baseline = true)]
    public MQTTnet.Packets.MqttPacket MQTTnet()
    {
        var at = 0;
        return _mqttNet.Decode(_messages[_next++ & 15], ref at);
    }

    [Benchmark]
    public MqttPacket? AkkaMqtt()
    {
        _decoder.Decode(_messages[_next++ & 15], out _, out var packet);
        return packet;
    }

    internal void LoopMQTTnet(int count)
    {
        for (; count > 0; count--)
            MQTTnet();
    }

    internal void LoopAkkaMqtt(int count)
    {
        for (; count > 0; count--)
            AkkaMqtt();
    }
}
