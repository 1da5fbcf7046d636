using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Mqtt.Server.Sessions;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server;

/// <summary>
/// An MQTT server (broker) in an actor system, for MQTT 3.1, 3.1.1 and 5.0: sessions, routing, retained messages, wills, shared
/// subscriptions. Several servers can run in one system. Thread safe.
/// <code>
/// await using var server = await MqttServer.StartAsync(system);
/// Console.WriteLine(string.Join(" ", server.Endpoints));   // mqtt://127.0.0.1:1883 mqtt://[::1]:1883
/// </code>
/// </summary>
public sealed partial class MqttServer : IAsyncDisposable
{
    /// <summary>The name of the meter with the counters of servers; docs/operations.md lists its instruments.</summary>
    public const string MeterName = "Akka.Mqtt.Server";

    private static readonly Task<string> Never = new TaskCompletionSource<string>().Task;

    private readonly ActorSystem _system;
    private readonly IActorRef _root;
    private readonly TimeSpan _drainTimeout;

    private readonly IActorRef _local;
    private readonly IReadOnlyDictionary<string, IActorRef> _acceptors;

    private MqttServer(ActorSystem system, IActorRef root, ServerActor.Started started)
    {
        _system = system;
        _root = root;
        _local = started.Local;
        _acceptors = started.Acceptors;
        _drainTimeout = started.Context.Settings.DrainTime + started.Context.Settings.DrainTimeout;
        Acceptor = started.Acceptor;
        Security = started.Security;
        Admin = started.Context.Admin;
        Endpoints = started.Endpoints;
        Context = started.Context;
    }

    /// <summary>
    /// Accepts <see cref="Mqtt.Connected"/>: use it as the handler for your own <see cref="Mqtt.Bind"/> or <see cref="Mqtt.Attach"/>. The
    /// WebSocket listeners of <c>Akka.Mqtt.AspNetCore</c> use it too.
    /// </summary>
    public IActorRef Acceptor { get; }

    /// <summary>Accepts <see cref="ReloadSecurity"/>.</summary>
    public IActorRef Security { get; }

    /// <summary>The addresses on which this server listens, without listeners of others that use <see cref="Acceptor"/>.</summary>
    public IReadOnlyList<MqttServerEndpoint> Endpoints { get; }

    /// <summary>
    /// The name of this server's root actor below <c>/user</c>: that of <see cref="MqttServerSettings.Name"/>, or the first free one.
    /// </summary>
    public string Name => _root.Path.Name;

    /// <summary>The settings.</summary>
    public MqttServerSettings Settings => Context.Settings;

    /// <summary>
    /// Accepts <see cref="GetClients"/>, <see cref="InspectClient"/> and <see cref="DisconnectClient"/>.
    /// </summary>
    public IActorRef Admin { get; }

    /// <summary>Client identifiers and addresses that may not connect.</summary>
    public MqttServerBans Bans => Context.Protection.Bans;

    /// <summary>The event stream of the actor system.</summary>
    internal EventStream Events => _system.EventStream;

    /// <summary>Whether this server is alive and should receive clients now.</summary>
    public MqttServerHealth Health => MqttServerHealth.Of(Context);

    /// <summary>
    /// Completes with a reason when this server is no longer a node of its cluster, or when other nodes have taken over its durable
    /// sessions: see <see cref="MqttServerState.Removed"/>. It never completes for a server without a cluster.
    /// </summary>
    public Task<string> WhenRemoved => Context.Owners?.Removed ?? Never;

    /// <summary>The objects that the actors of this server share.</summary>
    internal ServerContext Context { get; }

    /// <summary>The reference configuration of this assembly.</summary>
    /// <returns>The configuration.</returns>
    public static Config DefaultConfig() =>
        ConfigurationFactory.FromResource("akka.mqtt.server.reference.conf", typeof(MqttServer).Assembly);

    /// <summary>Starts a server; completes when every listener accepts.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="settings">The settings; with null <c>akka.mqtt.server</c> of the system is read.</param>
    /// <param name="hooks">User code inside the server, and its clock; null for none.</param>
    /// <param name="cancellationToken">Cancels the start, and stops what was started.</param>
    /// <returns>The server.</returns>
    /// <exception cref="MqttServerException">
    /// A listener cannot listen, or an actor already has the name of the settings. Nothing is left running.
    /// </exception>
    /// <exception cref="ConfigurationException">A setting is missing or out of its range, or a security file is invalid.</exception>
    public static async Task<MqttServer> StartAsync(
        ActorSystem system,
        MqttServerSettings? settings = null,
        MqttServerHooks? hooks = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(system);
        hooks?.Cluster?.Prepare(system);
        var context = ServerContext.Create(settings ?? MqttServerSettings.Create(system), hooks);
        var log = Logging.GetLogger(system, typeof(MqttServer));
        if (hooks?.Storage is { } storage)
            context = await DurableStart.OpenAsync(context, storage, hooks.Cluster?.NameOf(system), log, cancellationToken).ConfigureAwait(false);
        else if (context.Settings.Durability.FindWithoutStorage() is { } rule)
            log.Warning("{0}.class = durable, but the server has no storage: nothing is written. Give it one (akka-mqtt serve: --data or --database), or remove the rule.", rule);
        return await StartAsync(system, context, cancellationToken).ConfigureAwait(false);
    }

    internal static async Task<MqttServer> StartAsync(ActorSystem system, ServerContext context, CancellationToken cancellationToken = default)
    {
        _ = system.Mqtt(); // the extension registers the dispatcher of connections
        MqttExt.RequireDispatcher(system, context.Settings.Connection);
        var running = RunningServers.Get(system);
        var root = StartRoot(system, context, running);
        try
        {
            var started = await root.Ask<ServerActor.Started>(ServerActor.Start.Instance, Timeout.InfiniteTimeSpan, cancellationToken)
                .ConfigureAwait(false);
            var server = new MqttServer(system, root, started);
            running.Add(server);
            return server;
        }
        catch (Exception error)
        {
            if (error is OperationCanceledException)
                system.Stop(root);
            if (context.Engine is { } engine)
                await engine.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static IActorRef StartRoot(ActorSystem system, ServerContext context, RunningServers running)
    {
        try
        {
            running.Prepare(context.Settings.ShutdownPhase);
        }
        catch (ConfigurationException error)
        {
            throw new ConfigurationException(
                $"{MqttServerSettings.Section}.shutdown-phase = {context.Settings.ShutdownPhase} is not a phase of CoordinatedShutdown. "
                + "The phases are in akka.coordinated-shutdown.phases.",
                error);
        }
        var props = ServerActor.PropsFor(context);
        if (context.Settings.Name is not { } name)
        {
            while (true)
            {
                try
                {
                    return system.ActorOf(props, running.NextName());
                }
                catch (InvalidActorNameException)
                {
                    // An actor with this name already exists.
                }
            }
        }
        try
        {
            return system.ActorOf(props, name);
        }
        catch (InvalidActorNameException error)
        {
            throw new MqttServerException(
                $"An actor /user/{name} already exists. A second server in an actor system needs another {MqttServerSettings.Section}.name.", error);
        }
    }

    /// <summary>
    /// Like <see cref="Acceptor"/>, but with the rules of a listener of the settings. <see cref="Acceptor"/> uses those of
    /// <c>listener-defaults</c>.
    /// </summary>
    /// <param name="listener">The name of the listener; it may be one that Kestrel hosts.</param>
    /// <returns>The handler.</returns>
    /// <exception cref="ArgumentException">The settings have no such listener.</exception>
    public IActorRef AcceptorOf(string listener) => _acceptors.TryGetValue(listener, out var acceptor)
        ? acceptor
        : throw new ArgumentException($"There is no listener {listener}.", nameof(listener));

    /// <summary>Like AcceptorOf; null returns <see cref="Acceptor"/>, and an unknown listener returns null.</summary>
    internal IActorRef? FindAcceptor(string? listener) => listener is null ? Acceptor : _acceptors.GetValueOrDefault(listener);

    /// <summary>
    /// Reads password, SCRAM, ACL and revocation files again without a restart. The new rules apply to new clients. Each connected client
    /// is checked at once: a client that would be refused now is disconnected with 0x87, and subscriptions that are no longer allowed are
    /// removed.
    /// </summary>
    /// <param name="cancellationToken">Cancels the wait; reading continues.</param>
    /// <returns>Completes when the new rules are in force.</returns>
    /// <exception cref="ConfigurationException">A file is invalid: nothing changes. The message names key, file and line.</exception>
    public async Task ReloadSecurityAsync(CancellationToken cancellationToken = default)
    {
        var answer = await Security.Ask<object>(ReloadSecurity.Instance, Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        if (answer is SecurityNotReloaded failed)
            throw failed.Cause as ConfigurationException ?? new ConfigurationException(failed.Message, failed.Cause);
    }

    /// <summary>
    /// Disconnects all clients, and accepts none until the server stops: <see cref="Health"/> is <see cref="MqttServerState.Draining"/>.
    /// The clients are disconnected one after another, spread over <c>drain-time</c>, each when its published messages are acknowledged.
    /// 5.0 clients receive 0x9C if there is a <c>server-reference</c> or another node, else 0x8B. In a cluster the sessions then move to
    /// the other nodes, which forget this one; the node stays a member of the Akka.NET cluster. May be called again.
    /// </summary>
    /// <param name="cancellationToken">Cancels the wait; the drain continues.</param>
    /// <returns>
    /// Completes when no client is connected and no session is left that another node could take, at the latest after <c>drain-time</c>
    /// and <c>drain-timeout</c>.
    /// </returns>
    public async Task DrainAsync(CancellationToken cancellationToken = default)
    {
        _root.Tell(ServerActor.BeginDrain.Instance);
        await Context.Lifecycle.Drained.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Stops the server: does what <see cref="DrainAsync"/> does, for at most <c>drain-time</c> and <c>drain-timeout</c>, and then ends.
    /// May be called again. The end of the actor system does the same, in the phase <c>shutdown-phase</c> of
    /// <see cref="CoordinatedShutdown"/>.
    /// </summary>
    /// <returns>Completes when all parts of the server have stopped.</returns>
    public async Task StopAsync()
    {
        if (Context.Stopped.IsCancellationRequested)
            return; // perhaps with its actor system, which can no longer answer
        using var deadline = new CancellationTokenSource(_drainTimeout + TimeSpan.FromSeconds(5));
        var stopped = _root.WatchAsync(deadline.Token);
        _root.Tell(ServerActor.Stop.Instance);
        await stopped.ConfigureAwait(false);
        if (Context.Engine is { } engine)
            await engine.DisposeAsync().ConfigureAwait(false); // all sessions are parked
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);
}
