using System.Collections.Concurrent;
using Akka.Actor;

namespace Akka.Mqtt.Server;

/// <summary>
/// The servers of an actor system that run: <see cref="CoordinatedShutdown"/> stops them in its phase <c>service-requests-done</c>. One task for
/// all of them, because a task cannot be taken back when a server stops. Thread safe.
/// </summary>
internal sealed class RunningServers : IExtension
{
    private readonly ConcurrentDictionary<MqttServer, bool> _servers = new();

    private RunningServers(ActorSystem system) =>
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseServiceRequestsDone, "mqtt-server-drain", async () =>
        {
            await Task.WhenAll(_servers.Keys.Select(server => server.StopAsync())).ConfigureAwait(false);
            return Done.Instance;
        });

    public static RunningServers Get(ActorSystem system) => system.WithExtension<RunningServers, Provider>();

    /// <summary>From now on, and until it stops, the server is stopped when its system shuts down.</summary>
    public void Add(MqttServer server)
    {
        _servers[server] = true;
        server.Context.Stopped.Token.Register(() => _servers.TryRemove(server, out _));
    }

    private sealed class Provider : ExtensionIdProvider<RunningServers>
    {
        public override RunningServers CreateExtension(ExtendedActorSystem system) => new(system);
    }
}
