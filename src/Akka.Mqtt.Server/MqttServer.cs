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
public sealed partial class MqttServer : IAsyncDisposable
{
    /// <summary>The name of the meter that counts what servers do; docs/operations.md lists its instruments.</summary>
    public const string MeterName = "Akka.Mqtt.Server";

    private readonly IActorRef _root;
    private readonly TimeSpan _drainTimeout;

    private readonly IActorRef _local;
    private readonly IReadOnlyDictionary<string, IActorRef> _acceptors;

    private MqttServer(IActorRef root, ServerActor.Started started)
    {
        _root = root;
        _local = started.Local;
        _acceptors = started.Acceptors;
        _drainTimeout = started.Context.Settings.DrainTimeout;
        Acceptor = started.Acceptor;
        Admin = started.Context.Admin;
        Endpoints = started.Endpoints;
        Context = started.Context;
    }

    /// <summary>
    /// Takes <see cref="Mqtt.Connected"/>: the handler for a <see cref="Mqtt.Bind"/> or <see cref="Mqtt.Attach"/> of your own, and for the
    /// WebSocket listeners of <c>Akka.Mqtt.AspNetCore</c>.
    /// </summary>
    public IActorRef Acceptor { get; }

    /// <summary>Where this server listens. Listeners that hand their connections to <see cref="Acceptor"/> are not known here.</summary>
    public IReadOnlyList<MqttServerEndpoint> Endpoints { get; }

    /// <summary>The settings.</summary>
    public MqttServerSettings Settings => Context.Settings;

    /// <summary>
    /// Takes <see cref="GetClients"/>, <see cref="InspectClient"/> and <see cref="DisconnectClient"/>, and is the sender's name in
    /// <see cref="MqttServerEvent"/>.
    /// </summary>
    public IActorRef Admin { get; }

    /// <summary>What the actors of this server share.</summary>
    internal ServerContext Context { get; }

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
    public static Task<MqttServer> StartAsync(
        ActorSystem system, MqttServerSettings? settings = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(system);
        return StartAsync(system, ServerContext.Create(settings ?? MqttServerSettings.Create(system)), cancellationToken);
    }

    internal static async Task<MqttServer> StartAsync(ActorSystem system, ServerContext context, CancellationToken cancellationToken = default)
    {
        var props = ServerActor.PropsFor(context);
        var root = ((ExtendedActorSystem)system).SystemActorOf(props, $"mqtt-server-{Guid.NewGuid():N}");
        try
        {
            var started = await root.Ask<ServerActor.Started>(ServerActor.Start.Instance, Timeout.InfiniteTimeSpan, cancellationToken)
                .ConfigureAwait(false);
            return new MqttServer(root, started);
        }
        catch (OperationCanceledException)
        {
            system.Stop(root);
            throw;
        }
    }

    /// <summary>
    /// The same as <see cref="Acceptor"/>, for the connections of one listener of the settings: with the mount point of that listener.
    /// </summary>
    /// <param name="listener">The name of the listener.</param>
    /// <returns>Who takes <see cref="Mqtt.Connected"/>.</returns>
    public IActorRef AcceptorOf(string listener) => _acceptors.GetValueOrDefault(listener, Acceptor);

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
