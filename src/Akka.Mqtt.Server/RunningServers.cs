using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Mqtt.Server.Serialization;

namespace Akka.Mqtt.Server;

/// <summary>
/// The running servers of an actor system. <see cref="CoordinatedShutdown"/> stops each in the phase of its settings. All servers of a
/// phase share one task, because a task cannot be removed when a server stops. Thread safe.
/// </summary>
internal sealed class RunningServers : IExtension
{
    private const string FirstName = "mqtt-server";

    private readonly ActorSystem _system;
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<MqttServer, bool>> _phases = new(StringComparer.Ordinal);
    private int _names;

    private RunningServers(ExtendedActorSystem system)
    {
        _system = system;
        MqttServerSerializer.Register(system); // called before the reference configuration is added, which names the serializer
        system.Settings.InjectTopLevelFallback(MqttServer.DefaultConfig()); // Akka then creates its serialization again, only with the serializers that the configuration names
    }

    public static RunningServers Get(ActorSystem system) => system.WithExtension<RunningServers, Provider>();

    /// <summary>A name for the root actor of a server without a configured name.</summary>
    public string NextName() => Interlocked.Increment(ref _names) is > 1 and var number ? $"{FirstName}-{number}" : FirstName;

    /// <summary>Makes sure that the servers of a phase are stopped in that phase.</summary>
    /// <param name="phase">The phase of CoordinatedShutdown.</param>
    /// <exception cref="Akka.Configuration.ConfigurationException">The phase does not exist.</exception>
    public void Prepare(string phase)
    {
        var servers = new ConcurrentDictionary<MqttServer, bool>();
        lock (_phases)
        {
            if (_phases.ContainsKey(phase))
                return;
            CoordinatedShutdown.Get(_system).AddTask(phase, "mqtt-server-drain", async () =>
            {
                await Task.WhenAll(servers.Keys.Select(server => server.StopAsync())).ConfigureAwait(false);
                return Done.Instance;
            });
            _phases[phase] = servers;
        }
    }

    /// <summary>
    /// Registers a server until it stops: it is stopped when its system shuts down, and endpoints of the system find it. Its phase must be
    /// prepared.
    /// </summary>
    public void Add(MqttServer server)
    {
        var servers = _phases[server.Settings.ShutdownPhase];
        servers[server] = true;
        var remove = MqttExt.Get(_system).Acceptors.Add(server.FindAcceptor);
        server.Context.Stopped.Token.Register(() =>
        {
            servers.TryRemove(server, out _);
            remove();
        });
    }

    private sealed class Provider : ExtensionIdProvider<RunningServers>
    {
        public override RunningServers CreateExtension(ExtendedActorSystem system) => new(system);
    }
}
