using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>The wall clock, by which sessions, wills and messages expire, is set while the server runs and while it does not.</summary>
public class WallClockSpec(ITestOutputHelper output) : DurableServerFixture(output)
{
    private const uint TwoHours = 7200;

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task Nothing_that_lasts_longer_is_lost_when_the_clock_is_set_by_an_hour(int hours)
    {
        var server = await StartAsync();
        var watcher = await ClientAsync(server, present: false, "watcher", expiry: Long);
        await SubscribeAsync(watcher, "will");
        var will = new Will("will", "gone") { QoS = QualityOfService.AtLeastOnce, Properties = new WillProperties { WillDelayInterval = TwoHours } };
        var mortal = await ClientAsync(server, present: false, "mortal", will, expiry: TwoHours);
        await LeaveAsync(server, mortal, "mortal");
        var away = await ClientAsync(server, present: false, expiry: 2 * TwoHours);
        await SubscribeAsync(away, "t");
        await LeaveAsync(server, away);
        await server.PublishAsync(Message("1"));
        await server.PublishAsync(Message("2") with { Properties = new PublishProperties { MessageExpiryInterval = TwoHours } });

        Clock.AdjustTime(Clock.GetUtcNow().AddHours(hours));
        await PollAsync(server);
        await server.PublishAsync(Message("3"));
        Assert.Equal(3, server.Context.Stats.Sessions);
        await ExpectNothingAsync(watcher);
        server = await RestartAsync(server);
        watcher = await ClientAsync(server, present: true, "watcher", expiry: Long);
        away = await ClientAsync(server, present: true, expiry: 2 * TwoHours);
        Assert.Equal("1", (await away.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
        var second = await away.ExpectPacketAsync<Publish>(Soon);
        Assert.Equal("2", second.Payload.ToText());
        Assert.InRange(second.Properties!.MessageExpiryInterval!.Value, hours > 0 ? TwoHours / 2 - 60 : TwoHours - 60, hours > 0 ? TwoHours / 2 : TwoHours); // never more than it had
        Assert.Equal("3", (await away.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());

        Clock.Advance(TimeSpan.FromHours(3));
        await AwaitAssertAsync(
            () =>
            {
                Clock.Advance(TimeSpan.FromSeconds(1));
                Assert.Equal(2, server.Context.Stats.Sessions);
            },
            Soon);
        Assert.Equal("gone", (await watcher.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
        await ExpectNothingAsync(watcher);
    }

    /// <summary>The server has asked the storage what is due by the clock as it is now.</summary>
    private async Task PollAsync(MqttServer server)
    {
        // A session that is due is found by the same question.
        var marker = await ClientAsync(server, present: false, "marker", expiry: 1);
        await LeaveAsync(server, marker, "marker");
        await AwaitAssertAsync(
            () =>
            {
                Clock.Advance(TimeSpan.FromSeconds(1));
                Assert.Equal(0, SessionOf(server, "marker"));
            },
            Soon);
    }
}
