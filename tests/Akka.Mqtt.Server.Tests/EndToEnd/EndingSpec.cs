using System.Net;
using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>Ends that take their time: the server has closed, the peer has not; the peer sends no more, but reads.</summary>
public class EndingSpec(ITestOutputHelper output) : ServerSpec(output, "connection.close-timeout = 1 h, receive-maximum = 1, drain-timeout = 1 s")
{
    private const MqttVersion V31 = MqttVersion.V31;
    private const MqttVersion V311 = MqttVersion.V311;
    private const MqttVersion V5 = MqttVersion.V5;

    // What ends the connection, each by another way: the decoder, the order of packets, the handler.
    public static TheoryData<MqttVersion, string, string> Ends => new()
    {
        { V31, "QoS 3", "36050001740001" },
        { V311, "flags of DISCONNECT", "e100" },
        { V311, "no filter", "82020001" },
        { V5, "flags of DISCONNECT", "e100" },
        { V5, "a second CONNECT", "100e00044d5154540502003c0000016d" },
        { V5, "an alias above the maximum", "30070001740323001e" },
        { V5, "an alias that was not set", "3006000003230001" },
        { V5, "two messages of QoS 2", "34070001740001007834070001740002007a" },
        { V5, "No Local on a shared subscription", "8210000100000a2473686172652f672f7404" },
    };

    // U-4.13.1-1: DISCONNECT, and the connection is closed; 3.1.1 [MQTT-3.1.2-8], 5.0 [MQTT-3.1.2-8]
    [Theory]
    [MemberData(nameof(Ends))]
    public async Task The_will_does_not_wait_for_a_peer_that_leaves_its_half_open(MqttVersion version, string what, string hex)
    {
        var watcher = await ClientAsync("watcher");
        await SubscribeAsync(watcher, "will");
        var client = await MortalAsync(version);
        await client.SendBytesAsync(Convert.FromHexString(hex));
        Assert.Equal(("dead", what), ((await watcher.ExpectAsync<Publish>()).Payload.ToText(), what));
    }

    // [MQTT-3.1.2-24] of 3.1.1, [MQTT-3.1.2-22] of 5.0: a client that is gone closes nothing
    [Theory]
    [InlineData(V311)]
    [InlineData(V5)]
    public async Task The_will_of_a_silent_client_comes_when_its_Keep_Alive_is_over(MqttVersion version)
    {
        var watcher = await ClientAsync("watcher");
        await SubscribeAsync(watcher, "will");
        await MortalAsync(version, keepAlive: 1);
        Assert.Equal("dead", (await watcher.ExpectAsync<Publish>()).Payload.ToText());
    }

    [Fact]
    public async Task The_end_is_told_as_an_event_when_it_begins()
    {
        var events = CreateTestProbe();
        Sys.EventStream.Subscribe(events, typeof(ClientDisconnected));
        var decoder = await MortalAsync(V5);
        await decoder.SendBytesAsync([0xE1, 0]);
        Assert.Equal(ReasonCode.MalformedPacket, (await events.ExpectMsgAsync<ClientDisconnected>(TimeSpan.FromSeconds(10))).Reason);
        var handler = await MortalAsync(V5);
        await handler.SendAsync(new Publish("t", "x") { Properties = new PublishProperties { TopicAlias = 30 } });
        Assert.Equal(ReasonCode.TopicAliasInvalid, (await events.ExpectMsgAsync<ClientDisconnected>(TimeSpan.FromSeconds(10))).Reason);
        var normal = await MortalAsync(V5);
        await normal.SendAsync(new Disconnect());
        Assert.Equal(ReasonCodes.NormalDisconnection, (await events.ExpectMsgAsync<ClientDisconnected>(TimeSpan.FromSeconds(10))).Reason);
    }

    [Theory]
    [InlineData(V31)]
    [InlineData(V311)]
    [InlineData(V5)]
    public async Task A_client_that_sends_no_more_gets_its_answers_still(MqttVersion version)
    {
        var client = await DialAsync(version);
        await client.SendAsync(
            new Connect { ClientId = "half", Version = version },
            new Subscribe(1, new Subscription("half", QualityOfService.AtLeastOnce)),
            new Publish("half", "x") { QoS = QualityOfService.AtLeastOnce, PacketId = 2 },
            new PingReq());
        client.EndSending();
        await client.ExpectAsync<ConnAck>();
        var answers = new List<MqttPacket>();
        while (await client.NextAsync() is { } packet) // the end comes by itself
            answers.Add(packet);
        Assert.Contains(answers, packet => packet is SubAck { PacketId: 1 });
        Assert.Contains(answers, packet => packet is PubAck { PacketId: 2, ReasonCode: ReasonCode.Success });
        Assert.Contains(answers, packet => packet is PingResp);
        Assert.Contains(answers, packet => packet is Publish { Topic: "half" });
    }

    [Fact]
    public async Task A_client_that_sends_no_more_without_DISCONNECT_leaves_its_will_at_once()
    {
        var watcher = await ClientAsync("watcher");
        await SubscribeAsync(watcher, "will");
        (await MortalAsync(V5)).EndSending();
        Assert.Equal("dead", (await watcher.ExpectAsync<Publish>()).Payload.ToText());
    }

    [Fact]
    public async Task A_client_that_only_opened_and_sends_no_more_is_closed()
    {
        var client = await DialAsync();
        client.EndSending();
        await client.ExpectClosedAsync();
    }

    // 3.1.1 [MQTT-3.14.4-3], 5.0 [MQTT-3.14.4-3]
    [Fact]
    public async Task A_client_that_says_all_at_once_and_resets_the_connection_leaves_no_will_after_DISCONNECT()
    {
        var watcher = await ClientAsync("watcher");
        await SubscribeAsync(watcher, "will");
        for (var at = 0; at < 20; at++)
        {
            var client = await DialAsync(V5);
            await client.SendAsync(new Connect { ClientId = $"hasty{at}", Will = new Will("will", "dead") }, new Disconnect());
            client.Kill();
        }
        await AwaitAssertAsync(() => Assert.Equal((1L, 1L), (Server.Context.Stats.Connections, Server.Context.Stats.Sessions)), TimeSpan.FromSeconds(10));
        await watcher.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_client_sent_too_fast_before_it_went_is_not_lost(bool says)
    {
        await using var server = await MqttServer.StartAsync(Sys, Settings("publish-rate.max-messages = 100"));
        var address = (IPEndPoint)server.Endpoints[0].Address;
        using var watcher = await GreetAsync(address, "watcher", ReasonCode.Success);
        await SubscribeAsync(watcher, "fast");
        using var client = await GreetAsync(address, "fast", ReasonCode.Success);
        var messages = Enumerable.Range(0, 130).Select(at => new Publish("fast", $"{at}"));
        await client.SendAsync([.. messages, .. says ? (MqttPacket[])[new Disconnect()] : []]);
        client.EndSending();
        for (var at = 0; at < 130; at++)
            Assert.Equal($"{at}", (await watcher.ExpectAsync<Publish>()).Payload.ToText());
    }

    [Fact]
    public async Task A_refused_client_that_does_not_close_takes_nobodys_place()
    {
        await using var server = await MqttServer.StartAsync(Sys, Settings("max-connections = 1"));
        var address = (IPEndPoint)server.Endpoints[0].Address;
        using var first = await GreetAsync(address, "first", ReasonCode.Success);
        using var refused = await GreetAsync(address, "refused", ReasonCode.QuotaExceeded);
        first.Kill();
        await AwaitAssertAsync(() => Assert.Equal(1, server.Context.Stats.Connections), TimeSpan.FromSeconds(10));
        using var next = await GreetAsync(address, "next", ReasonCode.Success);
    }

    private static async Task<PacketClient> GreetAsync(IPEndPoint address, string clientId, ReasonCode answer)
    {
        var client = await PacketClient.DialAsync(address, V5);
        await client.SendAsync(new Connect { ClientId = clientId });
        Assert.Equal(answer, (await client.ExpectAsync<ConnAck>()).ReasonCode);
        return client;
    }

    private async Task<PacketClient> MortalAsync(MqttVersion version, ushort keepAlive = 60)
    {
        var (client, answer) = await ConnectAsync(new Connect
        {
            ClientId = "mortal", Version = version, KeepAlive = keepAlive, Will = new Will("will", "dead"),
        });
        Assert.Equal(ReasonCode.Success, answer.ReasonCode);
        return client;
    }
}
