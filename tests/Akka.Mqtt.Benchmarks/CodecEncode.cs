using Akka.Mqtt.Protocol;
using BenchmarkDotNet.Attributes;

namespace Akka.Mqtt.Benchmarks;

/// <summary>
/// One packet to bytes. Like goes with like: <see cref="MQTTnet"/> and <see cref="AkkaMqttHead"/> leave the payload of a PUBLISH where it is, for a
/// second write, which is the default of MQTTnet's channel adapter; <see cref="MQTTnetJoined"/> and <see cref="AkkaMqtt"/> make one contiguous
/// packet, which MQTTnet does when fragmentation is off. Akka.Mqtt checks the packet here as well, MQTTnet mostly does not.
/// </summary>
public class CodecEncode
{
    private readonly byte[] _target = new byte[70_000];
    private MqttPacket _packet = PingReq.Instance;
    private MqttVersion _version;
    private MqttNetCodec _mqttNet = new(MqttVersion.V311);
    private MQTTnet.Packets.MqttPacket? _other;

    [ParamsAllValues]
    public WireCase Case { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _version = WireCases.Version(Case);
        _packet = WireCases.Packet(Case);
        _mqttNet = new MqttNetCodec(_version);
        var at = 0;
        _other = _mqttNet.Decode(MqttEncoder.Encode(_packet, _version), ref at);
    }

    [Benchmark(Baseline = true)]
    public int MQTTnet() => _mqttNet.Encode(_other!);

    [Benchmark]
    public int MQTTnetJoined() => _mqttNet.EncodeJoined(_other!);

    [Benchmark]
    public int AkkaMqtt() => MqttEncoder.TryMeasure(_packet, _version, MqttRole.Client, out var size, out _)
        ? MqttEncoder.Write(_packet, _version, _target.AsSpan(0, size))
        : 0;

    /// <summary>What MQTTnet's Encode does: all but the payload.</summary>
    [Benchmark]
    public int AkkaMqttHead() => MqttEncoder.TryMeasure(_packet, _version, MqttRole.Client, out _, out _)
        ? MqttEncoder.WriteHead(_packet, _version, _target)
        : 0;

    internal void LoopAkkaMqttHead(int count)
    {
        for (; count > 0; count--)
            AkkaMqttHead();
    }

    internal void LoopMQTTnet(int count)
    {
        for (; count > 0; count--)
            MQTTnet();
    }

    internal void LoopMQTTnetJoined(int count)
    {
        for (; count > 0; count--)
            MQTTnetJoined();
    }

    internal void LoopAkkaMqtt(int count)
    {
        for (; count > 0; count--)
            AkkaMqtt();
    }
}
