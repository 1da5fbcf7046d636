using Akka.Mqtt.Protocol;
using Microsoft.Extensions.Time.Testing;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>A server that ends its clients' connections over a time, and what it says of itself.</summary>
public sealed class DrainSpec(ITestOutputHelper output) : ServerSpec(output, "drain-time = 10 s")
{
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);

    protected override MqttServerHooks Hooks => new() { Clock = _clock };

    [Fact]
    public async Task Clients_are_disconnected_one_after_another_over_drain_time()
    {
        var clients = new List<PacketClient>();
        for (var at = 0; at < 4; at++)
            clients.Add(await ClientAsync($"c{at}"));
        var begun = _clock.GetTimestamp();
        var drained = Server.DrainAsync();
        for (var gone = 1; gone <= 4; gone++)
        {
            await AwaitAssertAsync(
                () =>
                {
                    _clock.Advance(TimeSpan.FromMilliseconds(100));
                    Assert.True(Server.Context.Stats.Connected <= 4 - gone);
                },
                TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(2));
            Assert.True(_clock.GetElapsedTime(begun) >= TimeSpan.FromSeconds(2.5) * gone, $"{gone} after {_clock.GetElapsedTime(begun)}");
        }
        foreach (var client in clients)
            Assert.Equal(ReasonCode.ServerShuttingDown, (await client.ExpectAsync<Disconnect>()).ReasonCode);
        await drained.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Health_says_ready_then_draining_then_stopped()
    {
        Assert.Equal(new MqttServerHealth(MqttServerState.Ready, null), Server.Health);
        Assert.True(Server.Health is { IsLive: true, IsReady: true, IsDegraded: false });
        await Server.DrainAsync().WaitAsync(TimeSpan.FromSeconds(10));
        Assert.True(Server.Health is { State: MqttServerState.Draining, IsLive: true, IsReady: false });
        await Server.DrainAsync().WaitAsync(TimeSpan.FromSeconds(10)); // again
        await Server.StopAsync();
        Assert.True(Server.Health is { State: MqttServerState.Stopped, IsLive: false, IsReady: false });
    }
}
