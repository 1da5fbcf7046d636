using System.Diagnostics;
using Akka.Actor;
using HdrHistogram;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>
/// The shared state of the clients of one run: counters, latencies, the first failure. Thread safe; clients report once per batch, not per message.
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

    /// <summary>Identifies the messages of this run.</summary>
    public int Id { get; } = Random.Shared.Next();

    public BenchOptions Options { get; } = options;

    public LoadTarget Target { get; } = target;

    /// <summary>By index; complete before the first message is sent.</summary>
    public IReadOnlyList<IActorRef> Publishers { get; set; } = [];

    /// <summary>Connections that are ready for traffic.</summary>
    public long ReadyCount => Volatile.Read(ref _ready);

    /// <summary>The number of publishers that have stopped.</summary>
    public long StoppedCount => Volatile.Read(ref _stopped);

    /// <summary>The number of connections that were closed as requested.</summary>
    public long ClosedCount => Volatile.Read(ref _closed);

    public long SentCount => Volatile.Read(ref _sent);

    /// <summary>The number of messages that arrived; without subscribers, those that were acknowledged (QoS 0: handed to the transport).</summary>
    public long ArrivedCount => Volatile.Read(ref Options.Copies == 0 ? ref _acknowledged : ref _received);

    /// <summary>The number of sent messages that should arrive.</summary>
    public long ExpectedCount => SentCount * Math.Max(1, Options.Copies);

    /// <summary>A number that grows with every event.</summary>
    public long Progress => ReadyCount + SentCount + Volatile.Read(ref _received) + Volatile.Read(ref _acknowledged);

    /// <summary>The first failure.</summary>
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

    /// <summary>Later messages do not count; earlier ones still count when they arrive.</summary>
    public void EndMeasuring() => Volatile.Write(ref _measureTo, Stopwatch.GetTimestamp());

    /// <summary>
    /// Records messages with their times of sending and arrival, if either time is in the measured interval. So late messages at its start and at its end are
    /// included.
    /// </summary>
    public void Latency(long sentAt, long arrivedAt, int count)
    {
        if (count > 0 && arrivedAt >= Volatile.Read(ref _measureFrom) && sentAt < Volatile.Read(ref _measureTo))
            _latencies.RecordValueWithCount(Math.Clamp(Stamp.Nanoseconds(sentAt, arrivedAt), 1, LongestLatency), count);
    }
}
