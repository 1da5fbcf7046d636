using Akka.Actor;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Hosting.Hosted;

/// <summary>The servers and clients that the host has started in an actor system. Thread safe.</summary>
internal sealed class HostedMqtt : IExtension
{
    private readonly ActorSystem _system;
    private volatile MqttServer? _server;
    private volatile MqttClient? _client;

    private HostedMqtt(ActorSystem system) => _system = system;

    /// <summary>The server, once it has started.</summary>
    public MqttServer? Server => _server;

    /// <summary>The first client, once it is connected.</summary>
    public MqttClient? Client => _client;

    /// <summary>Whether the actor system terminates, and the server with it.</summary>
    public bool IsStopping => CoordinatedShutdown.Get(_system).ShutdownReason is not null || _system.WhenTerminated.IsCompleted;

    public static HostedMqtt Get(ActorSystem system) => system.WithExtension<HostedMqtt, Provider>();

    /// <summary>Adds a server that has started. It stops with the actor system by itself.</summary>
    public void Add(MqttServer server) => _server ??= server;

    /// <summary>Adds a client that is connected. It disconnects before servers stop.</summary>
    public void Add(MqttClient client)
    {
        _client ??= client;
        CoordinatedShutdown.Get(_system).AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, "mqtt-client-disconnect", async () =>
        {
            await client.DisposeAsync().ConfigureAwait(false);
            return Done.Instance;
        });
    }

    private sealed class Provider : ExtensionIdProvider<HostedMqtt>
    {
        public override HostedMqtt CreateExtension(ExtendedActorSystem system) => new(system);
    }
}
