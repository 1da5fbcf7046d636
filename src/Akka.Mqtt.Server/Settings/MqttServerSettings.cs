using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Settings;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt.Server;

/// <summary>
/// Settings of a server. The defaults and their meaning are in <c>akka.mqtt.server</c> of the reference configuration; make one with
/// <see cref="Create(ActorSystem)"/> and change it by <c>with</c>.
/// </summary>
public sealed record MqttServerSettings
{
    /// <summary>The configuration section of the defaults.</summary>
    public const string Section = "akka.mqtt.server";

    private MqttServerSettings(Config config, MqttConnectionSettings connection)
    {
        Name = config.GetString("name") is { Length: > 0 } name ? name : null;
        ShutdownPhase = config.GetString("shutdown-phase");
        Connection = connection;
        Listeners = ReadListeners(config);
        DefaultSecurity = ListenerSecurity.Create("listener-defaults", config.GetConfig("listener-defaults"));
        AllowAnonymous = ListenerSecurity.AccessOf("allow-anonymous", config.GetString("allow-anonymous"));
        AuthenticationTimeout = config.Duration("authentication-timeout");
        SlowHookThreshold = config.DurationOrOff("slow-hook-threshold");
        Limits = new MqttServerLimits(config);
        Features = new MqttServerFeatures(config);
        Durability = new MqttServerDurability(config);
        Durability.Validate(Listeners);
        MaxConnections = config.Count("max-connections", 1, 10_000_000);
        SessionsByUser = config.Switch("sessions-by-user");
        MaxTopicLevels = config.Count("max-topic-levels", 1, 1000);
        MaxSessionExpiry = config.DurationOrOff("max-session-expiry");
        ServerKeepAlive = config.DurationOrOff("server-keep-alive");
        if (ServerKeepAlive is { TotalSeconds: < 1 or > ushort.MaxValue })
        {
            throw new ConfigurationException(
                $"server-keep-alive = {config.GetString("server-keep-alive")} is out of range: 1 s to 65535 s.");
        }
        MaxInflightMessages = config.Count("max-inflight-messages", 1, ushort.MaxValue);
        ReceiveMaximum = config.Count("receive-maximum", 1, ushort.MaxValue);
        TopicAliasMaximum = config.Count("topic-alias-maximum", 0, ushort.MaxValue);
        MaxQueuedMessages = config.Count("max-queued-messages", 0, 10_000_000);
        MaxQueuedBytes = config.LongBytes("max-queued-bytes");
        MaxOutstandingBytes = config.Bytes("max-outstanding-bytes", 1024, 1 << 30);
        if (MaxOutstandingBytes >= connection.MaxQueuedWriteBytes)
        {
            throw new ConfigurationException(
                $"max-outstanding-bytes = {MaxOutstandingBytes} must be less than "
                + $"connection.max-queued-write-bytes = {connection.MaxQueuedWriteBytes}.");
        }
        MaxUnhandledMessages = config.Count("max-unhandled-messages", 1, 10_000_000);
        DeliveryTimeout = config.Duration("delivery-timeout");
        MaxSubscriptions = config.Count("max-subscriptions", 1, 10_000_000);
        MaxRetainedMessages = config.Count("max-retained-messages", 0, 2_000_000_000);
        MaxRetainedBytes = config.LongBytes("max-retained-bytes");
        SysInterval = config.DurationOrOff("sys-interval");
        DropReportInterval = config.Duration("drop-report-interval");
        LastPackets = config.Count("last-packets", 0, 1024);
        DrainTimeout = config.Duration("drain-timeout");
        SharedSubscriptionStrategy = config.GetString("shared-subscription-strategy") switch
        {
            "round-robin" => SharedSubscriptionStrategy.RoundRobin,
            "random" => SharedSubscriptionStrategy.Random,
            "sticky" => SharedSubscriptionStrategy.Sticky,
            "hash-client" => SharedSubscriptionStrategy.HashClient,
            "hash-topic" => SharedSubscriptionStrategy.HashTopic,
            var other => throw new ConfigurationException(
                $"shared-subscription-strategy = {other} is none of round-robin, random, sticky, hash-client and hash-topic."),
        };
        SharedSubscriptionsBefore5 = config.Switch("shared-subscriptions-before-5");
        OutgoingTopicAliasMaximum = config.Count("outgoing-topic-alias-maximum", 0, ushort.MaxValue);
        RetainedSweepInterval = config.DurationOrOff("retained-sweep-interval");
        ResponseInformation = config.GetString("response-information") is { Length: > 0 } information ? information : null;
        ServerReference = config.GetString("server-reference") is { Length: > 0 } reference ? reference : null;
        MaxClientIdLength31 = config.Count("max-client-id-length-3-1", 23, ushort.MaxValue);
    }

    /// <summary>
    /// The name of the server's root actor below <c>/user</c>; null for <c>mqtt-server</c>, then <c>mqtt-server-2</c> and so on. Default: null.
    /// </summary>
    /// <exception cref="ConfigurationException">An actor cannot have this name.</exception>
    public string? Name
    {
        get;
        init => field = value is null || ActorPath.IsValidPathElement(value)
            ? value
            : throw new ConfigurationException(
                $"name = {LogText.Escape(value)} cannot be the name of an actor: letters, digits and -_.*$+:@&=,!~'; are allowed, $ not at the beginning.");
    }

    /// <summary>The phase of CoordinatedShutdown in which the server stops. Default: <c>service-requests-done</c>.</summary>
    /// <exception cref="ConfigurationException">It is empty.</exception>
    public string ShutdownPhase
    {
        get;
        init => field = string.IsNullOrEmpty(value)
            ? throw new ConfigurationException("shutdown-phase is empty: it is the name of a phase in akka.coordinated-shutdown.phases.")
            : value;
    }

    /// <summary>Where clients are accepted. Default: TCP on port 1883 of the loopback interface, 127.0.0.1 and ::1.</summary>
    public MqttList<ListenerSettings> Listeners { get; init; }

    /// <summary>Settings of accepted connections.</summary>
    public MqttConnectionSettings Connection { get; init; }

    /// <summary>Who may connect without credentials. Default: <see cref="AnonymousAccess.Loopback"/>.</summary>
    public AnonymousAccess AllowAnonymous { get; init; }

    /// <summary>How long it may take from CONNECT to the decision about the client, and how long a later enhanced authentication. Default: 10 s.</summary>
    public TimeSpan AuthenticationTimeout { get; init; }

    /// <summary>
    /// How long a call of an authorizer, or of an interceptor of publishing, subscribing or delivering, may take before it is counted and the log warns
    /// of it; null for no limit. Default: 10 ms.
    /// </summary>
    public TimeSpan? SlowHookThreshold { get; init; }

    /// <summary>The rules of connections that came to <see cref="MqttServer.Acceptor"/> and by no listener.</summary>
    public ListenerSecurity DefaultSecurity { get; init; }

    /// <summary>Most connections at a time. Default: 1,000,000.</summary>
    public int MaxConnections { get; init; }

    /// <summary>
    /// Whether users have sessions of their own, so that two users with the same client identifier do not meet; if not, a user is refused the
    /// session of another one. Default: no.
    /// </summary>
    public bool SessionsByUser { get; init; }

    /// <summary>Most levels of a topic name or filter. Default: 256.</summary>
    public int MaxTopicLevels { get; init; }

    /// <summary>Longest time that a session is kept for a client that is away; null for no limit. Default: 7 days.</summary>
    public TimeSpan? MaxSessionExpiry { get; init; }

    /// <summary>Keep Alive that 5.0 clients are told to use instead of a longer one; null for none. Default: null.</summary>
    public TimeSpan? ServerKeepAlive { get; init; }

    /// <summary>QoS 1 and 2 messages that may be on the way to one client. Default: 1,024.</summary>
    public int MaxInflightMessages { get; init; }

    /// <summary>QoS 2 messages of one client that may be between PUBLISH and PUBREL. Default: 1,024.</summary>
    public int ReceiveMaximum { get; init; }

    /// <summary>Topic aliases that one client may use. Default: 16.</summary>
    public int TopicAliasMaximum { get; init; }

    /// <summary>Messages that may wait for one session. Default: 10,000.</summary>
    public int MaxQueuedMessages { get; init; }

    /// <summary>Bytes of messages that may wait for one session. Default: 16 MiB.</summary>
    public long MaxQueuedBytes { get; init; }

    /// <summary>Bytes told to one connection that it has not written. Default: 1 MiB.</summary>
    public int MaxOutstandingBytes { get; init; }

    /// <summary>Messages on the way to one session actor before publishers wait for it. Default: 100,000.</summary>
    public int MaxUnhandledMessages { get; init; }

    /// <summary>How long publishers wait for a session or subscriber that is behind; more than 0. Default: 30 s.</summary>
    public TimeSpan DeliveryTimeout { get; init; }

    /// <summary>Most subscriptions of one session. Default: 10,000.</summary>
    public int MaxSubscriptions { get; init; }

    /// <summary>Most retained messages. Default: 1,000,000.</summary>
    public int MaxRetainedMessages { get; init; }

    /// <summary>Most bytes of retained messages. Default: 256 MiB.</summary>
    public long MaxRetainedBytes { get; init; }

    /// <summary>What else protects the server from its clients.</summary>
    public MqttServerLimits Limits { get; init; }

    /// <summary>Which parts of the protocol are offered.</summary>
    public MqttServerFeatures Features { get; init; }

    /// <summary>What is written where the server has a storage.</summary>
    public MqttServerDurability Durability { get; init; }

    /// <summary>How often <c>$SYS/broker/#</c> is published; null for never. Default: 10 s.</summary>
    public TimeSpan? SysInterval { get; init; }

    /// <summary>How often drops are logged and told as <see cref="MessageDropped"/>. Default: 1 s.</summary>
    public TimeSpan DropReportInterval { get; init; }

    /// <summary>How many of the last packets of each client are remembered for <see cref="MqttServer.InspectClient"/>. Default: 8.</summary>
    public int LastPackets { get; init; }

    /// <summary>How long stopping waits for clients. Default: 10 s.</summary>
    public TimeSpan DrainTimeout { get; init; }

    /// <summary>Which member of a shared subscription gets a message. Default: <see cref="SharedSubscriptionStrategy.RoundRobin"/>.</summary>
    public SharedSubscriptionStrategy SharedSubscriptionStrategy { get; init; }

    /// <summary>
    /// Whether <c>$share/group/filter</c> is a shared subscription for 3.1 and 3.1.1 clients too, whose standards leave topics that begin
    /// with <c>$</c> to the server; if not, it is an ordinary filter there. Default: true.
    /// </summary>
    public bool SharedSubscriptionsBefore5 { get; init; }

    /// <summary>Most topic aliases that are used towards one client, at most its Topic Alias Maximum; 0 for none. Default: 16.</summary>
    public int OutgoingTopicAliasMaximum { get; init; }

    /// <summary>How often expired retained messages are looked for; null for only when they are asked for. Default: 1 minute.</summary>
    public TimeSpan? RetainedSweepInterval { get; init; }

    /// <summary>The Response Information of CONNACK for clients that ask for it; null for none. Default: null.</summary>
    public string? ResponseInformation { get; init; }

    /// <summary>Another server that 5.0 clients are told of when this one has no room or stops; null for none. Default: null.</summary>
    public string? ServerReference { get; init; }

    /// <summary>Longest client identifier of a 3.1 client, in characters; its standard has 23. Default: 23.</summary>
    public int MaxClientIdLength31 { get; init; }

    /// <summary>Reads <c>akka.mqtt.server</c> of an actor system, over the reference configuration.</summary>
    /// <param name="system">The actor system.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="ConfigurationException">A value is missing or out of its range; the message names the key.</exception>
    public static MqttServerSettings Create(ActorSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        return Create(system.Settings.Config);
    }

    /// <summary>
    /// Reads <c>akka.mqtt.server</c> and <c>akka.mqtt.connection</c> of a configuration, over the reference configuration.
    /// </summary>
    /// <param name="config">A whole configuration, from its root.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="ConfigurationException">A value is out of its range; the message names the key.</exception>
    public static MqttServerSettings Create(Config config)
    {
        var all = (config ?? Config.Empty).SafeWithFallback(MqttServer.DefaultConfig()).SafeWithFallback(MqttExt.DefaultConfig());
        var server = all.GetConfig(Section);
        var connection = server.GetConfig("connection").SafeWithFallback(all.GetConfig(MqttConnectionSettings.Section));
        return new MqttServerSettings(server, MqttConnectionSettings.Create(connection));
    }

    private static MqttList<ListenerSettings> ReadListeners(Config config)
    {
        var listeners = new List<ListenerSettings>();
        var defaults = config.GetConfig("listener-defaults");
        foreach (var (name, section) in config.GetConfig("listeners").AsEnumerable())
        {
            var own = section.AtKey("it").GetConfig("it");
            if (ListenerSettings.Create(name, own.WithFallback(defaults)) is not { } listener)
                continue;
            // Of listener-defaults they may be there for the others; here somebody means this listener, and would not have it in the clear.
            if (!listener.IsSecure && own.GetString("cert-file", "") is { Length: > 0 })
                throw new ConfigurationException($"listeners.{name}.cert-file needs transport = tls or wss.");
            listeners.Add(listener);
        }
        return MqttList.From(listeners);
    }
}
