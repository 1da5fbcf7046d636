using System.Globalization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Text;
using Akka.Mqtt.Server.Settings;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt.Server;

/// <summary>
/// Settings of a server. The defaults and their meaning are in <c>akka.mqtt.server</c> of the reference configuration; make one with
/// <see cref="Create(ActorSystem)"/> and change it by <c>with</c>. A value that is out of its range throws <see cref="ConfigurationException"/>, whose
/// message names the key; what concerns several settings is checked when a server starts.
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
        Bridges = ReadBridges(config);
        DefaultSecurity = ListenerSecurity.Create("listener-defaults", config.GetConfig("listener-defaults"));
        AllowAnonymous = ListenerSecurity.AccessOf("allow-anonymous", config.GetString("allow-anonymous"));
        AuthenticationTimeout = config.Duration("authentication-timeout");
        SlowHookThreshold = config.DurationOrOff("slow-hook-threshold");
        Limits = new MqttServerLimits(config);
        Features = new MqttServerFeatures(config);
        Durability = new MqttServerDurability(config);
        MaxConnections = config.Count("max-connections");
        SessionsByUser = config.Switch("sessions-by-user");
        MaxTopicLevels = config.Count("max-topic-levels");
        MaxSessionExpiry = config.DurationOrOff("max-session-expiry");
        ServerKeepAlive = config.DurationOrOff("server-keep-alive");
        MaxInflightMessages = config.Count("max-inflight-messages");
        ReceiveMaximum = config.Count("receive-maximum");
        TopicAliasMaximum = config.Count("topic-alias-maximum");
        MaxQueuedMessages = config.Count("max-queued-messages");
        MaxQueuedBytes = config.LongBytes("max-queued-bytes");
        MaxOutstandingBytes = config.Bytes("max-outstanding-bytes");
        MaxUnhandledMessages = config.Count("max-unhandled-messages");
        DeliveryTimeout = config.DurationOrOff("delivery-timeout");
        MaxSubscriptions = config.Count("max-subscriptions");
        MaxRetainedMessages = config.Count("max-retained-messages");
        MaxRetainedBytes = config.LongBytes("max-retained-bytes");
        SysInterval = config.DurationOrOff("sys-interval");
        Tracing = config.Switch("tracing");
        DropReportInterval = config.Duration("drop-report-interval");
        LastPackets = config.Count("last-packets");
        DrainTime = config.DurationOrOff("drain-time") ?? TimeSpan.Zero;
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
        OutgoingTopicAliasMaximum = config.Count("outgoing-topic-alias-maximum");
        RetainedSweepInterval = config.DurationOrOff("retained-sweep-interval");
        ResponseInformation = config.GetString("response-information") is { Length: > 0 } information ? information : null;
        ServerReference = config.GetString("server-reference") is { Length: > 0 } reference ? reference : null;
        MaxClientIdLength31 = config.Count("max-client-id-length-3-1");
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

    /// <summary>Bridges to other servers. Default: none.</summary>
    public MqttList<MqttBridgeSettings> Bridges { get; init; }

    /// <summary>Settings of accepted connections.</summary>
    public MqttConnectionSettings Connection { get; init => field = SettingRange.NotNull(value, "connection"); }

    /// <summary>Who may connect without credentials. Default: <see cref="AnonymousAccess.Loopback"/>.</summary>
    public AnonymousAccess AllowAnonymous { get; init => field = SettingRange.Choice(value, "allow-anonymous"); }

    /// <summary>How long it may take from CONNECT to the decision about the client, and how long a later enhanced authentication. Default: 10 s.</summary>
    public TimeSpan AuthenticationTimeout { get; init => field = SettingRange.Duration(value, "authentication-timeout"); }

    /// <summary>
    /// How long a call of an authorizer, of <see cref="IAuthenticator.MayStay"/>, or of an interceptor of publishing, subscribing or
    /// delivering, may take before it is counted and the log warns of it; null for no limit. Default: 10 ms.
    /// </summary>
    public TimeSpan? SlowHookThreshold { get; init => field = SettingRange.DurationOrOff(value, "slow-hook-threshold"); }

    /// <summary>The rules of connections that came to <see cref="MqttServer.Acceptor"/> and by no listener.</summary>
    public ListenerSecurity DefaultSecurity { get; init => field = SettingRange.NotNull(value, "listener-defaults"); }

    /// <summary>Most connections at a time. Default: 1,000,000.</summary>
    public int MaxConnections { get; init => field = SettingRange.Count(value, 1, 10_000_000, "max-connections"); }

    /// <summary>
    /// Whether users have sessions of their own, so that two users with the same client identifier do not meet; if not, a user is refused the
    /// session of another one. Default: no.
    /// </summary>
    public bool SessionsByUser { get; init; }

    /// <summary>Most levels of a topic name or filter. Default: 256.</summary>
    public int MaxTopicLevels { get; init => field = SettingRange.Count(value, 1, 1000, "max-topic-levels"); }

    /// <summary>Longest time that a session is kept for a client that is away; null for no limit. Default: 7 days.</summary>
    public TimeSpan? MaxSessionExpiry { get; init => field = SettingRange.PeriodOrOff(value, "max-session-expiry"); }

    /// <summary>Keep Alive that 5.0 clients are told to use instead of a longer one; null for none. Default: null.</summary>
    public TimeSpan? ServerKeepAlive { get; init => field = SettingRange.SecondsOrOff(value, 1, ushort.MaxValue, "server-keep-alive"); }

    /// <summary>QoS 1 and 2 messages that may be on the way to one client. Default: 1,024.</summary>
    public int MaxInflightMessages { get; init => field = SettingRange.Count(value, 1, ushort.MaxValue, "max-inflight-messages"); }

    /// <summary>QoS 2 messages of one client that may be between PUBLISH and PUBREL. Default: 1,024.</summary>
    public int ReceiveMaximum { get; init => field = SettingRange.Count(value, 1, ushort.MaxValue, "receive-maximum"); }

    /// <summary>Topic aliases that one client may use. Default: 16.</summary>
    public int TopicAliasMaximum { get; init => field = SettingRange.Count(value, 0, ushort.MaxValue, "topic-alias-maximum"); }

    /// <summary>Messages that may wait for one session. Default: 10,000.</summary>
    public int MaxQueuedMessages { get; init => field = SettingRange.Count(value, 0, 10_000_000, "max-queued-messages"); }

    /// <summary>Bytes of messages that may wait for one session. Default: 16 MiB.</summary>
    public long MaxQueuedBytes { get; init => field = SettingRange.LongBytes(value, "max-queued-bytes"); }

    /// <summary>Bytes told to one connection that it has not written. Default: 1 MiB.</summary>
    public int MaxOutstandingBytes { get; init => field = SettingRange.Bytes(value, 1024, 1 << 30, "max-outstanding-bytes"); }

    /// <summary>Messages on the way to one session actor before publishers wait for it. Default: 100,000.</summary>
    public int MaxUnhandledMessages { get; init => field = SettingRange.Count(value, 1, 10_000_000, "max-unhandled-messages"); }

    /// <summary>
    /// How long publishers wait for a session or subscriber that is behind. After that 5.0 clients are refused messages of QoS 1 and 2 for it with 0x97, until it
    /// has caught up; 3.x clients wait until then. More than 0; null lets all of them wait until then. Default: 30 s.
    /// </summary>
    public TimeSpan? DeliveryTimeout { get; init => field = SettingRange.DurationOrOff(value, "delivery-timeout"); }

    /// <summary>Most subscriptions of one session. Default: 10,000.</summary>
    public int MaxSubscriptions { get; init => field = SettingRange.Count(value, 1, 10_000_000, "max-subscriptions"); }

    /// <summary>Most retained messages. Default: 1,000,000.</summary>
    public int MaxRetainedMessages { get; init => field = SettingRange.Count(value, 0, 2_000_000_000, "max-retained-messages"); }

    /// <summary>Most bytes of retained messages. Default: 256 MiB.</summary>
    public long MaxRetainedBytes { get; init => field = SettingRange.LongBytes(value, "max-retained-bytes"); }

    /// <summary>What else protects the server from its clients.</summary>
    public MqttServerLimits Limits { get; init => field = SettingRange.NotNull(value, "limits"); }

    /// <summary>Which parts of the protocol are offered.</summary>
    public MqttServerFeatures Features { get; init => field = SettingRange.NotNull(value, "features"); }

    /// <summary>What is written where the server has a storage.</summary>
    public MqttServerDurability Durability { get; init => field = SettingRange.NotNull(value, "durability"); }

    /// <summary>How often <c>$SYS/broker/#</c> is published; null for never. Default: 10 s.</summary>
    public TimeSpan? SysInterval { get; init => field = SettingRange.DurationOrOff(value, "sys-interval"); }

    /// <summary>
    /// Whether a message that arrives with the context of a trace gets a span, when somebody listens to the activity source <see cref="MqttTracing.Name"/>. The message stays as
    /// it is. Default: no.
    /// </summary>
    public bool Tracing { get; init; }

    /// <summary>How often drops are logged and told as <see cref="MessageDropped"/>. Default: 1 s.</summary>
    public TimeSpan DropReportInterval { get; init => field = SettingRange.Duration(value, "drop-report-interval"); }

    /// <summary>How many of the last packets of each client are remembered for <see cref="MqttServer.InspectClient"/>. Default: 8.</summary>
    public int LastPackets { get; init => field = SettingRange.Count(value, 0, 1024, "last-packets"); }

    /// <summary>
    /// Over how long a server that stops spreads the end of its clients' connections; zero disconnects all at once. Up to a day. Default: zero.
    /// </summary>
    public TimeSpan DrainTime
    {
        get;
        init => field = value >= TimeSpan.Zero && value <= TimeSpan.FromDays(1)
            ? value
            : throw new ConfigurationException($"drain-time = {value:c} is out of range: 0 to a day.");
    }

    /// <summary>How long stopping waits for clients after <see cref="DrainTime"/>, and in a cluster until other nodes have their sessions. Default: 10 s.</summary>
    public TimeSpan DrainTimeout { get; init => field = SettingRange.Duration(value, "drain-timeout"); }

    /// <summary>Which member of a shared subscription gets a message. Default: <see cref="SharedSubscriptionStrategy.RoundRobin"/>.</summary>
    public SharedSubscriptionStrategy SharedSubscriptionStrategy
    {
        get;
        init => field = SettingRange.Choice(value, "shared-subscription-strategy");
    }

    /// <summary>
    /// Whether <c>$share/group/filter</c> is a shared subscription for 3.1 and 3.1.1 clients too, whose standards leave topics that begin
    /// with <c>$</c> to the server; if not, it is an ordinary filter there. Default: true.
    /// </summary>
    public bool SharedSubscriptionsBefore5 { get; init; }

    /// <summary>Most topic aliases that are used towards one client, at most its Topic Alias Maximum; 0 for none. Default: 16.</summary>
    public int OutgoingTopicAliasMaximum
    {
        get;
        init => field = SettingRange.Count(value, 0, ushort.MaxValue, "outgoing-topic-alias-maximum");
    }

    /// <summary>How often expired retained messages are looked for; null for only when they are asked for. Default: 1 minute.</summary>
    public TimeSpan? RetainedSweepInterval { get; init => field = SettingRange.DurationOrOff(value, "retained-sweep-interval"); }

    /// <summary>The Response Information of CONNACK for clients that ask for it; null for none. Default: null.</summary>
    public string? ResponseInformation { get; init => field = Text(value, "response-information"); }

    /// <summary>Another server that 5.0 clients are told of when this one has no room or stops; null for none. Default: null.</summary>
    public string? ServerReference { get; init => field = Text(value, "server-reference"); }

    /// <summary>Longest client identifier of a 3.1 client, in characters; its standard has 23. Default: 23.</summary>
    public int MaxClientIdLength31 { get; init => field = SettingRange.Count(value, 23, ushort.MaxValue, "max-client-id-length-3-1"); }

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
        var settings = new MqttServerSettings(server, MqttConnectionSettings.Create(connection));
        settings.Validate();
        return settings;
    }

    /// <summary>Checks what concerns several settings: <c>with</c> may have changed one of them.</summary>
    /// <exception cref="ConfigurationException">They do not fit together; the message names the keys.</exception>
    internal void Validate()
    {
        if (MaxOutstandingBytes >= Connection.MaxQueuedWriteBytes)
        {
            throw new ConfigurationException(string.Create(
                CultureInfo.InvariantCulture,
                $"max-outstanding-bytes = {MaxOutstandingBytes} must be less than connection.max-queued-write-bytes = {Connection.MaxQueuedWriteBytes}."));
        }
        foreach (var listener in Listeners)
            listener.Validate();
        foreach (var bridge in Bridges)
            bridge.Validate();
        if (Bridges.GroupBy(each => each.Name).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new ConfigurationException($"bridges: there are two with the name {twice.Key}.");
        Limits.Memory.Validate();
        Durability.Validate(Listeners);
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

    private static MqttList<MqttBridgeSettings> ReadBridges(Config config)
    {
        var defaults = config.GetConfig("bridge-defaults");
        return MqttList.From(config.GetConfig("bridges").AsEnumerable()
            .Select(each => MqttBridgeSettings.Create(each.Key, each.Value.AtKey("it").GetConfig("it").WithFallback(defaults))).OfType<MqttBridgeSettings>());
    }

    private static string? Text(string? value, string key) => value is null || (value.Length > 0 && Utf8Rules.Measure(value) is > 0 and <= Utf8Rules.MaxBytes)
        ? value
        : throw new ConfigurationException($"{key} is empty or no text of MQTT; null for none.");
}
