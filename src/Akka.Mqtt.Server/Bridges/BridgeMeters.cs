using System.Diagnostics.Metrics;

namespace Akka.Mqtt.Server.Bridges;

/// <summary>The counters of one bridge, and its instruments.</summary>
internal sealed class BridgeMeters
{
    /// <summary>Makes the instruments.</summary>
    /// <param name="name">The name of the bridge.</param>
    /// <param name="meter">The meter of the server; null when nobody measures.</param>
    public BridgeMeters(string name, Meter? meter)
    {
        if (meter is null)
            return;
        var tag = new KeyValuePair<string, object?>("bridge", name);
        meter.CreateObservableUpDownCounter(
            "mqtt.server.bridge.connected", () => new Measurement<long>(IsConnected ? 1 : 0, tag), "{connection}", "Whether a bridge is connected to its other server: 1 or 0.");
        meter.CreateObservableCounter("mqtt.server.bridge.messages", () => Each(Out.Forwarded, In.Forwarded), "{message}", "Messages that a bridge has handed over, by direction.");
        meter.CreateObservableCounter("mqtt.server.bridge.dropped", () => Each(Out.Dropped, In.Dropped), "{message}", "Messages that a bridge has dropped, by direction.");

        IEnumerable<Measurement<long>> Each(long outgoing, long incoming)
        {
            yield return new Measurement<long>(outgoing, tag, new("direction", "out"));
            yield return new Measurement<long>(incoming, tag, new("direction", "in"));
        }
    }

    /// <summary>Whether the other server has accepted the bridge.</summary>
    public bool IsConnected { get; set; }

    /// <summary>Messages to the other server.</summary>
    public Direction Out { get; } = new();

    /// <summary>Messages from the other server.</summary>
    public Direction In { get; } = new();

    /// <summary>The counts of one direction. Only the bridge writes them; any thread may read them.</summary>
    internal sealed class Direction
    {
        private long _forwarded;
        private long _dropped;

        /// <summary>Messages that the target has accepted.</summary>
        public long Forwarded => Interlocked.Read(ref _forwarded);

        /// <summary>Messages that the bridge has dropped.</summary>
        public long Dropped => Interlocked.Read(ref _dropped);

        public void AddForwarded() => Interlocked.Increment(ref _forwarded);

        public void AddDropped() => Interlocked.Increment(ref _dropped);
    }
}
