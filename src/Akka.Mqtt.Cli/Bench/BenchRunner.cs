using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Cli.Commands;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>
/// Runs a benchmark from the first connection to the line of JSON: opens the clients, warms up, measures, and waits for messages under way. The clients are
/// actors; this thread watches them.
/// </summary>
internal sealed class BenchRunner(BenchOptions options, TextWriter output, TextWriter errors, CancellationToken interrupt)
{
    /// <summary>The server refused, a connection was lost, or nothing arrived.</summary>
    public const int FailedExitCode = 1;

    private static readonly TimeSpan ClosingTimeLimit = TimeSpan.FromSeconds(5);

    private readonly List<IActorRef> _clients = [];
    private readonly string _id = $"{options.Prefix.Replace('/', '-')}-{Environment.ProcessId}";
    private ActorSystem _system = null!;
    private LoadRun _run = null!;
    private BenchWatch _watch = null!;
    private int _connections;

    /// <exception cref="CommandFailure">An option is wrong.</exception>
    public async Task<int> RunAsync()
    {
        BenchRules.Check(options);
        if (options.Pid is not null && ProcessUsage.Read(options.Pid) is null)
            throw new CommandFailure($"--pid {options.Pid}: there is no such process, or this user may not read its figures.");
        _system = ActorSystem.Create("akka-mqtt-bench", ConfigurationFactory.ParseString(ServeConfiguration.Base));
        try
        {
            _system.Mqtt(); // starts it on this thread, so that no thread of the actors waits
            _run = new LoadRun(options, new LoadTarget(options, _system));
            _watch = new BenchWatch(options, _run, errors, interrupt);
            var report = options.Mode == BenchMode.Idle ? await IdleAsync().ConfigureAwait(false) : await LoadAsync().ConfigureAwait(false);
            await LeaveAsync().ConfigureAwait(false);
            await output.WriteLineAsync(BenchReport.ToJson(report)).ConfigureAwait(false);
            await output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            return 0;
        }
        catch (BenchFailure failure)
        {
            await errors.WriteLineAsync($"akka-mqtt: {failure.Message.ReplaceLineEndings(" ")}").ConfigureAwait(false);
            return FailedExitCode;
        }
        finally
        {
            await _system.Terminate().ConfigureAwait(false);
        }
    }

    private async Task<BenchReport> LoadAsync()
    {
        var (from, to) = (BenchSnapshot.Take(_run), (BenchSnapshot?)null);
        long? lost = null;
        if (await OpenAllAsync().ConfigureAwait(false))
        {
            var began = Stopwatch.GetTimestamp();
            foreach (var publisher in _run.Publishers)
                publisher.Tell(new PublisherActor.Begin(began));
            using (options.Rate is null ? null : new Pacer(options, _run.Publishers, began))
            {
                if (await _watch.ElapseAsync(options.Warmup, "warm-up").ConfigureAwait(false))
                {
                    _run.BeginMeasuring();
                    from = BenchSnapshot.Take(_run);
                    await _watch.ElapseAsync(options.Seconds, "measured").ConfigureAwait(false);
                    to = BenchSnapshot.Take(_run);
                    _run.EndMeasuring();
                }
            }
            lost = await DrainAsync().ConfigureAwait(false);
        }
        var report = to is { } end ? BenchSnapshot.Report(_run, from, end, lost) : BenchSnapshot.Describe(options) with { Lost = lost };
        return report with { Interrupted = interrupt.IsCancellationRequested ? true : null };
    }

    /// <summary>Opens first background subscribers, then subscribers, then publishers. False when interrupted.</summary>
    private async Task<bool> OpenAllAsync()
    {
        if (options.Background > 0)
        {
            OpenIdleClients("b", options.Background, subscribes: true);
            if (!await _watch.ReadyAsync(_connections, "background subscribers").ConfigureAwait(false))
                return false;
        }
        for (var i = 0; i < options.Subs; i++)
        {
            var index = i;
            Open(Props.Create(() => new SubscriberActor(_run, $"{_id}-s{index}", _connections, index)).WithDeploy(Deploy.Local), 1);
        }
        if (!await _watch.ReadyAsync(_connections, "subscribers").ConfigureAwait(false))
            return false;
        var subscribers = _clients.Count;
        for (var i = 0; i < options.Pubs; i++)
        {
            var index = i;
            Open(Props.Create(() => new PublisherActor(_run, $"{_id}-p{index}", _connections, index)).WithDeploy(Deploy.Local), 1);
        }
        _run.Publishers = [.. _clients.Skip(subscribers)];
        return await _watch.ReadyAsync(_connections, "publishers").ConfigureAwait(false);
    }

    private void OpenIdleClients(string kind, int count, bool subscribes) =>
        Open(Props.Create(() => new IdleClientsActor(_run, $"{_id}-{kind}", count, subscribes)).WithDeploy(Deploy.Local), count);

    private void Open(Props client, int connections)
    {
        _clients.Add(_system.ActorOf(client));
        _connections += connections;
    }

    private async Task<BenchReport> IdleAsync()
    {
        var before = BenchSnapshot.Take(_run);
        OpenIdleClients("i", options.Connections, subscribes: false);
        await _watch.ReadyAsync(_connections, "idle clients").ConfigureAwait(false);
        var opened = BenchSnapshot.Take(_run);
        var ready = _run.ReadyCount;
        await _watch.ElapseAsync(options.Seconds, "idle").ConfigureAwait(false);
        var after = BenchSnapshot.Take(_run);
        var opening = Stopwatch.GetElapsedTime(before.Time, opened.Time);
        var idling = Stopwatch.GetElapsedTime(opened.Time, after.Time);
        return BenchSnapshot.Describe(options) with
        {
            Measured = Math.Round(idling.TotalSeconds, 3),
            Interrupted = interrupt.IsCancellationRequested ? true : null,
            ConnectsPerS = BenchReport.Round(ready / opening.TotalSeconds),
            ServerCpuUsPerConnect = BenchReport.Round((opened.Server?.Cpu - before.Server?.Cpu)?.TotalMicroseconds / ready),
            ServerKbPerConnection = BenchReport.Round((after.Server?.ResidentBytes - before.Server?.ResidentBytes) / 1024.0 / ready, 2),
            ServerCpuPercent = BenchReport.Round((after.Server?.Cpu - opened.Server?.Cpu)?.TotalSeconds / idling.TotalSeconds * 100),
            ServerRssMb = BenchReport.Round(after.Server?.ResidentBytes / 1048576.0),
            OwnCpuPercent = BenchReport.Round((opened.OwnCpu - before.OwnCpu).TotalSeconds / opening.TotalSeconds * 100),
        };
    }

    /// <summary>Stops the publishers, and waits for messages under way. Returns the number of lost messages, if it can be known.</summary>
    private async Task<long?> DrainAsync()
    {
        foreach (var publisher in _run.Publishers)
            publisher.Tell(PublisherActor.Stop.Instance);
        await _watch.WaitAsync(() => _run.StoppedCount >= options.Pubs, ClosingTimeLimit).ConfigureAwait(false);
        await _watch.DrainAsync().ConfigureAwait(false);
        return options is { Copies: 0, QoS: Protocol.QualityOfService.AtMostOnce } ? null : _run.ExpectedCount - _run.ArrivedCount;
    }

    /// <summary>Every client sends DISCONNECT; waits only a short time.</summary>
    private async Task LeaveAsync()
    {
        foreach (var client in _clients)
            client.Tell(LoadClient.Leave.Instance);
        await _watch.WaitAsync(() => _run.ClosedCount >= _run.ReadyCount, ClosingTimeLimit).ConfigureAwait(false);
    }
}
