using Akka.Mqtt.Protocol;
using BenchmarkDotNet.Attributes;

namespace Akka.Mqtt.Benchmarks;

/// <summary>
/// A chunk of 64 KiB as a socket gives it, full of small PUBLISH packets: 16 bytes on 20 topics in rounds, as a gateway sends them, or 64 bytes on one
/// topic, as a device does. Time is per chunk.
/// </summary>
public class CodecChunk
{
    private readonly List<MqttPacket> _packets = new(4096);
    private readonly List<MQTTnet.Packets.MqttPacket> _others = new(4096);
    private byte[] _chunk = [];
    private MqttFrameDecoder _frames = new(new MqttDecoder());
    private MqttNetCodec _mqttNet = new(MqttVersion.V311);

    [Params(MqttVersion.V311, MqttVersion.V5)]
    public MqttVersion Version { get; set; }

    [Params(20, 1)]
    public int Topics { get; set; } = 20;

    [GlobalSetup]
    public void Setup()
    {
        var chunk = new List<byte>();
        for (var number = 0; chunk.Count < 65_536 - 110; number++)
            chunk.AddRange(MqttEncoder.Encode(new Publish($"sensors/{number % Topics:D6}/temperature", new byte[Topics == 1 ? 64 : 16]), Version));
        _chunk = [.. chunk];
        _frames = new MqttFrameDecoder(new MqttDecoder(null, Version));
        _mqttNet = new MqttNetCodec(Version);
    }

    [Benchmark(Baseline = true)]
    public int MQTTnet()
    {
        _others.Clear();
        for (var at = 0; at < _chunk.Length;)
            _others.Add(_mqttNet.Decode(_chunk, ref at));
        return _others.Count;
    }

    [Benchmark]
    public int AkkaMqtt()
    {
        _packets.Clear();
        _frames.Decode(_chunk, _packets);
        return _packets.Count;
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
