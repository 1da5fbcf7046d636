using Akka.Actor;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Settings;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt.Server;

/// <summary>
/// The settings of a bridge to another server: a section of <c>akka.mqtt.server.bridges</c> over <c>bridge-defaults</c>. An invalid value
/// throws <see cref="ConfigurationException"/>, whose message names the key. Rules about several settings are checked when a server
/// starts.
/// </summary>
public sealed record MqttBridgeSettings
{
    /// <summary>Creates settings of a bridge, for code without a configuration.</summary>
    /// <param name="name">The name of the bridge, in the log and in client identifiers.</param>
    /// <param name="client">How it connects to the other server: servers, version, client identifier, credentials, TLS.</param>
    public MqttBridgeSettings(string name, MqttClientSettings client)
    {
        Name = name;
        Client = client;
    }

    /// <summary>The name of the section, which must be valid as the name of an actor.</summary>
    /// <exception cref="ConfigurationException">It is not valid as the name of an actor.</exception>
    public string Name
    {
        get;
        init => field = value is not null && ActorPath.IsValidPathElement(value)
            ? value
            : throw new ConfigurationException($"The name {LogText.Escape(value ?? "null")} of a bridge cannot be the name of an actor: letters, digits and -_.*$+:@&=,!~'; are allowed, $ not at the beginning.");
    }

    /// <summary>
    /// How the bridge connects to the other server. The default client identifier is <c>MACHINE.NAME</c>. The other server keeps the
    /// session of the bridge under it, so two bridges need two identifiers.
    /// </summary>
    public MqttClientSettings Client { get; init => field = SettingRange.NotNull(value, $"bridges.{Name}.client"); }

    /// <summary>The topics that it forwards; at least one entry.</summary>
    public MqttList<MqttBridgeTopic> Topics { get; init; }

    /// <summary>
    /// Whether the session at this server, with the messages that wait for the other one, is discarded at each start. Default: no.
    /// </summary>
    public bool LocalCleanStart { get; init; }

    /// <summary>Whether outgoing messages keep the RETAIN flag. Default: yes.</summary>
    public bool OutgoingRetain { get; init; } = true;

    /// <summary>
    /// 3.1 and 3.1.1: whether the bridge marks its CONNECT as that of a bridge, so that the other server does not return its own messages
    /// to it. Default: yes.
    /// </summary>
    public bool TryPrivate { get; init; } = true;

    /// <summary>Where the bridge publishes whether it is connected. Default: local.</summary>
    public MqttBridgeNotifications Notifications { get; init => field = SettingRange.Choice(value, $"bridges.{Name}.notifications"); } = MqttBridgeNotifications.Local;

    /// <summary>The topic of these messages; null is <c>$SYS/broker/connection/CLIENT-ID/state</c>. Default: null.</summary>
    /// <exception cref="ConfigurationException">It is not a topic name.</exception>
    public string? NotificationTopic
    {
        get;
        init => field = value is null || TopicName.IsValid(value)
            ? value
            : throw new ConfigurationException($"bridges.{Name}.notification-topic = {LogText.Escape(value)} is not a topic name.");
    }

    /// <summary>The client identifier of the bridge at the other server.</summary>
    internal string RemoteClientId => Client.ClientId is { Length: > 0 } own ? own : DefaultClientId(Name);

    /// <summary>The topic of notifications.</summary>
    internal string StateTopic => NotificationTopic ?? $"$SYS/broker/connection/{RemoteClientId}/state";

    internal static MqttBridgeSettings? Create(string name, Config config)
    {
        if (!config.Switch("enabled"))
            return null;
        var path = $"bridges.{name}";
        var client = config.GetConfig("client");
        if (client.GetStringList("servers").Count == 0)
            throw new ConfigurationException($"{path}.client.servers is empty: name the other server, such as [\"mqtt://example.com\"].");
        if (client.GetString("client-id", "").Length == 0)
            client = ConfigurationFactory.ParseString($"client-id = \"{DefaultClientId(name)}\"").WithFallback(client);
        var secret = config.GetString("password");
        var settings = new MqttBridgeSettings(name, Named($"{path}.client", () => MqttClientSettings.Create(client)) with
        {
            UserName = NullIfEmpty(config.GetString("user-name")),
            Password = secret.Length == 0 ? (MqttBinary?)null : MqttBinary.FromText(secret),
            Tls = BridgeTls.Create(path, config),
        })
        {
            Topics = ReadTopics(path, config.GetValue("topics")),
            LocalCleanStart = config.Switch("local-clean-start"),
            OutgoingRetain = config.Switch("outgoing-retain"),
            TryPrivate = config.Switch("try-private"),
            Notifications = config.OneOf(
                "notifications", ("off", MqttBridgeNotifications.Off), ("local", MqttBridgeNotifications.Local), ("both", MqttBridgeNotifications.Both)),
            NotificationTopic = NullIfEmpty(config.GetString("notification-topic")),
        };
        settings.Validate();
        return settings;
    }

    /// <summary>Checks rules about several settings.</summary>
    /// <exception cref="ConfigurationException">The settings contradict each other; the message names the key.</exception>
    internal void Validate()
    {
        if (Topics.IsEmpty)
            throw new ConfigurationException($"bridges.{Name}.topics is empty: a bridge needs at least one.");
        for (var at = 0; at < Topics.Count; at++)
            Topics[at].Validate($"bridges.{Name}.topics[{at}]");
        if (Client.Queue is not null)
            throw new ConfigurationException($"bridges.{Name}.client has a queue: messages for the other server already wait in the bridge's session at this server.");
        Named($"bridges.{Name}.client", Client.Checked);
    }

    private static string DefaultClientId(string name) => $"{Environment.MachineName}.{name}";

    private static MqttClientSettings Named(string path, Func<MqttClientSettings> read)
    {
        try
        {
            return read();
        }
        catch (ConfigurationException error)
        {
            throw new ConfigurationException($"{path}.{error.Message}", error);
        }
    }

    private static MqttList<MqttBridgeTopic> ReadTopics(string path, HoconValue? value)
    {
        if (value is null || value.IsString() || value.IsObject())
            throw new ConfigurationException($"{path}.topics is not a list: [{{ filter = \"plant/#\", direction = out, qos = 1 }}].");
        var topics = new List<MqttBridgeTopic>();
        foreach (var each in value.GetArray())
            topics.Add(MqttBridgeTopic.Create($"{path}.topics[{topics.Count}]", each));
        return MqttList.From(topics);
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
