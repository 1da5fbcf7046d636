using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak;

/// <summary>
/// Lives of clients, many at a time: short ones, ones that take over, that keep sessions and come back, that subscribe and never read, that
/// die in the middle of a packet, that share, that retain. The heap after a full collection must stay flat, connections must not pile up,
/// and the witnesses are asked all the time.
/// </summary>
internal static class Soaker
{
    private const int Workers = 12;
    private static readonly TimeSpan SampleInterval = TimeSpan.FromSeconds(10);

    private static readonly string[] Lives = ["short", "takeover", "session", "slow", "dying", "shared", "retained"];

    public static async Task<int> RunAsync(TimeSpan duration, int seed)
    {
        long connections = 0;
        using var meters = new MeterListener();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "mqtt.connections.open")
                listener.EnableMeasurementEvents(instrument);
        };
        meters.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref connections, value));
        meters.SetMeasurementEventCallback<int>((_, value, _, _) => Interlocked.Add(ref connections, value));
        meters.Start();

        await using var host = await Host.StartAsync(null, "max-queued-messages = 200, max-retained-messages = 200, retained-sweep-interval = 2 s");
        using var witnesses = await Witnesses.StartAsync(host.Address);
        using var end = new CancellationTokenSource(duration);
        var counts = new long[Lives.Length];
        var errors = new long[1];
        var workers = Enumerable.Range(0, Workers).Select(at => Task.Run(() => WorkAsync(host.Address, new Random(seed + at), counts, errors, end.Token))).ToList();

        var heap = new List<double>();
        var clock = Stopwatch.StartNew();
        var next = SampleInterval;
        while (!end.IsCancellationRequested)
        {
            await Task.Delay(20);
            if (await witnesses.CheckAsync() is { } problem)
            {
                Console.WriteLine($"FAILED after {clock.Elapsed}: {problem}");
                return 1;
            }
            if (clock.Elapsed < next)
                continue;
            next += SampleInterval;
            heap.Add(Collected());
            Console.WriteLine(FormattableString.Invariant(
                $"{clock.Elapsed.TotalSeconds,5:F0} s: heap {heap[^1]:F1} MB, working set {Environment.WorkingSet / 1048576.0:F0} MB, {Interlocked.Read(ref connections)} connections, {counts.Sum()} lives, {Process.GetCurrentProcess().Threads.Count} threads"));
        }
        await Task.WhenAll(workers);
        await Task.Delay(3000); // sessions of clients that went expire
        var rest = Collected();
        Console.WriteLine("lives: " + string.Join(", ", Lives.Select((life, at) => $"{life} {counts[at]}")) + $"; {errors[0]} ended by an error that the life does not ask for");
        Console.WriteLine(witnesses.Times());
        var half = heap.Count / 2;
        var (before, after) = half == 0 ? (0, 0) : (heap.Take(half).Max(), heap.Skip(half).Max());
        var open = Interlocked.Read(ref connections);
        var flat = half == 0 || after <= (before * 1.15) + 2;
        Console.WriteLine(FormattableString.Invariant(
            $"soak: {duration.TotalMinutes:F1} min, seed {seed}: heap at most {before:F1} MB in the first half, {after:F1} MB in the second, {rest:F1} MB at rest; {open} connections left of 2"));
        if (flat && open == 2)
            return 0;
        Console.WriteLine(flat ? "FAILED: connections were left behind" : "FAILED: the heap grows");
        return 1;
    }

    private static double Collected()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, true, true);
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(true) / 1048576.0;
    }

    private static async Task WorkAsync(IPEndPoint address, Random random, long[] counts, long[] errors, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            var life = random.Next(Lives.Length);
            try
            {
                await LiveAsync(address, Lives[life], random);
            }
            catch (Exception error) when (error is SocketException or IOException or OperationCanceledException)
            {
                if (error is not OperationCanceledException && Lives[life] is "short" or "retained") // the others break off by themselves
                    Interlocked.Increment(ref errors[0]);
            }
            Interlocked.Increment(ref counts[life]);
        }
    }

    private static async Task LiveAsync(IPEndPoint address, string life, Random random)
    {
        var version = (MqttVersion)random.Next(3, 6);
        var five = version == MqttVersion.V5;
        var kept = life is "session" or "shared" && five;
        var connect = new Connect
        {
            ClientId = life is "takeover" or "session" ? $"{life}-{random.Next(10)}" : $"{random.NextInt64():x}",
            Version = version,
            CleanStart = !kept,
            KeepAlive = 10,
            Will = random.Next(3) == 0 ? new Will("t/will", "x") : null,
            Properties = kept ? new ConnectProperties { SessionExpiryInterval = (uint)random.Next(1, 3), TopicAliasMaximum = 8 } : null,
        };
        using var client = await Client.ConnectAsync(address, connect);
        var filter = life == "shared" && five ? "$share/g/t/#" : random.Next(2) == 0 ? $"t/{random.Next(5)}" : "t/+";
        await client.SendAsync(new Subscribe(1, new Subscription(filter, (QualityOfService)random.Next(3))));
        var messages = life == "slow" ? 200 : 10;
        for (ushort at = 1; at <= messages; at++)
        {
            var qos = (QualityOfService)random.Next(3);
            await client.SendAsync(new Publish($"t/{random.Next(5)}", new byte[random.Next(life == "slow" ? 4000 : 200)])
            {
                QoS = qos,
                PacketId = qos == QualityOfService.AtMostOnce ? (ushort)0 : at,
                Retain = life == "retained",
                Properties = five && random.Next(2) == 0 ? new PublishProperties { MessageExpiryInterval = (uint)random.Next(1, 5) } : null,
            });
        }
        switch (life)
        {
            case "dying":
                await client.SendAsync(new byte[] { 0x32, 0x7F, 0x00 });
                client.Reset();
                return;
            case "slow":
                await Task.Delay(random.Next(500)); // reads nothing
                client.Reset();
                return;
            default:
                for (var at = 0; at < 20; at++)
                {
                    if (await client.NextAsync(TimeSpan.FromSeconds(2)) is not { } packet)
                        return;
                    if (packet is Publish { QoS: QualityOfService.AtLeastOnce } publish && random.Next(4) != 0)
                        await client.SendAsync(new PubAck(publish.PacketId));
                    else if (packet is PubRec rec)
                        await client.SendAsync(new PubRel(rec.PacketId));
                }
                if (random.Next(2) == 0)
                    await client.SendAsync(new Disconnect());
                return;
        }
    }
}
