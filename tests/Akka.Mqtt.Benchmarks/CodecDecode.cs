using Akka.Mqtt.Protocol;
using BenchmarkDotNet.Attributes;

namespace Akka.Mqtt.Benchmarks;

/// <summary>One packet from its bytes.</summary>
public class CodecDecode
{
    private byte[] _bytes = [];
    private MqttDecoder _decoder = new();
    private MqttNetCodec _mqttNet = new(MqttVersion.V311);

    [ParamsAllValues]
    public WireCase Case { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var version = WireCases.Version(Case);
        _bytes = MqttEncoder.Encode(WireCases.Packet(Case), version);
        _decoder = new MqttDecoder(null, version);
        _mqttNet = new MqttNetCodec(version);
    }

    [Benchmark(Baseline = true)]
    public MQTTnet.Packets.MqttPacket MQTTnet()
    {
        var at = 0;
        return _mqttNet.Decode(_bytes, ref at);
    }

    [Benchmark]
    public MqttPacket? AkkaMqtt()
    {
        _decoder.Decode(_bytes, out _, out var packet);
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
