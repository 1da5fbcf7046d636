using System.Diagnostics;
using System.Globalization;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>Waiting: watches for failures, for silence and for Ctrl-C, and prints the progress to stderr once a second.</summary>
internal sealed partial class BenchRunner
{
    /// <summary>After so long without an arrival, what is still under way at the end counts as lost.</summary>
    private static readonly TimeSpan MostDrainSilence = TimeSpan.FromSeconds(3);

    /// <summary>Waits until all clients opened so far are ready; false when interrupted.</summary>
    private Task<bool> ReadyAsync(string what) => WatchAsync(
        () => _run.ReadyCount >= _connections,
        TimeSpan.MaxValue,
        () => _run.ReadyCount < _connections,
        () => string.Create(
            CultureInfo.InvariantCulture,
            $"nothing arrives: {_run.ReadyCount} of {_connections} connections are ready, no other for {options.Patience.TotalSeconds} s."),
        _ => $"{_run.ReadyCount:N0} of {_connections:N0} connections, opening {what}");

    /// <summary>Lets time pass; false when interrupted.</summary>
    private async Task<bool> ElapseAsync(TimeSpan time, string what)
    {
        var (began, sent, arrived) = (Stopwatch.GetTimestamp(), _run.SentCount, _run.ArrivedCount);
        await WatchAsync(
            () => false,
            time,
            () => _run.ArrivedCount < _run.ExpectedCount,
            () => string.Create(
                CultureInfo.InvariantCulture,
                $"nothing arrives: {_run.SentCount} sent, {_run.ArrivedCount} of {_run.ExpectedCount} received, no other for {options.Patience.TotalSeconds} s."),
            interval =>
            {
                var (sentNow, arrivedNow) = (_run.SentCount, _run.ArrivedCount);
                var line = $"{Stopwatch.GetElapsedTime(began).TotalSeconds:0} s {what}: {(sentNow - sent) / interval:N0} sent/s, {(arrivedNow - arrived) / interval:N0} received/s";
                (sent, arrived) = (sentNow, arrivedNow);
                return options.Mode == BenchMode.Idle ? $"{Stopwatch.GetElapsedTime(began).TotalSeconds:0} s {what}: {_run.ReadyCount:N0} connections" : line;
            }).ConfigureAwait(false);
        return !interrupt.IsCancellationRequested;
    }

    /// <summary>Waits without a word and without patience, also after Ctrl-C.</summary>
    private async Task WaitAsync(Func<bool> isDone, TimeSpan limit)
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
        var (last, since, said) = (_run.Progress, began, began);
        while (!isDone() && !interrupt.IsCancellationRequested)
        {
            ThrowIfFailed();
            var left = limit == TimeSpan.MaxValue ? Tick : limit - Stopwatch.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
                break;
            if (_run.Progress is var now && (now != last || !isOwed()))
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
        if (_run.Failure is { } failure)
            throw new BenchFailure(failure);
    }

    /// <summary>The run cannot go on; the message is for people.</summary>
    private sealed class BenchFailure(string message) : Exception(message);
}
