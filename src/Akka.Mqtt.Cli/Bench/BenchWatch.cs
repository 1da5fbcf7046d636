using System.Diagnostics;
using System.Globalization;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>Watches a run for failures, for silence and for Ctrl-C, and prints the progress to stderr once a second. Used by the thread of the command.</summary>
internal sealed class BenchWatch(BenchOptions options, LoadRun run, TextWriter errors, CancellationToken interrupt)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    /// <summary>The time without an arrival after which messages under way at the end count as lost.</summary>
    private static readonly TimeSpan MostDrainSilence = TimeSpan.FromSeconds(3);

    /// <summary>Waits until a number of connections are ready; false when interrupted.</summary>
    public Task<bool> ReadyAsync(int connections, string what) => WatchAsync(
        () => run.ReadyCount >= connections,
        TimeSpan.MaxValue,
        () => run.ReadyCount < connections,
        () => string.Create(
            CultureInfo.InvariantCulture,
            $"nothing arrives: {run.ReadyCount} of {connections} connections are ready, no other for {options.Patience.TotalSeconds} s."),
        _ => $"{run.ReadyCount:N0} of {connections:N0} connections, opening {what}");

    /// <summary>Waits until all sent messages have arrived, or nothing has arrived for some time.</summary>
    public Task DrainAsync()
    {
        var (last, since) = (run.ArrivedCount, Stopwatch.GetTimestamp());
        return WaitAsync(IsDrained, TimeSpan.MaxValue);

        bool IsDrained()
        {
            if (run.ArrivedCount is var now && now != last)
                (last, since) = (now, Stopwatch.GetTimestamp());
            return now >= run.ExpectedCount || Stopwatch.GetElapsedTime(since) > MostDrainSilence;
        }
    }

    /// <summary>Lets time pass; false when interrupted.</summary>
    public async Task<bool> ElapseAsync(TimeSpan time, string what)
    {
        var (began, sent, arrived) = (Stopwatch.GetTimestamp(), run.SentCount, run.ArrivedCount);
        await WatchAsync(
            () => false,
            time,
            () => run.ArrivedCount < run.ExpectedCount,
            () => string.Create(
                CultureInfo.InvariantCulture,
                $"nothing arrives: {run.SentCount} sent, {run.ArrivedCount} of {run.ExpectedCount} received, no other for {options.Patience.TotalSeconds} s."),
            interval =>
            {
                var (sentNow, arrivedNow) = (run.SentCount, run.ArrivedCount);
                var line = $"{Stopwatch.GetElapsedTime(began).TotalSeconds:0} s {what}: {(sentNow - sent) / interval:N0} sent/s, {(arrivedNow - arrived) / interval:N0} received/s";
                (sent, arrived) = (sentNow, arrivedNow);
                return options.Mode == BenchMode.Idle ? $"{Stopwatch.GetElapsedTime(began).TotalSeconds:0} s {what}: {run.ReadyCount:N0} connections" : line;
            }).ConfigureAwait(false);
        return !interrupt.IsCancellationRequested;
    }

    /// <summary>Waits a short time without output, also after Ctrl-C.</summary>
    public async Task WaitAsync(Func<bool> isDone, TimeSpan limit)
    {
        for (var began = Stopwatch.GetTimestamp(); !isDone() && Stopwatch.GetElapsedTime(began) < limit;)
        {
            ThrowIfFailed();
            await Task.Delay(Tick, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<bool> WatchAsync(Func<bool> isDone, TimeSpan limit, Func<bool> isOwed, Func<string> complaint, Func<double, string> progress)
    {
        var began = Stopwatch.GetTimestamp();
        var (last, since, said) = (run.Progress, began, began);
        while (!isDone() && !interrupt.IsCancellationRequested)
        {
            ThrowIfFailed();
            var left = limit == TimeSpan.MaxValue ? Tick : limit - Stopwatch.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
                break;
            if (run.Progress is var now && (now != last || !isOwed()))
                (last, since) = (now, Stopwatch.GetTimestamp());
            else if (Stopwatch.GetElapsedTime(since) > options.Patience)
                throw new BenchFailure(complaint());
            if (Stopwatch.GetElapsedTime(said) is { TotalSeconds: >= 1 } interval)
            {
                await errors.WriteLineAsync($"akka-mqtt: {progress(interval.TotalSeconds)}").ConfigureAwait(false);
                said = Stopwatch.GetTimestamp();
            }
            await Task.Delay(left < Tick ? left : Tick, CancellationToken.None).ConfigureAwait(false);
        }
        return !interrupt.IsCancellationRequested;
    }

    private void ThrowIfFailed()
    {
        if (run.Failure is { } failure)
            throw new BenchFailure(failure);
    }
}
