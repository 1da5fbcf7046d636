using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

public class WillSpec(ITestOutputHelper output) : ServerSpec(output)
{
    private async Task<PacketClient> WatcherAsync()
    {
        var watcher = await ClientAsync("watcher");
        await SubscribeAsync(watcher, new Subscription("will", QualityOfService.AtLeastOnce));
        return watcher;
    }

    private async Task<PacketClient> WithWillAsync(MqttVersion version = MqttVersion.V5, uint delay = 0, uint expiry = 0)
    {
        var (client, _) = await ConnectAsync(new Connect
        {
            ClientId = "mortal",
            Version = version,
            Properties = version == MqttVersion.V5 ? new ConnectProperties { SessionExpiryInterval = expiry } : null,
            Will = new Will("will", "dead")
            {
                QoS = QualityOfService.AtLeastOnce,
                Properties = version == MqttVersion.V5 ? new WillProperties { WillDelayInterval = delay, UserProperties = [new UserProperty("a", "b")] } : null,
            },
        });
        return client;
    }

    [Theory]
    [InlineData(MqttVersion.V31)]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task It_is_published_when_the_connection_breaks(MqttVersion version)
    {
        var watcher = await WatcherAsync();
        (await WithWillAsync(version)).Kill();
        var will = await watcher.ExpectAsync<Publish>();
        Assert.Equal(("dead", QualityOfService.AtLeastOnce), (will.Payload.ToText(), will.QoS));
        Assert.Equal(version == MqttVersion.V5, will.Properties?.UserProperties.Contains(new UserProperty("a", "b")) == true);
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task It_is_not_published_after_a_normal_DISCONNECT(MqttVersion version)
    {
        var watcher = await WatcherAsync();
        var client = await WithWillAsync(version);
        await client.SendAsync(new Disconnect());
        await client.ExpectClosedAsync();
        await watcher.ExpectNothingAsync();
    }

    [Fact]
    public async Task It_is_published_after_DISCONNECT_0x04()
    {
        var watcher = await WatcherAsync();
        await (await WithWillAsync()).SendAsync(new Disconnect(ReasonCode.DisconnectWithWillMessage));
        await watcher.ExpectAsync<Publish>();
    }

    [Fact]
    public async Task It_is_published_when_another_connection_takes_over()
    {
        var watcher = await WatcherAsync();
        await WithWillAsync();
        await ClientAsync("mortal");
        await watcher.ExpectAsync<Publish>();
    }

    [Fact]
    public async Task A_delayed_will_is_cancelled_by_coming_back_and_published_otherwise()
    {
        var watcher = await WatcherAsync();
        (await WithWillAsync(delay: 3600, expiry: 3600)).Kill();
        var (back, present) = await KeptAsync("mortal");
        Assert.True(present);
        await watcher.ExpectNothingAsync();
        await back.SendAsync(new Disconnect());
        await back.ExpectClosedAsync();

        (await WithWillAsync(delay: 1, expiry: 100)).Kill();
        await watcher.ExpectAsync<Publish>();
    }

    [Fact]
    public async Task A_retained_will_is_kept()
    {
        var (client, _) = await ConnectAsync(new Connect { ClientId = "mortal", Will = new Will("will", "dead") { Retain = true } });
        var watcher = await WatcherAsync();
        client.Kill();
        await watcher.ExpectAsync<Publish>();
        var late = await ClientAsync("late");
        await SubscribeAsync(late, "will");
        await late.ExpectAsync(new Publish("will", "dead") { Retain = true });
    }
}
