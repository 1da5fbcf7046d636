using System.Net;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Tests;

namespace Akka.Mqtt.Cli.Tests;

/// <summary>
/// <c>akka-mqtt serve --data</c> on a file system of a few MB that becomes full. It is mounted, which only root may do: elsewhere the spec is skipped.
/// </summary>
public sealed class DiskFullSpec : IDisposable
{
    private readonly TempFolder _folder = new();

    public DiskFullSpec()
    {
        if (MountedFactAttribute.IsAllowed)
            MountedFactAttribute.Mount(Directory.CreateDirectory(_folder["data"]).FullName);
    }

    public void Dispose()
    {
        if (MountedFactAttribute.IsAllowed)
            MountedFactAttribute.Run("umount", "-l", _folder["data"]);
        _folder.Dispose();
    }

    [MountedFact]
    public async Task Durable_messages_are_refused_others_go_on_and_it_heals_without_a_loss_when_there_is_room()
    {
        // Deleted, it leaves room to move the log to the file at the next start.
        var ballast = Path.Combine(_folder["data"], "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[5 << 20]);
        await using (var serve = await ServeAsync())
        {
            using var away = await ConnectAsync(serve, "away", isPresent: false);
            await SubscribeAsync(away, "t");
            away.Dispose();
            using var live = await ConnectAsync(serve, "live", isPresent: false);
            await SubscribeAsync(live, "m");
            using var publisher = await ConnectAsync(serve, "publisher", isPresent: false);
            using var other = await ConnectAsync(serve, "publisher-2", isPresent: false);
            var acknowledged = new List<int>();
            var number = 0;
            var answer = PublishAsync(publisher, "t", number);
            // In the end a commit fails, and is tried again until there is room: from then on messages are refused.
            while (await Task.WhenAny(answer, Task.Delay(TimeSpan.FromSeconds(2))) == answer
                || await PublishAsync(other, "t", -1) != ReasonCode.QuotaExceeded)
            {
                Assert.Equal(ReasonCode.Success, await answer);
                acknowledged.Add(number++);
                Assert.InRange(number, 0, 1000);
                answer = PublishAsync(publisher, "t", number);
            }
            Assert.Equal(ReasonCode.Success, await PublishAsync(other, "m", -1));
            Assert.Equal("m", (await live.ExpectAsync<Publish>()).Topic);
            File.Delete(ballast);
            Assert.Equal(ReasonCode.Success, await answer);
            acknowledged.Add(number++);
            Assert.Equal(ReasonCode.Success, await PublishAsync(other, "t", number));
            acknowledged.Add(number);
            await serve.SignalAsync("KILL");
            await serve.ExitAsync();
            await using var next = await ServeAsync();
            using var back = await ConnectAsync(next, "away", isPresent: true);
            var left = acknowledged.ToHashSet();
            while (left.Count > 0)
            {
                var message = await back.ExpectAsync<Publish>();
                left.Remove(BitConverter.ToInt32(message.Payload.Span));
                await back.SendAsync(new PubAck(message.PacketId));
            }
        }
    }

    [MountedFact]
    public async Task A_server_that_was_killed_on_a_full_disk_starts_gives_what_it_has_and_heals_when_there_is_room()
    {
        var ballast = Path.Combine(_folder["data"], "ballast");
        await using (var serve = await ServeAsync())
        {
            using var away = await ConnectAsync(serve, "away", isPresent: false);
            await SubscribeAsync(away, "t");
            away.Dispose();
            using var publisher = await ConnectAsync(serve, "publisher", isPresent: false);
            Assert.Equal(ReasonCode.Success, await PublishAsync(publisher, "t", 1));
            await serve.SignalAsync("KILL");
            await serve.ExitAsync();
        }
        await FillUpAsync(ballast);
        await using var next = await ServeAsync();
        using var again = await ConnectAsync(next, "publisher", isPresent: false);
        while (await PublishAsync(again, "t", 2) != ReasonCode.QuotaExceeded)
        {
            // The log may have room for a few.
        }
        using var back = await ConnectAsync(next, "away", isPresent: true);
        Assert.Equal(1, BitConverter.ToInt32((await back.ExpectAsync<Publish>()).Payload.Span));
        File.Delete(ballast);
        while (await PublishAsync(again, "t", 3) != ReasonCode.Success)
            await Task.Delay(100);
    }

    private static async Task FillUpAsync(string ballast)
    {
        await using var file = File.Create(ballast, bufferSize: 0);
        try
        {
            while (true)
                await file.WriteAsync(new byte[4096]);
        }
        catch (IOException)
        {
            // It is full.
        }
    }

    private Task<ServeProcess> ServeAsync() => ServeProcess.StartAsync(
        "--port", "0", "--data", _folder["data"], "--set", "durability.rules=[{ topic = m, class = memory }]");

    /// <summary>Publishes 20 KB with QoS 1.</summary>
    private static async Task<ReasonCode> PublishAsync(PacketClient publisher, string topic, int number)
    {
        var payload = new byte[20_000];
        BitConverter.TryWriteBytes(payload, number);
        await publisher.SendAsync(new Publish(topic, payload) { QoS = QualityOfService.AtLeastOnce, PacketId = 1 });
        return (await publisher.ExpectAsync<PubAck>()).ReasonCode;
    }

    private static async Task<PacketClient> ConnectAsync(ServeProcess serve, string clientId, bool isPresent)
    {
        var client = await PacketClient.DialAsync(new IPEndPoint(IPAddress.Loopback, serve.Addresses[0].Port), MqttVersion.V5);
        await client.SendAsync(new Connect
        {
            ClientId = clientId, CleanStart = false, Properties = new ConnectProperties { SessionExpiryInterval = clientId.StartsWith("publisher", StringComparison.Ordinal) ? 0 : uint.MaxValue },
        });
        var answer = await client.ExpectAsync<ConnAck>();
        Assert.Equal((ReasonCode.Success, isPresent), (answer.ReasonCode, answer.SessionPresent));
        return client;
    }

    private static async Task SubscribeAsync(PacketClient client, string filter)
    {
        await client.SendAsync(new Subscribe(1, new Subscription(filter, QualityOfService.AtLeastOnce)));
        await client.ExpectAsync<SubAck>();
    }
}
