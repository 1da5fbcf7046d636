using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Xunit;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>What the meter of the assembly counts while it is listened to. The meter is the process's: use it in the collection <see cref="Alone"/>.</summary>
internal sealed class ConnectionCounters : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(string Name, long Value, string? Reason)> _measured = new();

    public ConnectionCounters()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == MqttExt.MeterName)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            string? reason = null;
            foreach (var tag in tags)
            {
                if (tag.Key == "reason")
                    reason = tag.Value as string;
            }

            _measured.Enqueue((instrument.Name, value, reason));
        });
        _listener.Start();
    }

    /// <summary>By how much the number of open connections has changed.</summary>
    public long OpenChange => Sum("mqtt.connections.open");

    /// <summary>The reasons of the connections that ended.</summary>
    public IReadOnlyList<string?> Ends => [.. _measured.Where(one => one.Name == "mqtt.connections.closed").Select(one => one.Reason)];

    /// <summary>The reasons of the commands that failed.</summary>
    public IReadOnlyList<string?> FailedCommands => [.. _measured.Where(one => one.Name == "mqtt.commands.failed").Select(one => one.Reason)];

    /// <summary>How many handshakes of clients failed.</summary>
    public long FailedHandshakes => Sum("mqtt.handshakes.failed");

    /// <summary>How often reading was suspended.</summary>
    public long Suspensions => Sum("mqtt.reading.suspended");

    public void Dispose() => _listener.Dispose();

    private long Sum(string name) => _measured.Where(one => one.Name == name).Sum(one => one.Value);
}

/// <summary>Specs that count what is counted per process: nothing runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
