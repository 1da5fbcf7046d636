using System.Diagnostics;
using System.Net.Sockets;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak.Figures;

/// <summary>Clients with kept sessions connect to other nodes at a steady rate: how long it takes from the dial to CONNACK with Session Present.</summary>
internal static class TakeoverFigures
{
    private const int Clients = 1000;

    /// <summary>Measures and prints.</summary>
    /// <param name="rate">Connects a second.</param>
    /// <param name="seconds">How long.</param>
    /// <param name="seed">Which clients and nodes.</param>
    /// <returns>0; 1 when a session was not there.</returns>
    public static async Task<int> RunAsync(int rate, int seconds, int seed)
    {
        await using var cluster = await FigureCluster.StartAsync(3);
        var random = new Random(seed);
        var connected = new (Client? Client, int Node)[Clients];
        for (var at = 0; at < Clients; at++)
        {
            var node = at % 3;
            var client = await cluster.Nodes[node].ConnectAsync(ConnectOf(at, cleanStart: true));
            await FigureCluster.SubscribeAsync(client, [$"devices/{at}/commands"], QualityOfService.AtLeastOnce);
            connected[at] = (client, node);
        }
        var times = new List<double>();
        var (failed, lost) = (0, 0);
        var running = new List<Task>();
        var started = Stopwatch.GetTimestamp();
        for (var number = 0; number < rate * seconds; number++)
        {
            var due = TimeSpan.FromSeconds((double)number / rate) - Stopwatch.GetElapsedTime(started);
            if (due > TimeSpan.Zero)
                await Task.Delay(due);
            var (which, before, node) = Take();
            running.Add(TakeOverAsync(which, before, (node + random.Next(1, 3)) % 3));
        }
        await Task.WhenAll(running);
        FigureCluster.Print($"a client whose session is on another node, {rate} a second, from the dial to CONNACK", times);
        FigureCluster.Print($"{failed} were refused or closed, {lost} found no session");
        foreach (var (client, _) in connected)
            client?.Dispose();
        return lost == 0 ? 0 : 1;

        (int Which, Client Before, int Node) Take()
        {
            while (true)
            {
                var which = random.Next(Clients);
                lock (times)
                {
                    if (connected[which].Client is not { } before)
                        continue; // it is connecting already
                    var node = connected[which].Node;
                    connected[which] = default;
                    return (which, before, node);
                }
            }
        }

        async Task TakeOverAsync(int which, Client before, int node)
        {
            var since = Stopwatch.GetTimestamp();
            var answer = default(ConnAck);
            var client = default(Client);
            try
            {
                client = await Client.DialAsync(cluster.Nodes[node].Address);
                await client.HelloAsync(ConnectOf(which, cleanStart: false));
                answer = await client.NextAsync(TimeSpan.FromSeconds(10)) as ConnAck;
            }
            catch (Exception error) when (error is SocketException or IOException or OperationCanceledException)
            {
                // counted below
            }
            var time = FigureCluster.Since(since);
            lock (times)
            {
                if (answer is { ReasonCode: ReasonCode.Success })
                {
                    times.Add(time);
                    lost += answer.SessionPresent ? 0 : 1;
                }
                else
                {
                    failed++;
                }
            }
            before.Dispose();
            lock (times)
                connected[which] = (client, node);
        }
    }

    private static Connect ConnectOf(int number, bool cleanStart) => new()
    {
        ClientId = $"device-{number}", CleanStart = cleanStart, Properties = new ConnectProperties { SessionExpiryInterval = uint.MaxValue },
    };
}
