using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak.ClientFaults;

/// <summary>The packets that passed the proxies of one schedule, as lines of text in the order in which they passed. Thread safe, but for one direction of a connection.</summary>
internal sealed class PacketTrace(MqttVersion version)
{
    private readonly ConcurrentQueue<string> _lines = new(); // a schedule has some hundred packets
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public IEnumerable<string> Lines => _lines;

    /// <summary>Decodes what passes in one direction of a connection.</summary>
    /// <param name="client">Which client.</param>
    /// <param name="connection">The number of the connection.</param>
    /// <param name="toServer">The direction.</param>
    /// <returns>What takes the bytes that have passed.</returns>
    public Action<ReadOnlySpan<byte>> Direction(string client, int connection, bool toServer)
    {
        var decoder = new MqttFrameDecoder(new MqttDecoder(null, version));
        var packets = new List<MqttPacket>();
        return bytes =>
        {
            packets.Clear();
            decoder.Decode(bytes.ToArray(), packets);
            foreach (var packet in packets)
                Add(client, connection, $"{(toServer ? "->" : "<-")} {packet}");
        };
    }

    /// <summary>A connection has ended.</summary>
    /// <param name="client">Which client.</param>
    /// <param name="connection">The number of the connection.</param>
    public void Ended(string client, int connection) => Add(client, connection, "ended");

    private void Add(string client, int connection, string text) =>
        _lines.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalMilliseconds,9:0.0} ms {client} {connection} {text}"));
}
