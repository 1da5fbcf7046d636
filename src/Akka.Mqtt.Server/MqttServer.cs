using Akka.Actor;
using Akka.Configuration;

namespace Akka.Mqtt.Server;

/// <summary>
/// An MQTT server (broker) in an actor system: sessions, routing, retained messages, wills, shared subscriptions, for MQTT 3.1, 3.1.1 and
/// 5.0.
/// Several may run in one system. Thread safe.
/// <code>
/// await using var server = await MqttServer.StartAsync(system);
/// Console.WriteLine(string.Join(" ", server.Endpoints));   // mqtt://127.0.0.1:1883
/// </code>
/// </summary>
public sealed class MqttServer : IAsyncDisposable
{
    private readonly IActorRef _root;
    private readonly TimeSpan _drainTimeout;

    private MqttServer(IActorRef root, IActorRef acceptor, IReadOnlyList<MqttServerEndpoint> endpoints, MqttServerSettings settings)
    {
        _root = root;
        _drainTimeout = settings.DrainTimeout;
        Acceptor = acceptor;
        Endpoints = endpoints;
        Settings = settings;
    }

    /// <summary>
    /// Takes <see cref="Mqtt.Connected"/>: the handler for a <see cref="Mqtt.Bind"/> or <see cref="Mqtt.Attach"/> of your own, and for the
    /// WebSocket listeners of <c>Akka.Mqtt.AspNetCore</c>.
    /// </summary>
    public IActorRef Acceptor { get; }

    /// <summary>Where this server listens. Listeners that hand their connections to <see cref="Acceptor"/> are not known here.</summary>
    public IReadOnlyList<MqttServerEndpoint> Endpoints { get; }

    /// <summary>The settings.</summary>
    public MqttServerSettings Settings { get; }

    /// <summary>The reference configuration of this assembly.</summary>
    /// <returns>The configuration.</returns>
    public static Config DefaultConfig() =>
        ConfigurationFactory.FromResource("akka.mqtt.server.reference.conf", typeof(MqttServer).Assembly);

    /// <summary>Starts a server; done when every listener accepts.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="settings">The settings; null reads <c>akka.mqtt.server</c> of the system.</param>
    /// <param name="cancellationToken">Gives up waiting, and stops what was started.</param>
    /// <returns>The server.</returns>
    /// <exception cref="MqttServerException">A listener could not listen; nothing is left running.</exception>
    /// <exception cref="ConfigurationException">A setting is missing or out of its range.</exception>
    public static async Task<MqttServer> StartAsync(
        ActorSystem system, MqttServerSettings? settings = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(system);
        settings ??= MqttServerSettings.Create(system);
        var props = ServerActor.PropsFor(ServerContext.Create(settings));
        var root = ((ExtendedActorSystem)system).SystemActorOf(props, $"mqtt-server-{Guid.NewGuid():N}");
        try
        {
            var started = await root.Ask<ServerActor.Started>(ServerActor.Start.Instance, Timeout.InfiniteTimeSpan, cancellationToken)
                .ConfigureAwait(false);
            return new MqttServer(root, started.Acceptor, started.Endpoints, settings);
        }
        catch (OperationCanceledException)
        {
            system.Stop(root);
            throw;
        }
    }

    /// <summary>
    /// Stops: accepts no more, tells 5.0 clients 0x8B, closes every connection, waits for them up to <c>drain-timeout</c>. May be called
    /// again.
    /// </summary>
    /// <returns>When nothing of the server is left.</returns>
    public async Task StopAsync()
    {
        using var deadline = new CancellationTokenSource(_drainTimeout + TimeSpan.FromSeconds(5));
        var stopped = _root.WatchAsync(deadline.Token);
        _root.Tell(ServerActor.Stop.Instance);
        await stopped.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);
}
