using System.Globalization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.StorageBenchmarks;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>
/// A server whose storage commits late and fails at random, whose clients lose their connections, and whose process is killed: all that was acknowledged arrives, in
/// the order of each publisher, once at QoS 2, and no subscriber stands still.
/// </summary>
public sealed class DurableScheduleSpec : IAsyncLifetime
{
    // For longer runs: how many histories each case has.
    private static readonly int Histories =
        int.Parse(Environment.GetEnvironmentVariable("AKKA_MQTT_SCHEDULE_HISTORIES") ?? "1", CultureInfo.InvariantCulture);

    private readonly string _data = Directory.CreateTempSubdirectory("akka-mqtt").FullName;
    private readonly ActorSystem _system = ActorSystem.Create("schedule", ConfigurationFactory.ParseString("akka.loglevel = OFF"));

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _system.Terminate();
        Directory.Delete(_data, recursive: true);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    public async Task Sessions_go_on_after_every_kill_and_lost_connection(int seed, bool fails)
    {
        for (var history = 0; history < Histories; history++)
        {
            var server = new ScheduledServer(_system, Path.Combine(_data, $"{history}"), new Random(seed + (1000 * history)), fails);
            var crash = new ServerCrash(server, static _ => { }, roundsToCheck: 4, mostLife: 300, dropsConnections: true);
            await crash.RunAsync(seed, rounds: 8, live: null);
            Assert.All(crash.Acknowledged, each => Assert.True(each > 0));
        }
    }
}
