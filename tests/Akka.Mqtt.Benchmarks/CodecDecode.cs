using Akka.Mqtt.Protocol;
using BenchmarkDotNet.Attributes;

namespace Akka.Mqtt.Benchmarks;

/// <summary>
/// One packet from its bytes, again and again, so that Akka.Mqtt finds topics, properties and subscriptions in its caches, as on a connection of
/// a device; or, in the cases that are called changing, so many in turn that it finds none. Akka.Mqtt reads the fixed header in the decoder, MQTTnet
/// here. MQTTnet copies the payload, Akka.Mqtt aliases the chunk.
/// </summary>
public class CodecDecode
{
    private byte[][] _messages = [];
    private int _next;
    private MqttDecoder _decoder = new();
    private MqttNetCodec _mqttNet = new(MqttVersion.V311);

    [ParamsAllValues]
    public WireCase Case { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var version = WireCases.Version(Case);
        _messages = WireCases.IsChanging(Case)
            ? [.. Enumerable.Range(0, WireCases.ChangingMessages).Select(message => MqttEncoder.Encode(WireCases.Packet(Case, message), version))]
            : [MqttEncoder.Encode(WireCases.Packet(Case), version)];
        _decoder = new MqttDecoder(null, version);
        _mqttNet = new MqttNetCodec(version);
    }

    [Benchmark(Baseline = true)]
    public MQTTnet.Packets.MqttPacket MQTTnet()
    {
        var at = 0;
        return _mqttNet.Decode(_messages[_next++ & (_messages.Length - 1)], ref at);
    }

    [Benchmark]
    public MqttPacket? AkkaMqtt()
    {
        _decoder.Decode(_messages[_next++ & (_messages.Length - 1)], out _, out var packet);
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
