using System.Globalization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Text;
using Akka.Mqtt.Server.Settings;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt.Server;

/// <summary>
/// Settings of a server. The reference configuration has the defaults and explains them in <c>akka.mqtt.server</c>. Create settings with
/// <see cref="Create(ActorSystem)"/> and change them with <c>with</c>. A value out of its range throws
/// <see cref="ConfigurationException"/>, whose message names the key. Rules about several settings are checked when a server starts.
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
                $"shared-subscription-strategy = {other} is not one of round-robin, random, sticky, hash-client and hash-topic."),
        };
        SharedSubscriptionsBefore5 = config.Switch("shared-subscriptions-before-5");
        OutgoingTopicAliasMaximum = config.Count("outgoing-topic-alias-maximum");
        RetainedSweepInterval = config.DurationOrOff("retained-sweep-interval");
        ResponseInformation = config.GetString("response-information") is { Length: > 0 } information ? information : null;
        ServerReference = config.GetString("server-reference") is { Length: > 0 } reference ? reference : null;
        MaxClientIdLength31 = config.Count("max-client-id-length-3-1");
    }

    /// <summary>
    /// The name of the server's root actor below <c>/user</c>. Null for <c>mqtt-server</c>, then <c>mqtt-server-2</c> and so on. Default:
    /// null.
    /// </summary>
    /// <exception cref="ConfigurationException">It is not valid as the name of an actor.</exception>
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

    /// <summary>The listeners, which accept clients. Default: TCP on port 1883 of the loopback interface, 127.0.0.1 and ::1.</summary>
    public MqttList<ListenerSettings> Listeners { get; init; }

    /// <summary>Bridges to other servers. Default: none.</summary>
    public MqttList<MqttBridgeSettings> Bridges { get; init; }

    /// <summary>Settings of accepted connections.</summary>
    public MqttConnectionSettings Connection { get; init => field = SettingRange.NotNull(value, "connection"); }

    /// <summary>Who may connect without credentials. Default: <see cref="AnonymousAccess.Loopback"/>.</summary>
    public AnonymousAccess AllowAnonymous { get; init => field = SettingRange.Choice(value, "allow-anonymous"); }

    /// <summary>Time limit from CONNECT to the decision about the client, and for a later enhanced authentication. Default: 10 s.</summary>
    public TimeSpan AuthenticationTimeout { get; init => field = SettingRange.Duration(value, "authentication-timeout"); }

    /// <summary>
    /// How long a call of an authorizer, of <see cref="IAuthenticator.MayStay"/>, or of an interceptor of publishing, subscribing or
    /// delivering may take. A longer call is counted and logged as a warning. Null for no limit. Default: 10 ms.
    /// </summary>
    public TimeSpan? SlowHookThreshold { get; init => field = SettingRange.DurationOrOff(value, "slow-hook-threshold"); }

    /// <summary>The rules for connections that were given to <see cref="MqttServer.Acceptor"/> without a listener.</summary>
    public ListenerSecurity DefaultSecurity { get; init => field = SettingRange.NotNull(value, "listener-defaults"); }

    /// <summary>The highest number of connections at a time. Default: 1,000,000.</summary>
    public int MaxConnections { get; init => field = SettingRange.Count(value, 1, 10_000_000, "max-connections"); }

    /// <summary>
    /// Whether each user has its own sessions, so that two users can use the same client identifier. If not, a user is refused when the
    /// session belongs to another user. Default: no.
    /// </summary>
    public bool SessionsByUser { get; init; }

    /// <summary>The highest number of levels of a topic name or filter. Default: 256.</summary>
    public int MaxTopicLevels { get; init => field = SettingRange.Count(value, 1, 1000, "max-topic-levels"); }

    /// <summary>The longest time for which a session is kept for an offline client; null for no limit. Default: 7 days.</summary>
    public TimeSpan? MaxSessionExpiry { get; init => field = SettingRange.PeriodOrOff(value, "max-session-expiry"); }

    /// <summary>The Keep Alive that 5.0 clients must use instead of a longer one; null for none. Default: null.</summary>
    public TimeSpan? ServerKeepAlive { get; init => field = SettingRange.SecondsOrOff(value, 1, ushort.MaxValue, "server-keep-alive"); }

    /// <summary>QoS 1 and 2 messages that may be unacknowledged by one client. Default: 1,024.</summary>
    public int MaxInflightMessages { get; init => field = SettingRange.Count(value, 1, ushort.MaxValue, "max-inflight-messages"); }

    /// <summary>QoS 2 messages of one client for which the server has received PUBLISH and not yet PUBREL. Default: 1,024.</summary>
    public int ReceiveMaximum { get; init => field = SettingRange.Count(value, 1, ushort.MaxValue, "receive-maximum"); }

    /// <summary>Topic aliases that one client may use. Default: 16.</summary>
    public int TopicAliasMaximum { get; init => field = SettingRange.Count(value, 0, ushort.MaxValue, "topic-alias-maximum"); }

    /// <summary>Messages that may wait for one session. Default: 10,000.</summary>
    public int MaxQueuedMessages { get; init => field = SettingRange.Count(value, 0, 10_000_000, "max-queued-messages"); }

    /// <summary>Bytes of messages that may wait for one session. Default: 16 MiB.</summary>
    public long MaxQueuedBytes { get; init => field = SettingRange.LongBytes(value, "max-queued-bytes"); }

    /// <summary>Bytes that one connection may have accepted and not written. Default: 1 MiB.</summary>
    public int MaxOutstandingBytes { get; init => field = SettingRange.Bytes(value, 1024, 1 << 30, "max-outstanding-bytes"); }

    /// <summary>Messages in the mailbox of one session actor above which publishers wait for it. Default: 100,000.</summary>
    public int MaxUnhandledMessages { get; init => field = SettingRange.Count(value, 1, 10_000_000, "max-unhandled-messages"); }

    /// <summary>
    /// How long publishers wait for a session or subscriber that is behind. After that, 5.0 clients are refused messages of QoS 1 and 2
    /// for it with 0x97 until it has caught up; 3.x clients wait until then. More than 0; with null all of them wait until then. Default:
    /// 30 s.
    /// </summary>
    public TimeSpan? DeliveryTimeout { get; init => field = SettingRange.DurationOrOff(value, "delivery-timeout"); }

    /// <summary>The highest number of subscriptions of one session. Default: 10,000.</summary>
    public int MaxSubscriptions { get; init => field = SettingRange.Count(value, 1, 10_000_000, "max-subscriptions"); }

    /// <summary>The highest number of retained messages. Default: 1,000,000.</summary>
    public int MaxRetainedMessages { get; init => field = SettingRange.Count(value, 0, 2_000_000_000, "max-retained-messages"); }

    /// <summary>The highest number of bytes of retained messages. Default: 256 MiB.</summary>
    public long MaxRetainedBytes { get; init => field = SettingRange.LongBytes(value, "max-retained-bytes"); }

    /// <summary>Further limits that protect the server from its clients.</summary>
    public MqttServerLimits Limits { get; init => field = SettingRange.NotNull(value, "limits"); }

    /// <summary>The parts of the protocol that the server offers.</summary>
    public MqttServerFeatures Features { get; init => field = SettingRange.NotNull(value, "features"); }

    /// <summary>What the server writes, if it has a storage.</summary>
    public MqttServerDurability Durability { get; init => field = SettingRange.NotNull(value, "durability"); }

    /// <summary>How often <c>$SYS/broker/#</c> is published; null for never. Default: 10 s.</summary>
    public TimeSpan? SysInterval { get; init => field = SettingRange.DurationOrOff(value, "sys-interval"); }

    /// <summary>
    /// Whether a message with a trace context gets a span, when a listener exists for the activity source <see cref="MqttTracing.Name"/>.
    /// The message is not changed. Default: no.
    /// </summary>
    public bool Tracing { get; init; }

    /// <summary>How often drops are logged and published as <see cref="MessageDropped"/>. Default: 1 s.</summary>
    public TimeSpan DropReportInterval { get; init => field = SettingRange.Duration(value, "drop-report-interval"); }

    /// <summary>How many of the last packets of each client are kept for <see cref="MqttServer.InspectClient"/>. Default: 8.</summary>
    public int LastPackets { get; init => field = SettingRange.Count(value, 0, 1024, "last-packets"); }

    /// <summary>
    /// The time over which a stopping server spreads the disconnection of its clients; zero disconnects all at once. Up to one day.
    /// Default: zero.
    /// </summary>
    public TimeSpan DrainTime
    {
        get;
        init => field = value >= TimeSpan.Zero && value <= TimeSpan.FromDays(1)
            ? value
            : throw new ConfigurationException($"drain-time = {value:c} is out of range: 0 to a day.");
    }

    /// <summary>
    /// How long stopping waits for clients after <see cref="DrainTime"/>, and in a cluster until other nodes have the sessions. Default:
    /// 10 s.
    /// </summary>
    public TimeSpan DrainTimeout { get; init => field = SettingRange.Duration(value, "drain-timeout"); }

    /// <summary>
    /// Which member of a shared subscription receives a message. Default: <see cref="SharedSubscriptionStrategy.RoundRobin"/>.
    /// </summary>
    public SharedSubscriptionStrategy SharedSubscriptionStrategy
    {
        get;
        init => field = SettingRange.Choice(value, "shared-subscription-strategy");
    }

    /// <summary>
    /// Whether <c>$share/group/filter</c> is a shared subscription for 3.1 and 3.1.1 clients too; their standards let the server define
    /// topics that begin with <c>$</c>. If not, it is an ordinary filter for them. Default: true.
    /// </summary>
    public bool SharedSubscriptionsBefore5 { get; init; }

    /// <summary>
    /// The highest number of topic aliases towards one client, limited by its Topic Alias Maximum; 0 for none. Default: 16.
    /// </summary>
    public int OutgoingTopicAliasMaximum
    {
        get;
        init => field = SettingRange.Count(value, 0, ushort.MaxValue, "outgoing-topic-alias-maximum");
    }

    /// <summary>
    /// How often expired retained messages are removed. With null they are removed only when a client would receive them. Default: 1
    /// minute.
    /// </summary>
    public TimeSpan? RetainedSweepInterval { get; init => field = SettingRange.DurationOrOff(value, "retained-sweep-interval"); }

    /// <summary>The Response Information of CONNACK for clients that request it; null for none. Default: null.</summary>
    public string? ResponseInformation { get; init => field = Text(value, "response-information"); }

    /// <summary>
    /// Another server, which 5.0 clients are referred to when this server has reached a limit or stops; null for none. Default: null.
    /// </summary>
    public string? ServerReference { get; init => field = Text(value, "server-reference"); }

    /// <summary>The longest client identifier of a 3.1 client, in characters; the standard allows 23. Default: 23.</summary>
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
    /// <param name="config">The whole configuration, from its root.</param>
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

    /// <summary>Checks rules about several settings, one of which <c>with</c> may have changed.</summary>
    /// <exception cref="ConfigurationException">The settings contradict each other; the message names the keys.</exception>
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
            // For other listeners listener-defaults may set it. Here it is set for this listener, whose user expects encryption.
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
