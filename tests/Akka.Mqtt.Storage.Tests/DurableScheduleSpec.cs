using System.Globalization;
using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Stores;
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

    /// <summary>A server of this process. It is killed by its storage, which does nothing any more.</summary>
    private sealed class ScheduledServer(ActorSystem system, string data, Random random, bool fails) : ICrashedServer
    {
        private MqttServer? _server;
        private ScheduledStorage? _storage;

        public async Task<IPEndPoint> StartAsync()
        {
            _storage = new ScheduledStorage(data, new Random(random.Next()), fails);
            var settings = MqttServerSettings.Create(ConfigurationFactory.ParseString(
                """
                akka.mqtt.server {
                  listeners.tcp.port = 0
                  sys-interval = off
                  drain-timeout = 100 ms
                  connection.close-timeout = 100 ms
                  max-queued-messages = 10000000
                  max-queued-bytes = 2 GiB
                }
                """));
            _server = await MqttServer.StartAsync(system, settings, new MqttServerHooks { Storage = _storage });
            return new IPEndPoint(IPAddress.Loopback, ((IPEndPoint)_server.Endpoints[0].Address).Port);
        }

        public async Task KillAsync()
        {
            if (_server is not { } server)
                return;
            _server = null;
            _storage!.Database!.Die();
            await server.StopAsync();
        }
    }

    private sealed class ScheduledStorage(string directory, Random random, bool fails) : MqttServerStorage
    {
        public ScheduledDatabase? Database { get; private set; }

        internal override ValueTask<IStorageEngine> OpenAsync(StorageOptions options, CancellationToken cancel = default) => new(new SqliteStorage(directory).Open(
            options,
            static connection => connection.Execute("PRAGMA synchronous = OFF"), // the machine does not lose its power
            inner => Database = new ScheduledDatabase(inner, random, fails)));
    }
}
