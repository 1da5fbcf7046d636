using System.Collections.Concurrent;
using System.Text;

namespace Akka.Mqtt.ConnectionBenchmarks;

/// <summary>What a relay has to know of MQTT 3.1.1: the answers to CONNECT, SUBSCRIBE and PUBLISH, and which topic a packet names.</summary>
internal static class FloorPackets
{
    public const byte Publish = 3;
    public const byte Subscribe = 8;
    public const byte PingReq = 12;

    public static readonly byte[] ConnAck = [0x20, 2, 0, 0];
    public static readonly byte[] PingResp = [0xd0, 0];

    public static int TypeOf(ReadOnlySpan<byte> packet) => packet[0] >> 4;

    public static byte[] SubAck(ReadOnlySpan<byte> subscribe)
    {
        var at = BodyOf(subscribe);
        return [0x90, 3, subscribe[at], subscribe[at + 1], 0];
    }

    /// <summary>The PUBACK of the PUBLISH with QoS 1 that begins here.</summary>
    public static void PubAck(ReadOnlySpan<byte> publish, Span<byte> to)
    {
        var at = BodyOf(publish);
        at += 2 + (publish[at] << 8) + publish[at + 1];
        (to[0], to[1], to[2], to[3]) = (0x40, 2, publish[at], publish[at + 1]);
    }

    /// <summary>The topic of a PUBLISH, or the first filter of a SUBSCRIBE.</summary>
    public static string TopicOf(ReadOnlySpan<byte> packet)
    {
        var at = BodyOf(packet) + (TypeOf(packet) == Subscribe ? 2 : 0);
        return Encoding.UTF8.GetString(packet.Slice(at + 2, (packet[at] << 8) + packet[at + 1]));
    }

    private static int BodyOf(ReadOnlySpan<byte> packet)
    {
        var at = 1;
        while ((packet[at] & 0x80) != 0)
            at++;
        return at + 1;
    }
}

/// <summary>Where the bytes of a publisher go: to the one subscriber of its topic.</summary>
internal sealed class Routes<T>
{
    private readonly ConcurrentDictionary<string, T> _subscribers = [];

    public T this[string topic] => _subscribers[topic];

    public void Add(string topic, T subscriber) => _subscribers[topic] = subscriber;
}
