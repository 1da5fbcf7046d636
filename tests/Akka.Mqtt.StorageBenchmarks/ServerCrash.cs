using System.Diagnostics;
using System.Globalization;
using System.Net;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.StorageBenchmarks;

/// <summary>
/// Kills a server under load, again and again on the same data. The clients are here, outside the server, and know every
/// acknowledgement. Every tenth round the server lives until everything has arrived, and then is checked: nothing that was acknowledged is lost,
/// nothing at QoS 2 comes twice, the order of each publisher holds, and retained messages are the last ones.
/// </summary>
/// <param name="server">The server.</param>
/// <param name="log">Gets a line for each check.</param>
/// <param name="roundsToCheck">In each so many rounds the server lives until everything has arrived.</param>
/// <param name="mostLife">Milliseconds that a server lives at most before it is killed.</param>
/// <param name="dropsConnections">Whether clients lose their connections at random moments too, while the server lives.</param>
/// <param name="failed">Called with what a check has found while the server and its clients still run; null to end them at once.</param>
internal sealed class ServerCrash(
    ICrashedServer server, Action<string> log, int roundsToCheck = 10, int mostLife = 800, bool dropsConnections = false, Func<Exception, Task>? failed = null)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    // A connected subscriber that lacks messages gets one at least this often, or something stands still.
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    private readonly List<ServerPublisher> _publishers = [];
    private readonly List<ServerSubscriber> _subscribers = [];

    /// <summary>How many messages of each publisher were acknowledged.</summary>
    public IEnumerable<int> Acknowledged => _publishers.Select(each => each.Acknowledged.Count);

    /// <summary>Runs rounds; throws what a check found.</summary>
    /// <param name="seed">What is random depends on it.</param>
    /// <param name="rounds">Processes to start.</param>
    /// <param name="live">How long each server lives; null: it is killed at a random moment.</param>
    public async Task RunAsync(int seed, int rounds, TimeSpan? live)
    {
        var random = new Random(seed);
        var run = Guid.NewGuid().ToString("N")[..6]; // other clients than those of an earlier run on the same data
        for (var at = 0; at < 6; at++)
            _publishers.Add(new ServerPublisher($"{run}-p{at}", $"{run}/{at}", at % 2 == 0 ? QualityOfService.AtLeastOnce : QualityOfService.ExactlyOnce, at >= 4));
        _subscribers.Add(new ServerSubscriber($"{run}-all", "#", QualityOfService.ExactlyOnce));
        _subscribers.Add(new ServerSubscriber($"{run}-one", $"{run}/1", QualityOfService.ExactlyOnce));
        _subscribers.Add(new ServerSubscriber($"{run}-two", $"{run}/0", QualityOfService.AtLeastOnce));
        _subscribers.Add(new ServerSubscriber($"{run}-away", "#", QualityOfService.ExactlyOnce)); // seldom connected
        // Small windows, which are full whenever the server is killed: the next process must go on with each of them.
        _publishers.Add(new ServerPublisher($"{run}-p6", $"{run}/6", QualityOfService.ExactlyOnce, false, window: 3));
        foreach (var window in (ushort[])[1, 5, 30])
        {
            _subscribers.Add(new ServerSubscriber($"{run}-window-{window}-qos-1", $"{run}/6", QualityOfService.AtLeastOnce, window));
            _subscribers.Add(new ServerSubscriber($"{run}-window-{window}-qos-2", $"{run}/6", QualityOfService.ExactlyOnce, window));
        }
        _subscribers.Add(new ServerSubscriber($"{run}-window-30-all-qos-1", "#", QualityOfService.AtLeastOnce, 30));
        _subscribers.Add(new ServerSubscriber($"{run}-window-30-all-qos-2", "#", QualityOfService.ExactlyOnce, 30));
        var started = Stopwatch.GetTimestamp();
        for (var round = 1; round <= rounds; round++)
        {
            var settles = round % roundsToCheck == 0 || round == rounds;
            await RoundAsync(random, settles, isFirst: round == 1, live);
            if (settles)
            {
                Check(seed, round);
                var acknowledged = Acknowledged.Sum();
                var refused = _publishers.Sum(each => each.Refusals);
                log($"{round} rounds in {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s: {acknowledged} messages acknowledged, {refused} refused, none lost");
            }
        }
    }

    private async Task RoundAsync(Random random, bool settles, bool isFirst, TimeSpan? live)
    {
        try
        {
            await RoundAsync(await server.StartAsync(), random, settles, isFirst, live);
        }
        catch (Exception error) when (failed is not null)
        {
            await failed(error);
            throw;
        }
        finally
        {
            await server.KillAsync(); // a check has failed
        }
    }

    private async Task RoundAsync(IPEndPoint address, Random random, bool settles, bool isFirst, TimeSpan? live)
    {
        var ending = false;
        var connections = new List<ServerClient>();
        async Task<(ServerClient Client, bool SessionPresent)?> ConnectAsync(string clientId, ushort? receiveMaximum)
        {
            var connected = await ServerClient.ConnectAsync(address, clientId, receiveMaximum);
            if (connected is { } one)
            {
                lock (connections)
                    connections.Add(one.Client);
            }
            return connected;
        }

        // A connection that ends while the server lives is made again: a failing storage may end one.
        var stop = false;
        async Task KeepAsync(string clientId, Func<ServerClient, bool, Task> run, Func<bool> isOver, ushort? receiveMaximum = null)
        {
            while (!Volatile.Read(ref ending) && !isOver())
            {
                if (await ConnectAsync(clientId, receiveMaximum) is not { } one)
                {
                    await Task.Delay(20);
                    continue;
                }
                if (!dropsConnections || isFirst)
                {
                    await run(one.Client, one.SessionPresent);
                    continue;
                }
                var serving = run(one.Client, one.SessionPresent);
                while (await Task.WhenAny(serving, Task.Delay(Random.Shared.Next(400))) != serving)
                {
                    if (!Volatile.Read(ref stop))
                        one.Client.Dispose();
                }
                await serving;
                await Task.Delay(Random.Shared.Next(2) * Random.Shared.Next(100)); // long enough for the server to park the session, or not
            }
        }

        if (isFirst) // everybody has a subscription before the first message
        {
            await Task.WhenAll(_subscribers.Select(each => KeepAsync(each.ClientId, (client, there) => each.RunAsync(client, there, () => each.HasSubscribed), () => each.HasSubscribed, each.ReceiveMaximum))).WaitAsync(Patience);
            foreach (var each in connections)
                each.Dispose();
        }
        bool More() => !Volatile.Read(ref stop);
        bool Arrived(ServerSubscriber subscriber) =>
            stop && _publishers.All(each => each.IsDone && (!subscriber.Wants(each) || subscriber.HasAll(each)));
        var running = new List<Task>();
        foreach (var publisher in _publishers)
            running.Add(KeepAsync(publisher.ClientId, (client, _) => publisher.RunAsync(client, More), () => !More() && publisher.IsDone));
        foreach (var subscriber in _subscribers)
        {
            if (settles || !subscriber.ClientId.EndsWith("away", StringComparison.Ordinal) || random.Next(4) == 0)
                running.Add(KeepAsync(subscriber.ClientId, (client, there) => subscriber.RunAsync(client, there, () => Arrived(subscriber)), () => Arrived(subscriber), subscriber.ReceiveMaximum));
        }
        if (live is { } time)
            await Task.Delay(time);
        else if (!settles)
            await Task.Delay(random.Next(10, mostLife));
        if (settles) // also on a busy machine each publisher has something to lose
        {
            for (var waited = Stopwatch.StartNew(); live is null && _publishers.Any(each => each.Acknowledged.Count == 0) && waited.Elapsed < Patience;)
                await Task.Delay(20);
        }
        stop = settles;
        if (settles)
        {
            await SettleAsync(running);
            await CheckRetainedAsync(address, random.Next());
        }
        Volatile.Write(ref ending, true);
        await server.KillAsync();
        lock (connections)
            connections.ForEach(each => each.Dispose());
        await Task.WhenAll(running).WaitAsync(Patience);
    }

    private async Task SettleAsync(List<Task> running)
    {
        var all = Task.WhenAll(running);
        var arrivals = new int[_subscribers.Count];
        var changed = new long[_subscribers.Count];
        Array.Fill(changed, Stopwatch.GetTimestamp());
        while (await Task.WhenAny(all, Task.Delay(TimeSpan.FromSeconds(1))) != all)
        {
            for (var at = 0; at < arrivals.Length; at++)
            {
                var subscriber = _subscribers[at];
                if (subscriber.Arrivals != arrivals[at] || _publishers.All(each => !subscriber.Wants(each) || subscriber.HasAll(each)))
                    (arrivals[at], changed[at]) = (subscriber.Arrivals, Stopwatch.GetTimestamp());
                else if (Stopwatch.GetElapsedTime(changed[at]) > LongestPause)
                    throw new InvalidOperationException($"{subscriber.ClientId} lacks messages and has got none for {LongestPause.TotalSeconds} s. {Open()}");
            }
        }
        await all;
    }

    private string Open()
    {
        var missing = _subscribers.SelectMany(subscriber => _publishers.Where(subscriber.Wants).Select(publisher =>
            (Publisher: publisher, Subscriber: subscriber, Count: publisher.Acknowledged.ToArray().Except(subscriber.Received(publisher.Topic)).Count())));
        var open = _publishers.Where(each => !each.IsDone).Select(each => each.ClientId);
        return $"Publishers that wait for acknowledgements: {string.Join(", ", open)}. Missing: "
            + string.Join(", ", missing.Where(each => each.Count > 0).Select(each => $"{each.Publisher.ClientId} to {each.Subscriber.ClientId}: {each.Count}"));
    }

    private async Task CheckRetainedAsync(IPEndPoint address, int suffix)
    {
        foreach (var publisher in _publishers.Where(each => each.Retains && each.Acknowledged.Count > 0))
        {
            var connected = await ServerClient.ConnectAsync(address, $"{publisher.ClientId}-retained-{suffix}");
            using var client = connected!.Value.Client;
            await client.SendAsync(new Subscribe(1, new Subscription(publisher.Topic)));
            string? text = null;
            while (await client.NextAsync() is { } packet and not PingResp)
            {
                if (packet is SubAck)
                    await client.SendAsync(new PingReq()); // answered behind what is retained
                text = packet is Publish message ? message.Payload.ToText() : text;
            }
            var last = publisher.Acknowledged.Max();
            // Of a message that was sent again and is refused now, the first copy may have been taken.
            Require(
                int.TryParse(text, CultureInfo.InvariantCulture, out var number) && (number == last || (number > last && publisher.MayHaveTaken(number))),
                $"{publisher.Topic}: {text ?? "nothing"} is retained, and not {last}");
            await client.SendAsync(new Disconnect { Properties = new DisconnectProperties { SessionExpiryInterval = 0 } });
        }
    }

    private void Check(int seed, int round)
    {
        foreach (var subscriber in _subscribers)
        {
            foreach (var publisher in _publishers.Where(subscriber.Wants))
            {
                var received = subscriber.Received(publisher.Topic);
                var what = string.Create(CultureInfo.InvariantCulture, $"seed {seed}, round {round}, {publisher.ClientId} to {subscriber.ClientId}");
                var lost = publisher.Acknowledged.Except(received).ToList();
                Require(lost.Count == 0, $"{what}: {lost.Count} were acknowledged and have not come, first {lost.FirstOrDefault()}");
                var exactly = subscriber.QoS == QualityOfService.ExactlyOnce && publisher.QoS == QualityOfService.ExactlyOnce;
                var first = received.Distinct().ToList();
                Require(!exactly || first.Count == received.Count, $"{what}: {received.Count - first.Count} came twice at QoS 2");
                // A refusal that is lost with its connection is followed by a copy that is taken, behind what was published meanwhile.
                if (_publishers.Any(each => each.Refusals > 0))
                    first.RemoveAll(publisher.MayHaveTaken);
                Require(first.SequenceEqual(first.Order()), $"{what}: the order is broken");
            }
        }
    }

    private static void Require(bool condition, string what)
    {
        if (!condition)
            throw new InvalidOperationException(what);
    }
}
