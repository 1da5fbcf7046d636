using System.Net.Sockets;

namespace Akka.Mqtt.Soak.Attacks;

/// <summary>More silent connections than a server may have file descriptors: it lives, serves its clients, and accepts again.</summary>
internal static class DescriptorAttack
{
    private const int WavesPerServer = 3;
    private static readonly int[] Limits = [300, 400, 600, 1024];

    public static async Task<int> RunAsync(TimeSpan duration, bool isBusy)
    {
        var attack = new Attack("descriptors", duration, isBusy);
        if (OperatingSystem.IsWindows())
        {
            attack.Fail("Windows has no limit of file descriptors");
            return attack.Report();
        }
        do
        {
            var hasClients = attack.Rounds++ % 2 == 0; // a server that has had no client yet has not loaded what one needs
            foreach (var limit in Limits)
            {
                if (attack.GoesOn)
                    await AttackAsync(attack, limit, hasClients, isBusy);
            }
        }
        while (attack.GoesOn);
        return attack.Report();
    }

    private static async Task AttackAsync(Attack attack, int limit, bool hasClients, bool isBusy)
    {
        var name = $"ulimit -n {limit}{(hasClients ? "" : ", no client yet")}";
        await using var server = await ServerProcess.StartAsync(limit, null);
        using var witnesses = hasClients ? await Witnesses.StartAsync(server.Address, isBusy) : null;
        for (var wave = 0; wave < WavesPerServer; wave++)
        {
            if (witnesses is null)
                await WaveAsync(server, limit);
            else
                await attack.WitnessedAsync(witnesses, name, () => WaveAsync(server, limit));
            attack.Peak("newcomerWorstMs", await attack.NewcomerAsync(server.Address, TimeSpan.FromSeconds(isBusy ? 30 : 8), name));
            attack.Peak($"descriptorsOf{limit}", server.PeakDescriptors);
            attack.Peak("logLines", server.LogLines);
            attack.Count("waves");
            if (!server.IsAlive)
                attack.Fail($"{name}: the server has ended with {server.Obituary}");
            else if (server.HasStackTrace())
                attack.Fail($"{name}: the log has a stack trace");
            if (!attack.GoesOn)
                break;
        }
    }

    /// <summary>Connections that say nothing, some more than the limit; 200 of them are reset, then all are closed.</summary>
    private static async Task WaveAsync(ServerProcess server, int limit)
    {
        var silent = new List<Client>();
        for (var at = 0; at < limit + 60; at++)
        {
            try
            {
                silent.Add(await Client.DialAsync(server.Address, timeout: TimeSpan.FromSeconds(1)));
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException)
            {
                // refused, or nobody accepts: that is what it may do
            }
        }
        await Task.Delay(1000);
        foreach (var client in silent.Take(200))
            client.Reset();
        await Task.Delay(500);
        foreach (var client in silent.Skip(200))
            client.Dispose();
    }
}
