using Akka.Mqtt.Protocol;
using MQTTnet.Adapter;
using MQTTnet.Formatter;

namespace Akka.Mqtt.Benchmarks;

/// <summary>MQTTnet's formatter as its channel adapter uses it; the fixed header, which that adapter reads, is read here.</summary>
internal sealed class MqttNetCodec(MqttVersion version)
{
    private readonly MqttPacketFormatterAdapter _adapter = new(
        version == MqttVersion.V5 ? MqttProtocolVersion.V500 : MqttProtocolVersion.V311,
        new MqttBufferWriter(4096, 65_535));

    public MQTTnet.Packets.MqttPacket Decode(byte[] bytes, ref int at)
    {
        var first = bytes[at++];
        var length = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[at++];
            length |= (next & 0x7F) << shift;
            if (next < 0x80)
                break;
        }

        var packet = _adapter.Decode(new ReceivedMqttPacket(first, new ArraySegment<byte>(bytes, at, length), length + 2));
        at += length;
        return packet;
    }

    /// <summary>Head and payload in one new array, as it goes to a channel that takes no fragments.</summary>
    public int EncodeJoined(MQTTnet.Packets.MqttPacket packet)
    {
        var length = _adapter.Encode(packet).Join().Count;
        _adapter.Cleanup();
        return length;
    }

    /// <summary>Leaves the payload where it is: the adapter sends header and payload in two writes.</summary>
    public int Encode(MQTTnet.Packets.MqttPacket packet)
    {
        var length = _adapter.Encode(packet).Length;
        _adapter.Cleanup();
        return length;
    }
}
