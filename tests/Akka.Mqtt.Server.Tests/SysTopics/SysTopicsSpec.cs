using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

public class SysTopicsSpec(ITestOutputHelper output) : ProbeServerSpec(output)
{
    private static async Task<string> NextAsync(MqttProbe client, string topic, Predicate<string> match) =>
        System.Text.Encoding.UTF8.GetString((await client.FishForPacketAsync<Publish>(
            packet => packet.Topic == "$SYS/broker/" + topic && match(System.Text.Encoding.UTF8.GetString(packet.Payload.Memory.Span)), Soon)).Payload.Memory.Span);

    [Theory]
    [InlineData("version", "Akka.Mqtt.Server")]
    [InlineData("uptime", "seconds")]
    [InlineData("clients/connected", "1")]
    [InlineData("clients/total", "1")]
    [InlineData("clients/maximum", "1")]
    [InlineData("messages/received", "2")]
    [InlineData("bytes/received", "")]
    [InlineData("bytes/sent", "")]
    [InlineData("publish/messages/sent", "")]
    [InlineData("subscriptions/count", "1")]
    [InlineData("retained messages/count", "")]
    [InlineData("load/messages/received/1min", ".")]
    [InlineData("load/connections/15min", ".")]
    public async Task Topics_have_the_names_of_mosquitto(string topic, string part)
    {
        var server = await StartAsync("sys-interval = 50ms");
        var client = await ClientAsync(server, "a");
        await client.SendPacketAsync(new Subscribe(1, "$SYS/broker/" + topic)); // a message may come before SUBACK
        await NextAsync(client, topic, text => text.Contains(part, StringComparison.Ordinal));
    }

    [Fact]
    public async Task They_are_retained_and_not_matched_by_a_wildcard_at_the_front()
    {
        var server = await StartAsync("sys-interval = 1 h");
        await AwaitAssertAsync(() => Assert.True(server.Context.Retained.Count > 20), Soon);
        var client = await ClientAsync(server, "a");
        await client.SubscribeAsync("#");
        await ExpectNothingAsync(client);
        await client.SubscribeAsync("$SYS/broker/version");
        Assert.True((await client.ExpectPacketAsync<Publish>(Soon)).Retain);
    }

    [Fact]
    public async Task Drops_and_refusals_are_there_by_reason()
    {
        var server = await StartAsync("sys-interval = 50ms, max-payload-size = 3");
        var away = await ClientAsync(server, "away", expiry: 100);
        await away.SubscribeAsync("t");
        await away.SendPacketAsync(new Disconnect());
        await away.ExpectEndAsync(Soon);
        var client = await ClientAsync(server, "a");
        await AwaitAssertAsync(() => Assert.Equal(1, server.Context.Stats.Connected), Soon);
        await client.SendPacketAsync(new Publish("t", "1"), new Publish("t", "2"), new Publish("t", "long"), new Publish("$SYS/x", "1"));
        await client.SendPacketAsync(new Subscribe(1, "$SYS/broker/#")); // a message may come before SUBACK
        var expected = new Dictionary<string, string>
        {
            ["$SYS/broker/publish/messages/dropped/Offline"] = "2",
            ["$SYS/broker/publish/messages/dropped/TooLarge"] = "1",
            ["$SYS/broker/publish/messages/dropped/NotAuthorized"] = "1",
            ["$SYS/broker/refusals/Publish"] = "2",
        };
        while (expected.Count > 0)
        {
            var message = await client.FishForPacketAsync<Publish>(null, Soon);
            if (expected.TryGetValue(message.Topic, out var value) && message.Payload.ToText() == value)
                expected.Remove(message.Topic);
        }
    }

    [Fact]
    public async Task They_can_be_switched_off()
    {
        var server = await StartAsync("sys-interval = off");
        Assert.Equal(0, server.Context.Retained.Count);
    }
}
