using System.Net;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Tests;

namespace Akka.Mqtt.Cli.Tests;

/// <summary>
/// The table "What survives" of <c>docs/durability.md</c>: all that a server keeps, of both classes, through each fault of <c>akka-mqtt serve --data</c>.
/// A file that is cut or damaged, a full disk and a newer schema have specs of their own.
/// </summary>
public sealed class SurvivalSpec : IDisposable
{
    private const string Rules = "durability.rules=[{ topic = \"m/#\", class = memory }, { client = \"memory-*\", class = memory }]";

    private readonly TempFolder _folder = new();

    public enum Fault
    {
        ConnectionLost,
        Terminated,
        Killed,
        PowerLost,
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Fault.ConnectionLost)]
    [InlineData(Fault.Terminated)]
    [InlineData(Fault.Killed)]
    [InlineData(Fault.PowerLost)]
    public async Task What_is_durable_survives_each_fault_and_what_is_in_memory_survives_the_loss_of_a_connection(Fault fault)
    {
        var serve = await ServeAsync("data");
        var clients = new List<PacketClient>();
        try
        {
            var expected = await FillAsync(serve, clients);
            clients.ForEach(each => each.Kill());
            if (fault != Fault.ConnectionLost)
                serve = await RestartAsync(serve, fault);
            await CheckAsync(serve, expected, keepsMemory: fault == Fault.ConnectionLost);
        }
        finally
        {
            clients.ForEach(each => each.Dispose());
            await serve.DisposeAsync();
        }
    }

    private Task<ServeProcess> ServeAsync(string data) => ServeProcess.StartAsync("--port", "0", "--data", _folder[data], "--set", Rules);

    private async Task<ServeProcess> RestartAsync(ServeProcess serve, Fault fault)
    {
        if (fault != Fault.PowerLost)
        {
            await serve.SignalAsync(fault == Fault.Terminated ? "TERM" : "KILL");
            await serve.ExitAsync();
            await serve.DisposeAsync();
            return await ServeAsync("data");
        }
        // All that was acknowledged is in the file and its log. What is in the page cache alone is lost: the index of the log, and a part of a commit.
        Directory.CreateDirectory(_folder["copy"]);
        foreach (var file in (string[])["akka-mqtt.db", "akka-mqtt.db-wal"])
            File.Copy(Path.Combine(_folder["data"], file), Path.Combine(_folder["copy"], file));
        await using (var log = new FileStream(Path.Combine(_folder["copy"], "akka-mqtt.db-wal"), FileMode.Append))
            log.Write(new byte[3000]);
        await serve.DisposeAsync();
        return await ServeAsync("copy");
    }

    /// <summary>Fills a server with one of everything.</summary>
    /// <returns>What "flight" was sent.</returns>
    private static async Task<Publish[]> FillAsync(ServeProcess serve, List<PacketClient> clients)
    {
        var away = await ConnectAsync("away");
        await SubscribeAsync(away, "q/#", "m/#");
        await away.SendAsync(new Disconnect());
        await away.ExpectClosedAsync();
        await ConnectAsync("mortal", new Will("q/will", "will") { QoS = QualityOfService.AtLeastOnce, Properties = new WillProperties { WillDelayInterval = 1 } });
        await ConnectAsync("memory-1");
        var flight = await ConnectAsync("flight");
        await SubscribeAsync(flight, "f/#");
        var publisher = await ConnectAsync("publisher");
        await PublishAsync("q/1", 1);
        await PublishAsync("m/1", 1);
        await PublishAsync("r/kept", 1, retain: true);
        await PublishAsync("m/kept", 1, retain: true);
        await publisher.SendAsync(new Publish("q/2", "q/2") { QoS = QualityOfService.ExactlyOnce, PacketId = 7 });
        await publisher.ExpectAsync<PubRec>(); // and no PUBREL
        foreach (var topic in (string[])["f/1", "f/2", "f/3"])
            await PublishAsync(topic, topic == "f/1" ? 1 : 2);
        Publish[] sent = [await flight.ExpectAsync<Publish>(), await flight.ExpectAsync<Publish>(), await flight.ExpectAsync<Publish>()];
        await flight.SendAsync(new PubRec(sent[2].PacketId));
        await flight.ExpectAsync<PubRel>(); // and no PUBCOMP
        return sent;

        async Task<PacketClient> ConnectAsync(string clientId, Will? will = null)
        {
            var client = await SurvivalSpec.ConnectAsync(serve, clientId, isPresent: false, will);
            clients.Add(client);
            return client;
        }

        async Task PublishAsync(string topic, int qos, bool retain = false)
        {
            await publisher.SendAsync(new Publish(topic, topic) { QoS = (QualityOfService)qos, PacketId = 100, Retain = retain });
            if (qos == 1)
            {
                await publisher.ExpectAsync<PubAck>();
                return;
            }
            await publisher.ExpectAsync<PubRec>();
            await publisher.SendAsync(new PubRel(100));
            await publisher.ExpectAsync<PubComp>();
        }
    }

    private static async Task CheckAsync(ServeProcess serve, Publish[] sent, bool keepsMemory)
    {
        // The QoS 2 message of a client is known: a repeated one goes no further.
        using var publisher = await ConnectAsync(serve, "publisher", isPresent: true);
        await publisher.SendAsync(new Publish("q/2", "q/2") { QoS = QualityOfService.ExactlyOnce, PacketId = 7, Dup = true });
        await publisher.ExpectAsync<PubRec>();
        await publisher.SendAsync(new PubRel(7));
        Assert.Equal(ReasonCode.Success, (await publisher.ExpectAsync<PubComp>()).ReasonCode);

        // The queue and the subscriptions of a client that was away, and the will of another one.
        using var away = await ConnectAsync(serve, "away", isPresent: true);
        var received = new List<string>();
        while (!received.Contains("q/will"))
            received.Add((await away.ExpectAsync<Publish>()).Topic);
        Assert.Equal(keepsMemory ? ["m/1", "m/kept", "q/1", "q/2", "q/will"] : ["q/1", "q/2", "q/will"], received.Order(StringComparer.Ordinal));
        await publisher.SendAsync(new Publish("q/3", "q/3") { QoS = QualityOfService.AtLeastOnce, PacketId = 8 });
        await publisher.ExpectAsync<PubAck>();
        Assert.Equal("q/3", (await away.ExpectAsync<Publish>()).Topic);

        // What was in flight comes again with its packet identifiers, in its order.
        using var flight = await ConnectAsync(serve, "flight", isPresent: true);
        foreach (var message in sent[..2])
            await flight.ExpectAsync(message with { Dup = true });
        await flight.ExpectAsync(new PubRel(sent[2].PacketId));

        using var reader = await ConnectAsync(serve, "reader", isPresent: false);
        await SubscribeAsync(reader, "+/kept");
        var retained = new List<string> { (await reader.ExpectAsync<Publish>()).Topic };
        if (keepsMemory)
            retained.Add((await reader.ExpectAsync<Publish>()).Topic);
        await reader.ExpectNothingAsync();
        Assert.Equal(keepsMemory ? ["m/kept", "r/kept"] : ["r/kept"], retained.Order(StringComparer.Ordinal));

        using var memory = await ConnectAsync(serve, "memory-1", isPresent: keepsMemory);
    }

    private static async Task<PacketClient> ConnectAsync(ServeProcess serve, string clientId, bool isPresent, Will? will = null)
    {
        var client = await PacketClient.DialAsync(new IPEndPoint(IPAddress.Loopback, serve.Addresses[0].Port), MqttVersion.V5);
        await client.SendAsync(new Connect
        {
            ClientId = clientId, CleanStart = false, Will = will, Properties = new ConnectProperties { SessionExpiryInterval = uint.MaxValue },
        });
        var answer = await client.ExpectAsync<ConnAck>();
        Assert.Equal((clientId, ReasonCode.Success, isPresent), (clientId, answer.ReasonCode, answer.SessionPresent));
        return client;
    }

    private static async Task SubscribeAsync(PacketClient client, params string[] filters)
    {
        await client.SendAsync(new Subscribe(1, [.. filters.Select(each => new Subscription(each, QualityOfService.ExactlyOnce))]));
        await client.ExpectAsync<SubAck>();
    }
}
