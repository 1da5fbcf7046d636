using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Mqtt.Server.Sessions;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server;

/// <summary>
/// An MQTT server (broker) in an actor system: sessions, routing, retained messages, wills, shared subscriptions, for MQTT 3.1, 3.1.1 and
/// 5.0.
/// Several may run in one system. Thread safe.
/// <code>
/// await using var server = await MqttServer.StartAsync(system);
/// Console.WriteLine(string.Join(" ", server.Endpoints));   // mqtt://127.0.0.1:1883 mqtt://[::1]:1883
/// </code>
/// </summary>
public sealed partial class MqttServer : IAsyncDisposable
{
    /// <summary>The name of the meter that counts what servers do; docs/operations.md lists its instruments.</summary>
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
    /// Takes <see cref="Mqtt.Connected"/>: the handler for a <see cref="Mqtt.Bind"/> or <see cref="Mqtt.Attach"/> of your own, and for the
    /// WebSocket listeners of <c>Akka.Mqtt.AspNetCore</c>.
    /// </summary>
    public IActorRef Acceptor { get; }

    /// <summary>Takes <see cref="ReloadSecurity"/>.</summary>
    public IActorRef Security { get; }

    /// <summary>Where this server listens. Listeners that hand their connections to <see cref="Acceptor"/> are not known here.</summary>
    public IReadOnlyList<MqttServerEndpoint> Endpoints { get; }

    /// <summary>The name of this server's root actor below <c>/user</c>: that of <see cref="MqttServerSettings.Name"/>, or the one that was free.</summary>
    public string Name => _root.Path.Name;

    /// <summary>The settings.</summary>
    public MqttServerSettings Settings => Context.Settings;

    /// <summary>
    /// Takes <see cref="GetClients"/>, <see cref="InspectClient"/> and <see cref="DisconnectClient"/>.
    /// </summary>
    public IActorRef Admin { get; }

    /// <summary>Client identifiers and addresses that may not connect.</summary>
    public MqttServerBans Bans => Context.Protection.Bans;

    /// <summary>The event stream of the actor system.</summary>
    internal EventStream Events => _system.EventStream;

    /// <summary>Whether this server is alive and should get clients, now.</summary>
    public MqttServerHealth Health => MqttServerHealth.Of(Context);

    /// <summary>
    /// Completes with the reason when this server is no node of its cluster any more, or other nodes have taken over its durable sessions: see
    /// <see cref="MqttServerState.Removed"/>. It never completes for a server that is alone.
    /// </summary>
    public Task<string> WhenRemoved => Context.Owners?.Removed ?? Never;

    /// <summary>What the actors of this server share.</summary>
    internal ServerContext Context { get; }

    /// <summary>The reference configuration of this assembly.</summary>
    /// <returns>The configuration.</returns>
    public static Config DefaultConfig() =>
        ConfigurationFactory.FromResource("akka.mqtt.server.reference.conf", typeof(MqttServer).Assembly);

    /// <summary>Starts a server; done when every listener accepts.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="settings">The settings; null reads <c>akka.mqtt.server</c> of the system.</param>
    /// <param name="hooks">Your own code inside the server, and its clock; null for none.</param>
    /// <param name="cancellationToken">Gives up waiting, and stops what was started.</param>
    /// <returns>The server.</returns>
    /// <exception cref="MqttServerException">
    /// A listener could not listen, or an actor has the name of the settings already; nothing is left running.
    /// </exception>
    /// <exception cref="ConfigurationException">A setting is missing or out of its range, or a file of security is broken.</exception>
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
        _ = system.Mqtt(); // brings the dispatcher of its connections
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
                $"{MqttServerSettings.Section}.shutdown-phase = {context.Settings.ShutdownPhase} is no phase of CoordinatedShutdown. "
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
                    // Somebody has an actor of this name.
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
                $"There is an actor /user/{name} already. A second server in an actor system needs another {MqttServerSettings.Section}.name.", error);
        }
    }

    /// <summary>
    /// Like <see cref="Acceptor"/>, but with the rules of a listener of the settings. <see cref="Acceptor"/> has those of
    /// <c>listener-defaults</c>.
    /// </summary>
    /// <param name="listener">The name of the listener; it may be one that Kestrel hosts.</param>
    /// <returns>The handler.</returns>
    /// <exception cref="ArgumentException">The settings have no such listener.</exception>
    public IActorRef AcceptorOf(string listener) => _acceptors.TryGetValue(listener, out var acceptor)
        ? acceptor
        : throw new ArgumentException($"There is no listener {listener}.", nameof(listener));

    /// <summary>The same; null gives <see cref="Acceptor"/>, and a listener that is not there gives null.</summary>
    internal IActorRef? FindAcceptor(string? listener) => listener is null ? Acceptor : _acceptors.GetValueOrDefault(listener);

    /// <summary>
    /// Reads password, SCRAM, ACL and revocation files again, without a restart. The new rules hold for new clients; each connected client is
    /// checked at once: one that would not be let in any more is disconnected with 0x87, and subscriptions that are not allowed any more end.
    /// </summary>
    /// <param name="cancellationToken">Gives up waiting; the reading continues.</param>
    /// <returns>When the new rules are in force.</returns>
    /// <exception cref="ConfigurationException">A file is broken: everything stays as it was. The message names key, file and line.</exception>
    public async Task ReloadSecurityAsync(CancellationToken cancellationToken = default)
    {
        var answer = await Security.Ask<object>(ReloadSecurity.Instance, Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        if (answer is SecurityNotReloaded failed)
            throw failed.Cause as ConfigurationException ?? new ConfigurationException(failed.Message, failed.Cause);
    }

    /// <summary>
    /// Disconnects all clients, and takes no more until the end of the server: <see cref="Health"/> says <see cref="MqttServerState.Draining"/>. The clients are
    /// disconnected one after another, spread over <c>drain-time</c>, each when what it has published is acknowledged. 5.0 clients are told 0x9C where there is a
    /// <c>server-reference</c> or another node, else 0x8B. In a cluster the sessions then go to the other nodes, which forget this one; the node stays a member of the Akka.NET cluster. May be called again.
    /// </summary>
    /// <param name="cancellationToken">Gives up waiting; the drain goes on.</param>
    /// <returns>When no client is connected and no session is left that another node could take, at the latest after <c>drain-time</c> and <c>drain-timeout</c>.</returns>
    public async Task DrainAsync(CancellationToken cancellationToken = default)
    {
        _root.Tell(ServerActor.BeginDrain.Instance);
        await Context.Lifecycle.Drained.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Stops: does what <see cref="DrainAsync"/> does, at the latest until <c>drain-time</c> and <c>drain-timeout</c> are over, then ends. May be called
    /// again. The end of the actor system does the same, in the phase <c>shutdown-phase</c> of <see cref="CoordinatedShutdown"/>.
    /// </summary>
    /// <returns>When nothing of the server is left.</returns>
    public async Task StopAsync()
    {
        if (Context.Stopped.IsCancellationRequested)
            return; // perhaps with its actor system, which could not answer any more
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
