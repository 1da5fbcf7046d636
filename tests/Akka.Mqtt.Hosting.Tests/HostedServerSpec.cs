using Akka.Actor;
using Akka.Mqtt.Server;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Akka.Mqtt.Hosting.Tests;

/// <summary>A server and a client in a generic host.</summary>
public sealed class HostedServerSpec
{
    [Fact]
    public async Task A_server_starts_and_stops_with_its_host_and_has_the_settings_of_the_configuration()
    {
        using var host = TestHost.Create(("Mqtt:Server:MaxConnections", "17"), ("Mqtt:Server:max-queued-messages", "18"));
        await host.StartAsync();
        var server = host.Services.GetRequiredService<MqttServer>();
        Assert.Equal((17, 18), (server.Settings.MaxConnections, server.Settings.MaxQueuedMessages));
        await using (var client = await MqttClient.ConnectAsync($"{server.Endpoints[0]}"))
            await client.PublishAsync("topic", "text", Protocol.QualityOfService.AtLeastOnce);
        await host.StopAsync();
        await Assert.ThrowsAsync<MqttClientException>(() => MqttClient.ConnectAsync($"{server.Endpoints[0]}"));
    }

    [Fact]
    public async Task A_client_of_a_host_is_connected_when_the_host_has_started()
    {
        using var host = TestHost.Create();
        await host.StartAsync();
        var url = $"{host.Services.GetRequiredService<MqttServer>().Endpoints[0]}";
        using var other = TestHost.Create(
            (mqtt, configuration) => mqtt.WithMqttClient(configuration.GetSection("Client"), settings => settings with { ClientId = "hosted" }), null, ("Client:Servers:0", url));
        await other.StartAsync();
        await other.Services.GetRequiredService<MqttClient>().PublishAsync("topic", "text", Protocol.QualityOfService.AtLeastOnce);
        var admin = host.Services.GetRequiredService<MqttServer>().Admin;
        Assert.Equal(["hosted"], await NamesAsync());
        await other.StopAsync();
        for (var until = Environment.TickCount64 + 20_000; (await NamesAsync()).Any();) // the server learns of it by DISCONNECT
            Assert.True(Environment.TickCount64 < until, "the client is still connected");
        await host.StopAsync();

        async Task<IEnumerable<string>> NamesAsync() =>
            (await admin.Ask<MqttServer.ClientList>(new MqttServer.GetClients { ConnectedOnly = true }, TimeSpan.FromSeconds(10))).Clients.Select(each => each.ClientId);
    }

    [Fact]
    public async Task A_host_whose_server_cannot_listen_does_not_start()
    {
        using var first = TestHost.Create();
        await first.StartAsync();
        var port = new Uri($"{first.Services.GetRequiredService<MqttServer>().Endpoints[0]}").Port;
        using var second = TestHost.Create((mqtt, configuration) => mqtt.WithMqttServer(configuration.GetSection("Second")), null, ("Second:Listeners:tcp:Port", $"{port}"));
        await Assert.ThrowsAsync<MqttServerException>(() => second.StartAsync());
        await first.StopAsync();
    }

    [Fact]
    public async Task A_host_with_WithMqttCluster_needs_a_node_of_a_cluster()
    {
        using var host = TestHost.Create((mqtt, configuration) => mqtt.WithMqttCluster().WithMqttServer(configuration.GetSection("Mqtt:Server")));
        var error = await Assert.ThrowsAsync<MqttServerException>(() => host.StartAsync());
        Assert.Contains("akka.actor.provider = cluster", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_is_not_ready_before_the_start_ready_after_it_and_draining_while_it_stops()
    {
        using var host = TestHost.Create();
        var health = host.Services.GetRequiredService<HealthCheckService>();
        Assert.Equal(("live", HealthStatus.Healthy, null), await CheckAsync("live"));
        Assert.Equal(("ready", HealthStatus.Unhealthy, "the server has not started"), await CheckAsync("ready"));
        await host.StartAsync();
        Assert.Equal(("ready", HealthStatus.Healthy, null), await CheckAsync("ready"));

        var whileStopping = Array.Empty<(string, HealthStatus, string?)>();
        CoordinatedShutdown.Get(host.Services.GetRequiredService<ActorSystem>()).AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, "look", async () =>
        {
            whileStopping = [await CheckAsync("live"), await CheckAsync("ready")];
            return Done.Instance;
        });
        await host.StopAsync();
        Assert.Equal([("live", HealthStatus.Healthy, null), ("ready", HealthStatus.Unhealthy, "draining")], whileStopping);
        Assert.Equal(("live", HealthStatus.Unhealthy, "the actor system has terminated"), await CheckAsync("live"));

        async Task<(string, HealthStatus, string?)> CheckAsync(string tag)
        {
            var report = await health.CheckHealthAsync(check => check.Tags.Contains(tag));
            return (tag, report.Status, report.Entries.Values.Single().Description);
        }
    }

    [Fact]
    public async Task What_the_server_logs_goes_to_the_loggers_of_the_host()
    {
        var lines = new Lines();
        using var host = TestHost.Create(
            (mqtt, configuration) => mqtt.WithMqttServer(configuration.GetSection("Mqtt:Server")), logging => logging.AddProvider(lines),
            ("Mqtt:Server:Durability:Rules:0:listener", "tcp"), ("Mqtt:Server:Durability:Rules:0:class", "durable"));
        await host.StartAsync();
        await host.StopAsync();
        Assert.Contains(lines, line => line.Contains("the server has no storage", StringComparison.Ordinal));
    }

    private sealed class Lines : System.Collections.Concurrent.ConcurrentQueue<string>, ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
