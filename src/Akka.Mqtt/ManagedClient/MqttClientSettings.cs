using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Settings;
using Akka.Mqtt.Transport;

namespace Akka.Mqtt;

/// <summary>
/// Settings of a <see cref="MqttClient"/>. The defaults and their meaning are in <c>akka.mqtt.client</c> of the reference configuration; create settings with
/// <see cref="Create(ActorSystem)"/> and change them with <c>with</c>. A value that is out of its range throws a <see cref="ConfigurationException"/> whose
/// message names the key.
/// </summary>
public sealed record MqttClientSettings
{
    /// <summary>The configuration section of the defaults.</summary>
    public const string Section = "akka.mqtt.client";

    private MqttClientSettings(Config config)
    {
        Servers = MqttList.From(config.GetStringList("servers").Select(ToUri));
        Version = config.Choice("version", ("5.0", MqttVersion.V5), ("3.1.1", MqttVersion.V311), ("3.1", MqttVersion.V31));
        ClientId = config.GetString("client-id", "");
        CleanStart = ConfigReader.Read(config, "clean-start", static (c, k) => c.GetBoolean(k));
        SessionExpiry = ConfigReader.Read(config, "session-expiry", static (c, k) => c.GetTimeSpan(k, null, allowInfinite: false));
        KeepAlive = ConfigReader.Read(config, "keep-alive", static (c, k) => c.GetTimeSpan(k, null, allowInfinite: false));
        AnswerTimeout = config.Duration("answer-timeout");
        FirstWait = config.Duration("first-wait");
        LongestWait = config.Duration("longest-wait");
        BusyWait = config.Duration("busy-wait");
        RejectedWait = config.Duration("rejected-wait");
        StableAfter = config.Duration("stable-after");
        MaxAttempts = config.Count("max-attempts");
        MaxCommands = config.Count("max-commands");
        CommandTimeout = config.DurationOrOff("command-timeout");
        MaxQueuedBytes = config.Bytes("max-queued-bytes");
        MaxQueuedMessages = config.Count("max-queued-messages");
        Overflow = config.Choice(
            "overflow", ("refuse-newest", MqttClientOverflow.RefuseNewest), ("drop-oldest", MqttClientOverflow.DropOldest));
        ReceiveMaximum = config.Count("receive-maximum");
        AcknowledgeAutomatically = ConfigReader.Read(config, "acknowledge-automatically", static (c, k) => c.GetBoolean(k));
        MaxUnhandledBytes = config.Bytes("max-unhandled-bytes");
        TopicAliases = config.Count("topic-aliases");
        MaxAnswerTopics = config.Count("max-answer-topics");
        Tracing = ConfigReader.Read(config, "tracing", static (c, k) => c.GetBoolean(k));
    }

    /// <summary>The servers, at least one; URIs that <see cref="Mqtt.Connect(Uri)"/> accepts. Default: <c>mqtt://localhost:1883</c>.</summary>
    public MqttList<Uri> Servers
    {
        get;
        init
        {
            if (value.IsEmpty)
                throw new ConfigurationException("servers is empty: at least one is needed.");
            foreach (var server in value)
                Check(server);
            field = value;
        }
    }

    /// <summary>The protocol version. Default: 5.0.</summary>
    public MqttVersion Version { get; init => field = SettingRange.Choice(value, "version"); }

    /// <summary>The client identifier; empty lets the server choose (in 3.x the client). Default: empty.</summary>
    public string ClientId
    {
        get;
        init => field = value ?? throw new ConfigurationException("client-id is null; an empty one lets the server choose.");
    }

    /// <summary>Whether the first connection discards an earlier session; in 3.x each connection. Default: yes.</summary>
    public bool CleanStart { get; init; }

    /// <summary>How long a 5.0 server keeps the session without a connection. Default: 5 minutes.</summary>
    public TimeSpan SessionExpiry
    {
        get;
        init => field = Seconds(value, uint.MaxValue, "session-expiry");
    }

    /// <summary>Longest pause between two packets of the client; zero sends no pings. Default: 30 s.</summary>
    public TimeSpan KeepAlive
    {
        get;
        init => field = Seconds(value, ushort.MaxValue, "keep-alive");
    }

    /// <summary>How long the server may take to answer CONNECT or a ping. Default: 10 s.</summary>
    public TimeSpan AnswerTimeout
    {
        get;
        init => field = SettingRange.Duration(value, "answer-timeout");
    }

    /// <summary>The longest random wait before the second attempt; it doubles with each attempt. Default: 1 s.</summary>
    public TimeSpan FirstWait
    {
        get;
        init => field = SettingRange.Duration(value, "first-wait");
    }

    /// <summary>The upper limit of <see cref="FirstWait"/> after doubling. Default: 2 minutes.</summary>
    public TimeSpan LongestWait
    {
        get;
        init => field = SettingRange.Duration(value, "longest-wait");
    }

    /// <summary>The shortest wait after the server reported that it is busy. Default: 10 s.</summary>
    public TimeSpan BusyWait
    {
        get;
        init => field = SettingRange.Duration(value, "busy-wait");
    }

    /// <summary>The shortest wait after the server refused the credentials. Default: 1 minute.</summary>
    public TimeSpan RejectedWait
    {
        get;
        init => field = SettingRange.Duration(value, "rejected-wait");
    }

    /// <summary>How long a connection must last until the next attempt counts as the first. Default: 30 s.</summary>
    public TimeSpan StableAfter
    {
        get;
        init => field = SettingRange.Duration(value, "stable-after");
    }

    /// <summary>Attempts in a row without a stable connection until the client gives up; 0 never. Default: 0.</summary>
    public int MaxAttempts
    {
        get;
        init => field = SettingRange.Count(value, 0, 1_000_000, "max-attempts");
    }

    /// <summary>Commands of all senders that may be under way at once. Default: 1,000.</summary>
    public int MaxCommands
    {
        get;
        init => field = SettingRange.Count(value, 1, 60_000, "max-commands");
    }

    /// <summary>How long a command may be under way before it ends with an outcome in any case; null for no limit. Default: 1 hour.</summary>
    public TimeSpan? CommandTimeout
    {
        get;
        init => field = SettingRange.DurationOrOff(value, "command-timeout");
    }

    /// <summary>Bytes of memory of messages that wait to be sent or acknowledged. Default: 16 MiB.</summary>
    public int MaxQueuedBytes
    {
        get;
        init => field = SettingRange.Bytes(value, 1024, 1 << 30, "max-queued-bytes");
    }

    /// <summary>Messages that wait to be sent or acknowledged. Default: 100,000.</summary>
    public int MaxQueuedMessages
    {
        get;
        init => field = SettingRange.Count(value, 1, 10_000_000, "max-queued-messages");
    }

    /// <summary>The messages that a full queue refuses or drops. Default: refuse the new message.</summary>
    public MqttClientOverflow Overflow { get; init => field = SettingRange.Choice(value, "overflow"); }

    /// <summary>Received messages of QoS 1 and 2 that may wait for your acknowledgement. Default: 1,000.</summary>
    public int ReceiveMaximum
    {
        get;
        init => field = SettingRange.Count(value, 1, ushort.MaxValue, "receive-maximum");
    }

    /// <summary>Whether messages are acknowledged as soon as they are in the mailbox of the handler. Default: no.</summary>
    public bool AcknowledgeAutomatically { get; init; }

    /// <summary>Bytes of messages that the handler may be behind before the client stops reading. Default: 4 MiB.</summary>
    public int MaxUnhandledBytes
    {
        get;
        init => field = SettingRange.Bytes(value, 1024, 1 << 30, "max-unhandled-bytes");
    }

    /// <summary>Topic aliases for each direction of a 5.0 connection; 0 uses none. Default: 16.</summary>
    public int TopicAliases
    {
        get;
        init => field = SettingRange.Count(value, 0, ushort.MaxValue, "topic-aliases");
    }

    /// <summary>
    /// The most subscriptions for answers that are kept while no request uses them: one for all requests by properties, and one for each topic of requests by
    /// <see cref="MqttRequestStyle.Topics"/>. Above it the client ends the least recently used one. 1 to 60,000. Default: 100.
    /// </summary>
    public int MaxAnswerTopics
    {
        get;
        init => field = SettingRange.Count(value, 1, 60_000, "max-answer-topics");
    }

    /// <summary>
    /// Keeps messages of QoS 1 and 2 that wait or are under way, so that they survive the process; null keeps them in memory only. In code only. With MQTT
    /// 5.0 a client whose queue has been used resumes the session of the server, even with <see cref="CleanStart"/>. Default: null.
    /// </summary>
    public IMqttClientQueue? Queue { get; init; }

    /// <summary>Whether messages that are published carry the context of a trace, and have a span: see <see cref="MqttTracing"/>. 5.0 only. Default: no.</summary>
    public bool Tracing { get; init; }

    /// <summary>
    /// Whether the client connects as a bridge of another server: see <see cref="Connect.IsBridge"/>. 3.1 and 3.1.1 only; with 5.0 the options of
    /// subscriptions replace it. A server without this feature refuses the protocol version. In code only. Default: no.
    /// </summary>
    public bool IsBridge { get; init; }

    /// <summary>The user name; null for none. In code only, preferably from <see cref="OnAttempt"/>.</summary>
    public string? UserName { get; init; }

    /// <summary>The password; null for none. In code only, preferably from <see cref="OnAttempt"/>.</summary>
    public MqttBinary? Password { get; init; }

    /// <summary>The will message; null for none.</summary>
    public Will? Will { get; init; }

    /// <summary>TLS settings of servers with a secure URI; null takes the defaults.</summary>
    public TlsClientSettings? Tls { get; init; }

    /// <summary>Settings of the connections; null takes <c>akka.mqtt.connection</c>.</summary>
    public MqttConnectionSettings? Connection { get; init; }

    /// <summary>
    /// The local address that the client dials from, for a machine with several; port 0 lets the system choose. Servers by TCP, TLS and WebSocket only. In code only. Null: the system
    /// chooses. Default: null.
    /// </summary>
    public IPEndPoint? LocalAddress { get; init; }

    /// <summary>User properties of CONNECT, 5.0 only.</summary>
    public MqttList<UserProperty> UserProperties { get; init; }

    /// <summary>
    /// Whether the server may put reason strings and user properties on all packets; null omits the property, which means yes. 5.0 only, in code only. Default: null.
    /// </summary>
    public bool? RequestProblemInformation { get; init; }

    /// <summary>
    /// Whether the client asks for Response Information, which <see cref="MqttClient.Connected.Answer"/> then has; null omits the property, which means no. The client does not need
    /// it for its own requests. 5.0 only, in code only. Default: null.
    /// </summary>
    public bool? RequestResponseInformation { get; init; }

    /// <summary>
    /// Called with each packet that the client hands to its connection, CONNECT included, for a trace of packets. It runs in the client actor, so that it must not wait; what it throws is
    /// ignored. In code only. Null: none. Default: null.
    /// </summary>
    public Action<MqttPacket>? OnSending { get; init; }

    /// <summary>The same for each packet that has arrived, before the client handles it. Default: null.</summary>
    public Action<MqttPacket>? OnReceiving { get; init; }

    /// <summary>
    /// Called before each attempt, for new credentials or certificates. It returns the settings of this attempt, of which the client uses those for CONNECT
    /// and TLS. When it fails or does not answer within <see cref="AnswerTimeout"/>, the attempt has failed. Null: none.
    /// </summary>
    public Func<MqttClientAttempt, CancellationToken, ValueTask<MqttClientSettings>>? OnAttempt { get; init; }

    /// <summary>The name of the enhanced authentication method, 5.0 only; null for none.</summary>
    public string? AuthenticationMethod { get; init; }

    /// <summary>Data of that method in CONNECT; null for none.</summary>
    public MqttBinary? AuthenticationData { get; init; }

    /// <summary>Answers each AUTH of the server with the data for the next one. Within <see cref="AnswerTimeout"/>. Null: an AUTH ends the attempt.</summary>
    public Func<Auth, CancellationToken, ValueTask<MqttBinary>>? OnAuthenticate { get; init; }

    /// <summary>Shows no password.</summary>
    /// <returns>A line for a log.</returns>
    public override string ToString() => $"MqttClientSettings {Servers}, {Version}, ClientId={LogText.Escape(ClientId)}";

    /// <summary>Reads <c>akka.mqtt.client</c> of an actor system, over the reference configuration.</summary>
    /// <param name="system">The actor system.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="ConfigurationException">A value is missing or out of its range; the message names the key.</exception>
    public static MqttClientSettings Create(ActorSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        return Create(system.Settings.Config.GetConfig(Section));
    }

    /// <summary>Reads a section of the same shape; keys that it does not have come from the reference configuration.</summary>
    /// <param name="config">The section, or null for the defaults.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="ConfigurationException">A value is out of its range; the message names the key.</exception>
    public static MqttClientSettings Create(Config? config) =>
        ConfigReader.Settings(config, Section, static all => new MqttClientSettings(all).Checked());

    /// <summary>Checks rules about several settings.</summary>
    internal MqttClientSettings Checked()
    {
        if (LongestWait < FirstWait)
            throw new ConfigurationException($"longest-wait = {LongestWait:c} is shorter than first-wait = {FirstWait:c}.");
        if (Version == MqttVersion.V5)
            return this;
        if (Password is not null && UserName is null)
            throw new ConfigurationException("A password without a user name needs MQTT 5.0.");
        if (AuthenticationMethod is not null)
            throw new ConfigurationException("An authentication method needs MQTT 5.0.");
        return !CleanStart && ClientId.Length == 0 ? throw new ConfigurationException("clean-start = off needs a client-id before MQTT 5.0.") : this;
    }

    /// <summary>The URI of a server.</summary>
    internal static Uri ToUri(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri)
        ? uri
        : throw new ConfigurationException($"servers: '{text}' is not an absolute URI such as mqtt://localhost:1883.");

    private static void Check(Uri server)
    {
        try
        {
            MqttUri.Parse(server);
        }
        catch (ArgumentException error)
        {
            throw new ConfigurationException($"servers: {error.Message.Replace($" (Parameter '{error.ParamName}')", "", StringComparison.Ordinal)}", error);
        }
    }

    private static TimeSpan Seconds(TimeSpan value, uint max, string key) =>
        value >= TimeSpan.Zero && value.TotalSeconds <= max && value.Ticks % TimeSpan.TicksPerSecond == 0
            ? value
            : throw new ConfigurationException($"{key} = {value:c} is not 0 to {max} whole seconds.");
}
