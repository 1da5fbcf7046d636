using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.StorageBenchmarks;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>A server of this process. It is killed by its storage, which does nothing any more.</summary>
/// <param name="system">The actor system.</param>
/// <param name="data">The data directory.</param>
/// <param name="random">What is random of the storage depends on it.</param>
/// <param name="fails">Whether the storage fails at random to write and to read.</param>
internal sealed class ScheduledServer(ActorSystem system, string data, Random random, bool fails) : ICrashedServer
{
    private MqttServer? _server;
    private ScheduledStorage? _storage;

    /// <summary>The server that runs.</summary>
    public MqttServer Server => _server ?? throw new InvalidOperationException("No server runs.");

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

    private sealed class ScheduledStorage(string directory, Random random, bool fails) : MqttServerStorage
    {
        public ScheduledDatabase? Database { get; private set; }

        internal override ValueTask<IStorageEngine> OpenAsync(StorageOptions options, CancellationToken cancel = default) => new(new SqliteStorage(directory).Open(
            options,
            static connection => connection.Execute("PRAGMA synchronous = OFF"), // the machine does not lose its power
            inner => Database = new ScheduledDatabase(inner, random, fails)));
    }
}
