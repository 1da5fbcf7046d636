using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak.Attacks;

/// <summary>What the attacks have in common: a time, clients at work meanwhile, problems, and one line of JSON with the peaks.</summary>
internal sealed class Attack(string mode, TimeSpan duration, bool isBusy)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<string> _problems = [];

    /// <summary>What the line says; the values are the worst ones of all rounds.</summary>
    public SortedDictionary<string, double> Peaks { get; } = [];

    public bool GoesOn => _clock.Elapsed < duration && _problems.Count == 0;

    /// <summary>How long a good client may wait where a second is promised: on a busy machine only a server that hangs is found.</summary>
    public TimeSpan Promise { get; } = TimeSpan.FromSeconds(isBusy ? 15 : 1);

    public int Rounds { get; set; }

    public void Peak(string name, double value) => Peaks[name] = Math.Max(Peaks.GetValueOrDefault(name), Math.Round(value, 2));

    public void Count(string name, double by = 1) => Peaks[name] = Peaks.GetValueOrDefault(name) + by;

    public void Fail(string problem) => _problems.Add(problem);

    /// <summary>A new client is accepted within a time, however often it has to try. Milliseconds until then.</summary>
    public async Task<double> NewcomerAsync(IPEndPoint address, TimeSpan within, string when, string? user = null, IPAddress? from = null)
    {
        var started = Stopwatch.GetTimestamp();
        var last = "";
        while (Stopwatch.GetElapsedTime(started) < within)
        {
            try
            {
                using var client = await Client.DialAsync(address, from, timeout: within);
                await client.HelloAsync(new Connect { ClientId = $"newcomer-{Guid.NewGuid():N}", UserName = user, Password = user is null ? (MqttBinary?)null : user });
                var answer = await client.NextAsync(within);
                if (answer is ConnAck { ReasonCode: ReasonCode.Success })
                    return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                last = answer?.ToString() ?? "closed";
            }
            catch (Exception error) when (error is IOException or SocketException or OperationCanceledException)
            {
                last = error.Message;
            }
            await Task.Delay(20);
        }
        Fail($"{when}: a new client was not accepted within {within.TotalSeconds} s ({last})");
        return within.TotalMilliseconds;
    }

    /// <summary>Does something while clients are at work, which must be served all the time.</summary>
    public async Task WitnessedAsync(Witnesses witnesses, string what, Func<Task> act)
    {
        using var end = new CancellationTokenSource();
        var watch = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                if (await witnesses.CheckAsync() is { } problem)
                    return problem;
                await Task.Delay(20);
            }
            return null;
        });
        try
        {
            await act();
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException)
        {
            Fail($"{what}: a client of the attack was not served: {error.Message}");
        }
        await end.CancelAsync();
        if (await watch is { } found)
            Fail($"{what}: {found}");
        Peak("workWorstMs", witnesses.Worst);
    }

    /// <summary>The last lines, and the exit code.</summary>
    public int Report()
    {
        _problems.ForEach(problem => Console.WriteLine($"FAILED: {problem}"));
        var line = new Dictionary<string, object> { ["mode"] = mode, ["seconds"] = (int)_clock.Elapsed.TotalSeconds, ["rounds"] = Rounds };
        foreach (var (name, value) in Peaks)
            line[name] = value;
        line["failed"] = _problems.Count;
        Console.WriteLine(JsonSerializer.Serialize(line));
        return _problems.Count == 0 ? 0 : 1;
    }
}
