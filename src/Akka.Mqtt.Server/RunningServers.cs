using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Mqtt.Server.Serialization;

namespace Akka.Mqtt.Server;

/// <summary>
/// The servers of an actor system that run: <see cref="CoordinatedShutdown"/> stops each in the phase of its settings. One task a phase for all of
/// them, because a task cannot be taken back when a server stops. Thread safe.
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
        MqttServerSerializer.Register(system); // before the reference configuration, which names the serializer, is added
        system.Settings.InjectTopLevelFallback(MqttServer.DefaultConfig()); // Akka makes its serialization anew, with what the configuration names alone
    }

    public static RunningServers Get(ActorSystem system) => system.WithExtension<RunningServers, Provider>();

    /// <summary>A name for the root actor of a server that its user has given none.</summary>
    public string NextName() => Interlocked.Increment(ref _names) is > 1 and var number ? $"{FirstName}-{number}" : FirstName;

    /// <summary>Makes sure that the servers of a phase are stopped in it.</summary>
    /// <param name="phase">The phase of CoordinatedShutdown.</param>
    /// <exception cref="Akka.Configuration.ConfigurationException">There is no such phase.</exception>
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
    /// From now on, and until it stops, the server is stopped when its system shuts down, and endpoints of the system find it. Its phase is prepared.
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
