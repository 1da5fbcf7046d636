using Akka.Actor;
using Akka.Configuration;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.EndToEnd;

/// <summary>Where a server stands in its actor system: the name of its root actor, and the phase of CoordinatedShutdown that stops it.</summary>
public sealed class ServerNameSpec(ITestOutputHelper output) : ProbeServerSpec(output)
{
    [Fact]
    public async Task The_root_actor_has_the_name_that_the_settings_give_it()
    {
        var server = await StartAsync("name = broker");
        Assert.Equal("/user/broker/admin", server.Admin.Path.ToStringWithoutAddress());
        var admin = await Sys.ActorSelection("/user/broker/admin").ResolveOne(Soon);
        Assert.Equal(server.Admin, admin);
    }

    [Fact]
    public async Task Servers_without_a_name_are_numbered()
    {
        Sys.ActorOf(Props.Empty, "mqtt-server-2");
        var servers = new[] { await StartAsync(), await StartAsync() };
        Assert.Equal(["/user/mqtt-server/admin", "/user/mqtt-server-3/admin"], servers.Select(each => each.Admin.Path.ToStringWithoutAddress()));
    }

    [Fact]
    public async Task A_second_server_of_the_same_name_is_refused_and_the_first_one_serves_on()
    {
        var first = await StartAsync("name = broker");
        var refused = await Assert.ThrowsAsync<MqttServerException>(() => StartAsync("name = broker"));
        Assert.Contains("/user/broker", refused.Message, StringComparison.Ordinal);
        Assert.Contains("akka.mqtt.server.name", refused.Message, StringComparison.Ordinal);
        await ClientAsync(first, "c");
    }

    [Fact]
    public async Task A_name_is_free_again_when_its_server_has_stopped()
    {
        var first = await StartAsync("name = broker");
        await first.StopAsync();
        await StartAsync("name = broker");
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("$a")]
    public void A_name_that_no_actor_can_have_is_an_error_that_names_the_key(string name)
    {
        var settings = Settings("");
        Assert.StartsWith("name = ", Assert.Throws<ConfigurationException>(() => settings with { Name = name }).Message, StringComparison.Ordinal);
        Assert.ThrowsAny<ConfigurationException>(() => Settings($"name = \"{name}\""));
    }

    [Fact]
    public async Task CoordinatedShutdown_stops_the_server_in_the_phase_of_its_settings()
    {
        var early = await StartAsync("shutdown-phase = before-service-unbind");
        var late = await StartAsync("shutdown-phase = service-stop");
        var seen = new TaskCompletionSource<(bool Early, bool Late)>();
        var shutdown = CoordinatedShutdown.Get(Sys);
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "look", () =>
        {
            seen.SetResult((early.Context.Stopped.IsCancellationRequested, late.Context.Stopped.IsCancellationRequested));
            return Task.FromResult(Done.Instance);
        });
        await shutdown.Run(CoordinatedShutdown.ClrExitReason.Instance);
        Assert.Equal((true, false), await seen.Task);
        Assert.True(late.Context.Stopped.IsCancellationRequested);
    }

    [Fact]
    public async Task A_phase_that_is_none_is_an_error_that_names_the_key_and_nothing_is_left()
    {
        var refused = await Assert.ThrowsAsync<ConfigurationException>(() => StartAsync("name = broker, shutdown-phase = afterwards"));
        Assert.Contains("akka.mqtt.server.shutdown-phase = afterwards", refused.Message, StringComparison.Ordinal);
        await StartAsync("name = broker");
    }
}
