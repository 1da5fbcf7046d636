using System.Net.Sockets;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak.Attacks;

/// <summary>Attempts to make a server with a small heap keep more than it has: everybody else is served, and it lives within its limit.</summary>
internal static class MemoryAttack
{
    /// <summary>Megabytes of heap, and <c>memory.limit</c>.</summary>
    private const int Limit = 256;

    /// <summary>What a process takes beside its heap: code, stacks, buffers of the system.</summary>
    private const int Reserve = 128;

    // Above a mark the server refuses newcomers until it has collected garbage, which it does every 30 s at most.
    private static readonly TimeSpan NewcomersWait = TimeSpan.FromSeconds(40);

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    // A property of seven bytes on the wire.
    private static readonly UserProperty Tiny = new("a", "b");

    public static async Task<int> RunAsync(TimeSpan duration, bool isBusy)
    {
        var attack = new Attack("memory", duration, isBusy);
        var passwords = await ServerProcess.WritePasswordsAsync();
        await using var server = await ServerProcess.StartAsync(
            null, Limit, $"memory.limit={Limit}MiB", $"listener-defaults.password-file={passwords}", "listener-defaults.allow-anonymous=on");
        using var witnesses = await Witnesses.StartAsync(server.Address, isBusy);
        (string Name, Func<Attack, ServerProcess, Task> Act)[] all =
        [
            ("offlineQueues", OfflineQueuesAsync),
            ("nonReaders", NonReadersAsync),
            ("neverAcknowledge", NeverAcknowledgeAsync),
            ("filters", FiltersAsync),
            ("userProperties", UserPropertiesAsync),
        ];
        do
        {
            attack.Rounds++;
            foreach (var (name, act) in all)
            {
                server.Restart();
                await attack.WitnessedAsync(witnesses, name, () => act(attack, server));
                attack.Peak($"{name}Megabytes", server.PeakResident);
                if (!server.IsAlive)
                    attack.Fail($"{name}: the server has ended with {server.Obituary}");
                else if (server.PeakResident > Limit + Reserve)
                    attack.Fail($"{name}: {server.PeakResident} MB were resident, and the limit is {Limit} MB and {Reserve} MB beside the heap");
                else
                    attack.Peak("newcomerWorstMs", await attack.NewcomerAsync(server.Address, NewcomersWait, $"after {name}"));
                if (!attack.GoesOn)
                    break;
            }
        }
        while (attack.GoesOn);
        File.Delete(passwords);
        return attack.Report();
    }

    /// <summary>300 sessions whose clients are away, and messages of QoS 1 for all of them; then each comes for its own.</summary>
    private static async Task OfflineQueuesAsync(Attack attack, ServerProcess server)
    {
        const int Sessions = 300;
        var away = new ConnectProperties { SessionExpiryInterval = 3600 };
        for (var at = 0; at < Sessions; at++)
        {
            using var client = await Client.ConnectAsync(server.Address, new Connect { ClientId = $"away-{at}", CleanStart = false, Properties = away });
            await client.SendAsync(new Subscribe(1, new Subscription($"away/{at}", QualityOfService.AtLeastOnce)));
            await client.NextAsync(Soon);
        }
        await PublishAsync(attack, server, 4, Sessions, at => $"away/{at}", 500_000);
        for (var at = 0; at < Sessions; at++)
        {
            using (var client = await Client.ConnectAsync(server.Address, new Connect { ClientId = $"away-{at}", CleanStart = false }))
            {
                if (at % 30 == 0)
                    attack.Count(await HasMessageAsync(client) ? "ownersWithMessages" : "ownersWithout"); // the queue of some was full from the start
            }
            using var last = await Client.ConnectAsync(server.Address, new Connect { ClientId = $"away-{at}" }); // its session ends
        }
    }

    private static async Task<bool> HasMessageAsync(Client client)
    {
        try
        {
            return await client.NextAsync(TimeSpan.FromSeconds(1)) is Publish;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>200 subscribers that do not read.</summary>
    private static async Task NonReadersAsync(Attack attack, ServerProcess server)
    {
        var clients = new List<Client>();
        for (var at = 0; at < 200; at++)
        {
            var client = await Client.DialAsync(server.Address, receiveBuffer: 4096);
            await client.HelloAsync(new Connect { ClientId = $"deaf-{at}" });
            await client.NextAsync(Soon);
            await client.SendAsync(new Subscribe(1, new Subscription("deaf", QualityOfService.AtMostOnce)));
            await client.NextAsync(Soon);
            clients.Add(client);
        }
        using (var publisher = await Client.ConnectAsync(server.Address, new Connect { ClientId = "publisher", KeepAlive = 0 }))
        {
            for (var at = 0; at < 500; at++)
                await publisher.SendAsync(Bytes(new Publish("deaf", Noise(100_000))), Soon);
            await publisher.SendAsync(new PingReq());
            if (await publisher.NextAsync(Soon) is not PingResp)
                attack.Fail("nonReaders: the publisher was disconnected");
        }
        clients.ForEach(client => client.Reset());
    }

    /// <summary>100 sessions whose clients read and never acknowledge.</summary>
    private static async Task NeverAcknowledgeAsync(Attack attack, ServerProcess server)
    {
        using var end = new CancellationTokenSource();
        var clients = new List<Client>();
        var reading = new List<Task>();
        for (var at = 0; at < 100; at++)
        {
            var client = await Client.ConnectAsync(server.Address, new Connect { ClientId = $"mute-{at}" });
            await client.SendAsync(new Subscribe(1, new Subscription($"mute/{at}", QualityOfService.AtLeastOnce)));
            await client.NextAsync(Soon);
            clients.Add(client);
            reading.Add(client.DrainAsync(end.Token));
        }
        await PublishAsync(attack, server, 8, 100, at => $"mute/{at}", 500_000);
        await end.CancelAsync();
        await Task.WhenAll(reading);
        clients.ForEach(client => client.Reset());
    }

    /// <summary>One client with 6,000 filters of 65,000 bytes.</summary>
    private static async Task FiltersAsync(Attack attack, ServerProcess server)
    {
        using var client = await Client.ConnectAsync(server.Address, new Connect { ClientId = "filters" });
        var tail = new string('x', 65_000);
        for (var at = 0; at < 6000; at++)
        {
            await client.SendAsync(Bytes(new Subscribe(1, $"{at:D5}{tail}")), Soon);
            if (await client.NextAsync(Soon) is not SubAck answer)
            {
                attack.Count("filtersDisconnected");
                return;
            }
            attack.Count(answer.ReasonCodes[0] < ReasonCode.UnspecifiedError ? "filtersGranted" : "filtersRefused");
        }
    }

    /// <summary>300 clients whose CONNECT has a wrong password and 54,000 user properties; all of them leave their connection open.</summary>
    private static async Task UserPropertiesAsync(Attack attack, ServerProcess server)
    {
        var connect = Bytes(new Connect
        {
            ClientId = "x", UserName = "good", Password = "wrong", Properties = new ConnectProperties { UserProperties = [.. Enumerable.Repeat(Tiny, 54_000)] },
        });
        var clients = new List<Client>();
        for (var at = 0; at < 300; at++)
        {
            var client = await Client.DialAsync(server.Address);
            clients.Add(client);
            try
            {
                await client.SendAsync(connect, Soon);
            }
            catch (SocketException)
            {
                attack.Count("userPropertiesCutOff"); // refused before all of it was read
            }
        }
        await Task.Delay(500);
        clients.ForEach(client => client.Reset());
    }

    /// <summary>Rounds of messages of QoS 1, one for each of many topics, each acknowledged before the next one.</summary>
    private static async Task PublishAsync(Attack attack, ServerProcess server, int rounds, int topics, Func<int, string> topic, int size)
    {
        using var publisher = await Client.ConnectAsync(server.Address, new Connect { ClientId = "publisher", KeepAlive = 0 });
        for (var round = 0; round < rounds; round++)
        {
            for (var at = 0; at < topics; at++)
            {
                await publisher.SendAsync(Bytes(new Publish(topic(at), Noise(size)) { QoS = QualityOfService.AtLeastOnce, PacketId = 1 }), Soon);
                if (await publisher.NextAsync(Soon) is PubAck)
                    continue;
                attack.Fail($"{topic(at)}: the publisher was disconnected");
                return;
            }
        }
    }

    private static byte[] Bytes(MqttPacket packet) => MqttEncoder.Encode(packet, MqttVersion.V5);

    private static byte[] Noise(int size)
    {
        var bytes = new byte[size];
        Random.Shared.NextBytes(bytes);
        return bytes;
    }
}
