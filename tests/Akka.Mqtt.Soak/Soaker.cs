using System.Collections.Concurrent;
using System.Diagnostics;
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

    // Whose connection is nobody else's business: it ends when the life ends it, or there is a fault.
    private static readonly HashSet<string> Undisturbed = ["short", "shared", "retained"];

    public static async Task<int> RunAsync(TimeSpan duration, int seed, string logLevel, bool isBusy)
    {
        using var gauges = new Gauges();
        await using var host = await Host.StartAsync(null, "max-queued-messages = 200, max-retained-messages = 200, retained-sweep-interval = 2 s", logLevel);
        using var witnesses = await Witnesses.StartAsync(host.Address, isBusy);
        using var end = new CancellationTokenSource(duration);
        var counts = new long[Lives.Length];
        var errors = new ConcurrentQueue<string>();
        var clock = Stopwatch.StartNew();
        var workers = Enumerable.Range(0, Workers).Select(at => Task.Run(() => WorkAsync(host.Address, new Random(seed + at), counts, errors, end.Token))).ToList();

        var samples = new List<Gauges.Sample>();
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
            samples.Add(gauges.Take());
            Console.WriteLine(FormattableString.Invariant($"{clock.Elapsed.TotalSeconds,5:F0} s: {samples[^1]}, {counts.Sum()} lives"));
        }
        await Task.WhenAll(workers);
        await Task.Delay(5000); // sessions of clients that went expire
        var rest = gauges.Take();
        Console.WriteLine($" rest: {rest}");
        Console.WriteLine("lives: " + string.Join(", ", Lives.Select((life, at) => $"{life} {counts[at]}")));
        Console.WriteLine($"server: {gauges.Losses()}");
        Console.WriteLine(witnesses.Times());
        return Judge(duration, seed, samples, rest, errors);
    }

    private static int Judge(TimeSpan duration, int seed, List<Gauges.Sample> samples, Gauges.Sample rest, ConcurrentQueue<string> errors)
    {
        var problems = new List<string>();
        foreach (var error in errors)
            problems.Add($"a life was ended by the server: {error}");
        var half = samples.Count / 2;
        // What waits in queues comes and goes by megabytes: the median tells growth from that.
        double Median(Func<Gauges.Sample, double> of, bool late)
        {
            var sorted = (late ? samples.Skip(half) : samples.Take(half)).Select(of).Order().ToList();
            return sorted.Count == 0 ? 0 : sorted[sorted.Count / 2];
        }
        void Flat(string what, Func<Gauges.Sample, double> of, double slack)
        {
            if (Median(of, late: true) > (Median(of, late: false) * 1.15) + slack)
                problems.Add(FormattableString.Invariant($"{what} grow: {Median(of, late: false):F1} in the first half, {Median(of, late: true):F1} in the second"));
        }
        Flat("megabytes of heap", each => each.Heap, 2);
        Flat("handles", each => each.Handles, 20);
        Flat("threads", each => each.Threads, 5);
        Flat("sessions", each => each.Sessions, 20);
        if (rest.Connections != 2 || rest.Sessions != 2 || rest.Subscriptions != 2)
            problems.Add($"2 clients are left, but {rest.Connections} connections, {rest.Sessions} sessions, {rest.Subscriptions} subscriptions");
        problems.ForEach(problem => Console.WriteLine($"FAILED: {problem}"));
        Console.WriteLine(FormattableString.Invariant(
            $"soak: {duration.TotalMinutes:F1} min, seed {seed}: median of the heap {Median(each => each.Heap, false):F1} MB in the first half, {Median(each => each.Heap, true):F1} MB in the second, {rest.Heap:F1} MB at rest; handles {Median(each => each.Handles, false)}, {Median(each => each.Handles, true)}, {rest.Handles}"));
        return problems.Count == 0 ? 0 : 1;
    }

    private static async Task WorkAsync(IPEndPoint address, Random random, long[] counts, ConcurrentQueue<string> errors, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            var life = random.Next(Lives.Length);
            var told = new Story();
            try
            {
                await LiveAsync(address, Lives[life], random, told);
            }
            catch (Exception error) when (error is SocketException or IOException or OperationCanceledException)
            {
                if (Undisturbed.Contains(Lives[life]))
                    errors.Enqueue($"{Lives[life]} {told}: {error.GetType().Name} {error.Message}");
            }
            Interlocked.Increment(ref counts[life]);
        }
    }

    private static async Task LiveAsync(IPEndPoint address, string life, Random random, Story story)
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
        story.At = $"connecting with {version}";
        using var client = await Client.ConnectAsync(address, connect);
        story.At = "publishing";
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
                    story.At = $"reading {at}";
                    if (await NextAsync(client) is not { } packet)
                        break;
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

    /// <summary>The next packet; null when none comes for a while.</summary>
    private static async Task<MqttPacket?> NextAsync(Client client)
    {
        try
        {
            var packet = await client.NextAsync(TimeSpan.FromSeconds(2)) ?? throw new IOException("The server closed.");
            return packet is Disconnect last ? throw new IOException($"The server said {last}.") : packet;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>How far a life has come.</summary>
    private sealed class Story
    {
        public string At { get; set; } = "dialling";

        public override string ToString() => At;
    }
}
