using System.Diagnostics;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.StorageBenchmarks;

/// <summary>
/// Messages a second through append, commit and removal. Each publisher has one batch under way; a subscriber removes it when it is committed
/// (<c>away</c>: nobody removes), as a server does whose clients acknowledge.
/// </summary>
internal static class Throughput
{
    public static async Task<int> Run(string place, int sessions, int batch, int size, int seconds, bool away)
    {
        var storage = CrashRound.Storage(place);
        await using var engine = await storage.OpenAsync(CrashRound.Options(CrashRound.LimitsOf(1) with { MaxQueuedMessages = int.MaxValue, MaxQueuedBytes = long.MaxValue }));
        var publishers = new List<Publisher>();
        for (var at = 0; at < sessions; at++)
        {
            var session = engine.NextSession();
            engine.Append(new StoreUnit([new StoreOp.SessionStarted(session, new SessionKey("", null, $"bench {at}"), null, 0)], null));
            publishers.Add(new Publisher(engine, session, batch, new byte[size], away));
        }
        foreach (var publisher in publishers)
            publisher.Start();
        await Task.Delay(TimeSpan.FromSeconds(2));
        foreach (var publisher in publishers)
            publisher.Measure();
        var (messages, cpu, watch) = (publishers.Sum(each => each.Messages), Process.GetCurrentProcess().TotalProcessorTime, Stopwatch.StartNew());
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        var (done, used, time) = (publishers.Sum(each => each.Messages) - messages, Process.GetCurrentProcess().TotalProcessorTime - cpu, watch.Elapsed);
        foreach (var publisher in publishers)
            publisher.Stop();
        Console.WriteLine($"{done / time.TotalSeconds:N0} messages/s, {used.TotalMicroseconds / done:N2} µs CPU a message, {sessions} sessions, batches of {batch}, {size} bytes");
        var waits = publishers.SelectMany(each => each.Waits).Order().ToList();
        Console.WriteLine(waits.Count == 0 ? "nothing was committed" : $"from append to receipt: median {Share(waits, 0.5):N1} ms, 99 % {Share(waits, 0.99):N1} ms, longest {waits[^1]:N1} ms");
        return 0;
    }

    private static double Share(List<double> sorted, double share) => sorted[(int)((sorted.Count - 1) * share)];

    private sealed class Publisher(IStorageEngine engine, long session, int count, byte[] payload, bool away) : IStoreReceipt
    {
        private volatile bool _isStopped;
        private long _messages;
        private long _first;
        private long _appended;
        private volatile bool _isMeasured;

        /// <summary>Milliseconds from each append to its receipt; after <see cref="Stop"/>.</summary>
        public List<double> Waits { get; } = [];

        public long Messages => Interlocked.Read(ref _messages);

        public void Start() => Append(null);

        public void Stop() => _isStopped = true;

        public void Measure() => _isMeasured = true;

        public void Complete()
        {
            if (_isMeasured && !_isStopped)
                Waits.Add(Stopwatch.GetElapsedTime(_appended).TotalMilliseconds);
            Interlocked.Add(ref _messages, count);
            if (_isStopped)
                return;
            if (away)
            {
                Append(null);
                return;
            }
            var numbers = new long[count];
            for (var at = 0; at < count; at++)
                numbers[at] = _first + at;
            Append(new StoreOp.Removed(session, numbers));
        }

        private void Append(StoreOp? before)
        {
            var batch = new Publish[count];
            for (var at = 0; at < count; at++)
                batch[at] = new Publish("bench/topic", MqttBinary.Wrap(payload)) { QoS = QualityOfService.AtLeastOnce };
            _first = engine.NextMessages(count);
            _appended = Stopwatch.GetTimestamp();
            var queued = new StoreOp.Queued(_first, batch, 0, [session], null);
            engine.Append(new StoreUnit(before is null ? [queued] : [before, queued], this));
        }
    }
}
