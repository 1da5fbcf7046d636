using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak.ClientCrash;

/// <summary>
/// Kills a process whose client has its queue in a file, again and again on the same file. The server, in this process, keeps the session. What the client said
/// that it has stored, or that the server has, arrives; nothing of QoS 2 arrives twice, in either direction; first copies arrive in order.
/// </summary>
internal sealed class ClientCrashRun(string directory, int port, bool v5)
{
    private const int Patience = 60; // seconds

    // Messages for the client that may wait at the server, whose queue of a session is bounded.
    private const int MostWaiting = 300;

    private readonly HashSet<int> _promised = [];
    private readonly ConcurrentDictionary<string, bool> _handled = new();
    private HashSet<string> _receivedBefore = [];
    private bool _hasSubscribed;

    public static async Task<int> RunAsync(int kills, int seed)
    {
        await using var host = await Host.StartAsync(null, "sys-interval = off");
        var v5 = seed % 2 == 1;
        using var tap = new PacketTap(host.Address, v5 ? MqttVersion.V5 : MqttVersion.V311);
        var directory = Directory.CreateTempSubdirectory("client-crash").FullName;
        try
        {
            await new ClientCrashRun(directory, tap.Port, v5).RunAsync(host, tap, kills, seed);
            return 0;
        }
        catch (InvalidOperationException fault)
        {
            Console.WriteLine($"FAULT (seed {seed}): {fault.Message}");
            return 1;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private async Task RunAsync(Host host, PacketTap tap, int kills, int seed)
    {
        var settings = MqttClientSettings.Create((Configuration.Config?)null) with { Servers = [new Uri($"mqtt://{host.Address}")], ReceiveMaximum = 65_535 };
        await using var parent = await MqttClient.ConnectAsync(settings);
        var arrived = new List<(int Number, string Topic)>();
        _ = Task.Run(async () =>
        {
            await foreach (var message in parent.SubscribeAsync("crash/parent/#", QualityOfService.ExactlyOnce))
            {
                lock (arrived)
                    arrived.Add((int.Parse(message.Payload.ToText(), CultureInfo.InvariantCulture), message.Topic));
            }
        });
        var clock = Stopwatch.StartNew();
        var sent = 0;
        for (var kill = 0; kill < kills; kill++)
        {
            using var stop = new CancellationTokenSource();
            var publishing = _hasSubscribed ? PublishAsync(parent, () => sent - _handled.Count < MostWaiting ? $"c{sent++}" : null, stop.Token) : Task.CompletedTask;
            await RunChildAsync(tap, seed + kill, isLast: false, new Random((seed + kill) * 7919));
            await stop.CancelAsync();
            await publishing;
            if ((kill + 1) % 50 == 0)
                Console.WriteLine($"{kill + 1} kills, {_promised.Count} messages promised, {sent} received or about to be, {tap.Repeats} sent again, {clock.Elapsed.TotalSeconds:0} s");
        }
        for (var tries = 0; await RunChildAsync(tap, seed + kills + tries, isLast: true, new Random(0)) > 0 || _handled.Count < sent; tries++)
        {
            if (tries == 20)
                throw new InvalidOperationException($"after {tries} processes that were not killed {sent - _handled.Count} messages for the client are not handled, or its queue is not empty");
        }
        await CheckAsync(arrived);
        Console.WriteLine($"{kills} kills from seed {seed}: {_promised.Count} messages promised and arrived, {sent} handled, {tap.Repeats} sent again, 0 faults, {clock.Elapsed.TotalSeconds:0} s");
    }

    private static async Task PublishAsync(MqttClient parent, Func<string?> next, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            for (var burst = 0; burst < 5 && next() is { } text; burst++)
                await parent.PublishAsync("crash/child/x", text, QualityOfService.ExactlyOnce, CancellationToken.None);
            await Task.Delay(10, CancellationToken.None);
        }
    }

    private async Task CheckAsync(List<(int Number, string Topic)> arrived)
    {
        var until = Stopwatch.StartNew();
        (int Number, string Topic)[] all;
        while (true)
        {
            lock (arrived)
                all = [.. arrived];
            var missing = _promised.Except(all.Select(each => each.Number)).ToList();
            if (missing.Count == 0)
                break;
            if (until.Elapsed.TotalSeconds > Patience)
                throw new InvalidOperationException($"{missing.Count} messages that were stored or acknowledged did not arrive, the first is {missing.Min()}");
            await Task.Delay(100);
        }
        var seen = new HashSet<int>();
        var last = new Dictionary<string, int>();
        foreach (var (number, topic) in all)
        {
            if (!seen.Add(number))
            {
                if (topic.Contains("/2/", StringComparison.Ordinal))
                    throw new InvalidOperationException($"message {number} of QoS 2 arrived twice");
                continue;
            }
            if (last.TryGetValue(topic, out var before) && before > number)
                throw new InvalidOperationException($"message {number} of {topic} arrived after {before}");
            last[topic] = number;
        }
    }

    /// <summary>Runs a process, and kills it at a random moment.</summary>
    /// <returns>How many messages its queue has when it ends by itself.</returns>
    private async Task<int> RunChildAsync(PacketTap tap, int seed, bool isLast, Random random)
    {
        var info = new ProcessStartInfo("dotnet", [typeof(ClientCrashRun).Assembly.Location, "client-crash-child", "--file", Path.Combine(directory, "queue.db"), "--port", $"{port}", "--seed", $"{seed}"])
        {
            RedirectStandardOutput = true,
        };
        if (v5)
            info.ArgumentList.Add("--v5");
        if (isLast)
            info.ArgumentList.Add("--last");
        using var child = Process.Start(info)!;
        var killAt = isLast ? int.MaxValue : random.Next(4) == 0 ? random.Next(0, 10) : random.Next(10, 1500);
        var (lines, left) = (0, -1);
        var handled = new HashSet<string>();
        var fault = "";
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(Patience));
        if (killAt == 0)
            await KillAsync();
        try
        {
            while (await child.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                var words = line.Split(' ', 2);
                if (words[0] is "stored" or "acked")
                    _promised.Add(int.Parse(words[1], CultureInfo.InvariantCulture));
                else if (words[0] == "handled")
                {
                    _handled[words[1]] = true;
                    if (!handled.Add(words[1]))
                        fault = $"{words[1]} was delivered twice by one process";
                }
                else if (words[0] == "subscribed")
                    _hasSubscribed = true;
                else if (words[0] == "left")
                    left = int.Parse(words[1], CultureInfo.InvariantCulture);
                else if (words[0] == "fault")
                    fault = line;
                if (++lines == killAt)
                    await KillAsync();
            }
        }
        catch (OperationCanceledException)
        {
            child.Kill();
            fault = "the process does nothing any more";
        }
        await child.WaitForExitAsync();
        var (received, faults) = await tap.SettleAsync();
        fault = faults.Count > 0 ? faults[0] : handled.FirstOrDefault(_receivedBefore.Contains) is { } twice ? $"{twice} was delivered after an earlier process had sent its PUBREC" : fault;
        if (fault.Length > 0)
            throw new InvalidOperationException($"process {seed}: {fault}");
        if (left < 0 && (isLast || lines < killAt))
            throw new InvalidOperationException($"process {seed} ended by itself");
        _receivedBefore = received;
        return left;

        async Task KillAsync()
        {
            await Task.Delay(random.Next(0, 4));
            child.Kill();
        }
    }
}
