using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;

namespace ProtocolProxy;

/// <summary>What the proxy prints: a line a packet, with time and direction, and its bytes when they are asked for.</summary>
internal static class Trace
{
    private static int _packets;

    /// <summary>Packets that have passed.</summary>
    public static int Packets => Volatile.Read(ref _packets);

    public static void Line(int session, string text) => Console.WriteLine($"{DateTime.Now:HH:mm:ss.fff} #{session} {text}");

    public static void Packet(int session, bool up, MqttPacket packet, MqttVersion? hex)
    {
        Interlocked.Increment(ref _packets);
        var bytes = hex is { } version ? "\n    " + Wire.Annotate(packet, version).Replace("\n", "\n    ", StringComparison.Ordinal) : "";
        Line(session, $"{(up ? "client → server" : "server → client")} {packet}{bytes}");
    }
}
