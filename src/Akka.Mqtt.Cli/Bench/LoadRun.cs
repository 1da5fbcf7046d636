using System.Diagnostics;
using Akka.Actor;
using HdrHistogram;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>
/// What the clients of one run share: counters, latencies, the first failure. Thread safe; clients report once per batch, not per message.
/// </summary>
internal sealed class LoadRun(BenchOptions options, LoadTarget target)
{
    private static readonly long LongestLatency = (long)TimeSpan.FromHours(1).TotalNanoseconds;

    private readonly LongConcurrentHistogram _latencies = new(1, LongestLatency, 3);
    private long _ready;
    private long _stopped;
    private long _closed;
    private long _sent;
    private long _received;
    private long _acknowledged;
    private long _measureFrom = long.MaxValue;
    private long _measureTo = long.MaxValue;
    private string? _failure;

    /// <summary>Tells the messages of this run from those of another.</summary>
    public int Id { get; } = Random.Shared.Next();

    public BenchOptions Options { get; } = options;

    public LoadTarget Target { get; } = target;

    /// <summary>By index; complete before the first message is sent.</summary>
    public IReadOnlyList<IActorRef> Publishers { get; set; } = [];

    /// <summary>Connections that are ready for traffic.</summary>
    public long ReadyCount => Volatile.Read(ref _ready);

    /// <summary>Publishers that will send no more.</summary>
    public long StoppedCount => Volatile.Read(ref _stopped);

    /// <summary>Connections that were closed when they had been told to leave.</summary>
    public long ClosedCount => Volatile.Read(ref _closed);

    public long SentCount => Volatile.Read(ref _sent);

    /// <summary>Messages that arrived; without subscribers, those that were acknowledged (QoS 0: that went to the transport).</summary>
    public long ArrivedCount => Volatile.Read(ref Options.Copies == 0 ? ref _acknowledged : ref _received);

    /// <summary>How many are to arrive of what was sent.</summary>
    public long ExpectedCount => SentCount * Math.Max(1, Options.Copies);

    /// <summary>Grows with everything that happens.</summary>
    public long Progress => ReadyCount + SentCount + Volatile.Read(ref _received) + Volatile.Read(ref _acknowledged);

    /// <summary>The first thing that went wrong.</summary>
    public string? Failure => Volatile.Read(ref _failure);

    /// <summary>Latencies in nanoseconds.</summary>
    public HistogramBase Latencies => _latencies;

    public void Ready() => Interlocked.Increment(ref _ready);

    public void Stopped() => Interlocked.Increment(ref _stopped);

    public void Closed() => Interlocked.Increment(ref _closed);

    public void Sent(int count) => Interlocked.Add(ref _sent, count);

    public void Received(int count) => Interlocked.Add(ref _received, count);

    public void Acknowledged(int count) => Interlocked.Add(ref _acknowledged, count);

    public void Fail(string reason) => Interlocked.CompareExchange(ref _failure, reason, null);

    /// <summary>From now on latencies count.</summary>
    public void BeginMeasuring() => Volatile.Write(ref _measureFrom, Stopwatch.GetTimestamp());

    /// <summary>What is sent from now on does not count; what was sent before still does when it arrives.</summary>
    public void EndMeasuring() => Volatile.Write(ref _measureTo, Stopwatch.GetTimestamp());

    /// <summary>
    /// Records messages that were sent at one time and arrived at another, if any of that was in the measured interval: neither those that
    /// were late when it began are left out, nor those that are late when it ends.
    /// </summary>
    public void Latency(long sentAt, long arrivedAt, int count)
    {
        if (count > 0 && arrivedAt >= Volatile.Read(ref _measureFrom) && sentAt < Volatile.Read(ref _measureTo))
            _latencies.RecordValueWithCount(Math.Clamp(Stamp.Nanoseconds(sentAt, arrivedAt), 1, LongestLatency), count);
    }
}
