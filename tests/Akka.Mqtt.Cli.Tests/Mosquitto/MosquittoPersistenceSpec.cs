using System.Diagnostics;
using System.Net;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Tests;

namespace Akka.Mqtt.Cli.Tests.Mosquitto;

/// <summary>
/// What the scripts <c>test/broker/11-*.py</c> of mosquitto check of <c>persistence true</c>, in our own words. The server does not end in good order here as it does there: it is killed.
/// </summary>
public sealed class MosquittoPersistenceSpec : MosquittoSpec
{
    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task A_subscription_is_there_after_a_restart(MqttVersion version)
    {
        await using (var serve = await ServeAsync())
        {
            using var client = await ConnectAsync(serve, "c", isPresent: false, version);
            await client.SendAsync(new Subscribe(530, new Subscription("subpub/qos1", QualityOfService.AtLeastOnce)));
            await client.ExpectAsync<SubAck>();
            await KillAsync(serve);
        }
        await using var next = await ServeAsync();
        using var back = await ConnectAsync(next, "c", isPresent: true, version);
        await back.SendAsync(new Publish("subpub/qos1", "message") { QoS = QualityOfService.AtLeastOnce, PacketId = 300 });
        await ExpectOwnAsync(back, 300, "subpub/qos1");
    }

    [Fact]
    public async Task No_Local_is_there_after_a_restart()
    {
        await using (var serve = await ServeAsync())
        {
            using var client = await ConnectAsync(serve, "c", isPresent: false);
            await client.SendAsync(
                new Subscribe(1, new Subscription("subpub/nolocal", QualityOfService.AtLeastOnce) { NoLocal = true }),
                new Subscribe(2, new Subscription("subpub/local", QualityOfService.AtLeastOnce)));
            await client.ExpectAsync<SubAck>();
            await client.ExpectAsync<SubAck>();
            await KillAsync(serve);
        }
        await using var next = await ServeAsync();
        using var back = await ConnectAsync(next, "c", isPresent: true);
        await back.SendAsync(new Publish("subpub/nolocal", "message") { QoS = QualityOfService.AtLeastOnce, PacketId = 1 });
        Assert.Equal(1, (await back.ExpectAsync<PubAck>()).PacketId);
        await back.SendAsync(new Publish("subpub/local", "message") { QoS = QualityOfService.AtLeastOnce, PacketId = 2 });
        await ExpectOwnAsync(back, 2, "subpub/local");
    }

    [Fact]
    public async Task A_retained_message_keeps_its_properties_and_is_written_before_it_is_acknowledged()
    {
        var properties = new PublishProperties
        {
            PayloadFormatIndicator = true, ContentType = "plain/text", ResponseTopic = "/dev/null", CorrelationData = "2357289375902345", UserProperties = [new("name", "value")],
        };
        await using (var serve = await ServeAsync())
        {
            using var client = await ConnectAsync(serve, "c", isPresent: false);
            await client.SendAsync(new Publish("subpub/qos1", "message") { QoS = QualityOfService.AtLeastOnce, PacketId = 1, Retain = true, Properties = properties });
            await client.ExpectAsync<PubAck>();
            await KillAsync(serve);
        }
        await using var next = await ServeAsync();
        using var back = await ConnectAsync(next, "c", isPresent: true);
        await back.SendAsync(new Subscribe(1, new Subscription("subpub/qos1")));
        await back.ExpectAsync<SubAck>();
        await back.ExpectAsync(new Publish("subpub/qos1", "message") { Retain = true, Properties = properties });
    }

    [Fact]
    public async Task A_message_that_waits_keeps_its_Subscription_Identifier_and_the_rest_of_its_Message_Expiry_Interval()
    {
        var published = new Stopwatch();
        await using (var serve = await ServeAsync())
        {
            using var client = await ConnectAsync(serve, "c", isPresent: false);
            await client.SendAsync(new Subscribe(1, new Subscription("subpub/qos1", QualityOfService.AtLeastOnce)) { Properties = new SubscribeProperties { SubscriptionIdentifier = 53 } });
            await client.ExpectAsync<SubAck>();
            client.Dispose();
            using var helper = await ConnectAsync(serve, "helper", isPresent: false);
            foreach (var expiry in (uint?[])[1, 100, null])
            {
                var properties = new PublishProperties { MessageExpiryInterval = expiry };
                await helper.SendAsync(new Publish("subpub/qos1", $"{expiry}") { QoS = QualityOfService.AtLeastOnce, PacketId = 1, Properties = properties });
                await helper.ExpectAsync<PubAck>();
            }
            published.Start();
            await KillAsync(serve);
        }
        await using var next = await ServeAsync();
        if (TimeSpan.FromSeconds(2.1) - published.Elapsed is { Ticks: > 0 } rest)
            await Task.Delay(rest); // the other process has the clock of the machine
        using var back = await ConnectAsync(next, "c", isPresent: true);
        var longer = await back.ExpectAsync<Publish>();
        Assert.Equal(("100", 53u), (longer.Payload.ToText(), Assert.Single(longer.Properties!.SubscriptionIdentifiers)));
        Assert.InRange(longer.Properties!.MessageExpiryInterval!.Value, 1u, 98u);
        var endless = await back.ExpectAsync<Publish>();
        Assert.Equal(("", (uint?)null, 53u), (endless.Payload.ToText(), endless.Properties!.MessageExpiryInterval, Assert.Single(endless.Properties.SubscriptionIdentifiers)));
        await back.ExpectNothingAsync();
    }

    private async Task<ServeProcess> ServeAsync()
    {
        await File.WriteAllTextAsync(Folder["m.conf"], $"listener 0 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {Folder["data"]}\n");
        return await ServeProcess.StartAsync("--mosquitto-conf", Folder["m.conf"]);
    }

    private static async Task KillAsync(ServeProcess serve)
    {
        await serve.SignalAsync("KILL");
        await serve.ExitAsync();
    }

    private static async Task<PacketClient> ConnectAsync(ServeProcess serve, string clientId, bool isPresent, MqttVersion version = MqttVersion.V5)
    {
        var client = await PacketClient.DialAsync(new IPEndPoint(IPAddress.Loopback, serve.Addresses[0].Port), version);
        await client.SendAsync(new Connect
        {
            ClientId = clientId, Version = version, CleanStart = false, KeepAlive = 0,
            Properties = version == MqttVersion.V5 ? new ConnectProperties { SessionExpiryInterval = 3600 } : null,
        });
        var answer = await client.ExpectAsync<ConnAck>();
        Assert.Equal((ReasonCode.Success, isPresent), (answer.ReasonCode, answer.SessionPresent));
        return client;
    }

    /// <summary>PUBACK and the message that the client is sent itself, in any order.</summary>
    private static async Task ExpectOwnAsync(PacketClient client, ushort packetId, string topic)
    {
        MqttPacket?[] packets = [await client.NextAsync(), await client.NextAsync()];
        Assert.Equal(packetId, Assert.Single(packets.OfType<PubAck>()).PacketId);
        Assert.Equal(topic, Assert.Single(packets.OfType<Publish>()).Topic);
        await client.ExpectNothingAsync();
    }
}
