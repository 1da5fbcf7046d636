using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Akka.Mqtt.Soak;

/// <summary>What must not grow: the levels of the server's meter, and the heap, handles and threads of this process. One thread at a time.</summary>
internal sealed class Gauges : IDisposable
{
    private readonly ConcurrentDictionary<string, long> _levels = new();
    private readonly MeterListener _meters = new();

    public Gauges()
    {
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == Server.MqttServer.MeterName && instrument is ObservableInstrument<long>)
                listener.EnableMeasurementEvents(instrument);
        };
        _meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var name = instrument.Name["mqtt.server.".Length..];
            foreach (var (_, tag) in tags)
                name += $" {tag}";
            _levels[name] = value;
        });
        _meters.Start();
    }

    /// <summary>One sample, the heap after a full collection.</summary>
    public Sample Take()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, true, true);
        GC.WaitForPendingFinalizers();
        var heap = GC.GetTotalMemory(true) / 1048576.0;
        using var process = Process.GetCurrentProcess();
        _meters.RecordObservableInstruments();
        return new Sample(
            heap,
            process.WorkingSet64 / 1048576.0,
            process.HandleCount,
            process.Threads.Count,
            Of("connections"),
            Of("sessions"),
            Of("subscriptions"),
            Of("retained.messages"),
            Of("queued.messages"));
    }

    /// <summary>What was refused and dropped, as the server counts it.</summary>
    public string Losses() => string.Join(", ", _levels
        .Where(each => each.Key.StartsWith("refusals", StringComparison.Ordinal) || each.Key.StartsWith("messages.dropped", StringComparison.Ordinal))
        .OrderBy(each => each.Key, StringComparer.Ordinal)
        .Select(each => $"{each.Key} {each.Value}"));

    public void Dispose() => _meters.Dispose();

    private long Of(string level) => _levels.GetValueOrDefault(level);

    /// <summary>The state of the process and of its server.</summary>
    internal sealed record Sample(
        double Heap, double WorkingSet, int Handles, int Threads, long Connections, long Sessions, long Subscriptions, long Retained, long Queued)
    {
        public override string ToString() => FormattableString.Invariant(
            $"heap {Heap:F1} MB, working set {WorkingSet:F0} MB, {Handles} handles, {Threads} threads, {Connections} connections, {Sessions} sessions, {Subscriptions} subscriptions, {Retained} retained, {Queued} queued");
    }
}
