using System.Text;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.TestKit.Probe;

/// <summary>The last packets of a connection, for failure messages. Bounded; one line for each, without bytes. Thread safe.</summary>
internal sealed class ProbeHistory
{
    private const int MaxLines = 16;

    private readonly Lock _lock = new();
    private readonly Queue<string> _lines = new();
    private int _dropped;

    public void Sent(MqttPacket packet) => Add($"sent     {packet}");

    public void Sent(ReadOnlySpan<byte> bytes) =>
        Add($"sent     {bytes.Length} raw bytes {Wire.Hex(bytes[..Math.Min(bytes.Length, 24)])}{(bytes.Length > 24 ? " …" : "")}");

    public void Received(MqttPacket packet) => Add($"received {packet}");

    public void Note(string what) => Add(what);

    public void AppendTo(StringBuilder text)
    {
        lock (_lock)
        {
            if (_lines.Count == 0)
                return;
            text.Append("\nBefore that:\n");
            if (_dropped > 0)
                text.Append("  … ").Append(_dropped).Append(" earlier\n");
            foreach (var line in _lines)
                text.Append("  ").Append(line).Append('\n');
        }
    }

    private void Add(string line)
    {
        lock (_lock)
        {
            _lines.Enqueue(line);
            if (_lines.Count <= MaxLines)
                return;
            _lines.Dequeue();
            _dropped++;
        }
    }
}
