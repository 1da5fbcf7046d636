using Akka.Configuration;
using Akka.Configuration.Hocon;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt.Server;

/// <summary>
/// The messages that a bridge forwards: an entry of <c>topics</c>. At this server their topics match <see cref="LocalPrefix"/> followed by
/// <see cref="Filter"/>. At the other server the topic has <see cref="RemotePrefix"/> instead of <see cref="LocalPrefix"/>. The first
/// matching entry applies to a message.
/// </summary>
public sealed record MqttBridgeTopic
{
    private const string Form = "{ filter = \"plant/#\", direction = out, qos = 1 }";

    /// <summary>Creates an entry.</summary>
    /// <param name="filter">The topic filter after the prefixes; empty when the prefix is the whole topic.</param>
    public MqttBridgeTopic(string filter) => Filter = filter;

    /// <summary>The topic filter after the prefixes. If empty, the prefixes are whole topics.</summary>
    /// <exception cref="ConfigurationException">It is not a topic filter, or is a shared one.</exception>
    public string Filter
    {
        get;
        init => field = value is "" || (TopicFilter.IsValid(value) && !SharedFilter.IsShared(value))
            ? value
            : throw new ConfigurationException($"topics: filter = {LogText.Escape(value ?? "null")} is not a topic filter, or is a shared one.");
    }

    /// <summary>The direction. Default: out.</summary>
    public MqttBridgeDirection Direction { get; init => field = SettingRange.Choice(value, "topics: direction"); }

    /// <summary>The highest QoS at which messages are forwarded. Default: 1.</summary>
    public QualityOfService QoS { get; init => field = SettingRange.Choice(value, "topics: qos"); } = QualityOfService.AtLeastOnce;

    /// <summary>The beginning of the topics at this server. Default: empty.</summary>
    /// <exception cref="ConfigurationException">It contains a wildcard.</exception>
    public string LocalPrefix { get; init => field = Prefix(value, "local-prefix"); } = "";

    /// <summary>The beginning of the topics at the other server. Default: empty.</summary>
    /// <exception cref="ConfigurationException">It contains a wildcard.</exception>
    public string RemotePrefix { get; init => field = Prefix(value, "remote-prefix"); } = "";

    internal string LocalFilter => LocalPrefix + Filter;

    internal string RemoteFilter => RemotePrefix + Filter;

    internal bool IsOut => Direction != MqttBridgeDirection.In;

    internal bool IsIn => Direction != MqttBridgeDirection.Out;

    internal void Validate(string path)
    {
        foreach (var (key, filter) in new[] { ("local-prefix", LocalFilter), ("remote-prefix", RemoteFilter) })
        {
            if (!TopicFilter.IsValid(filter) || SharedFilter.IsShared(filter))
                throw new ConfigurationException($"{path}: {key} and filter together, \"{LogText.Escape(filter)}\", are not a topic filter, or are a shared one.");
        }
    }

    internal static MqttBridgeTopic Create(string path, HoconValue value)
    {
        if (!value.IsObject())
            throw new ConfigurationException($"{path} is not of the form {Form}.");
        var items = value.GetObject().Items;
        foreach (var key in items.Keys)
        {
            if (key is not ("filter" or "direction" or "qos" or "local-prefix" or "remote-prefix"))
                throw new ConfigurationException($"{path}.{key} is not a setting: a topic has filter, direction, qos, local-prefix and remote-prefix.");
        }
        try
        {
            return new MqttBridgeTopic(TextOf("filter") ?? throw new ConfigurationException("filter is missing."))
            {
                Direction = TextOf("direction") switch
                {
                    null or "out" => MqttBridgeDirection.Out,
                    "in" => MqttBridgeDirection.In,
                    "both" => MqttBridgeDirection.Both,
                    var other => throw new ConfigurationException($"direction = {other} is not one of out, in and both."),
                },
                QoS = TextOf("qos") switch
                {
                    "0" => QualityOfService.AtMostOnce,
                    null or "1" => QualityOfService.AtLeastOnce,
                    "2" => QualityOfService.ExactlyOnce,
                    var other => throw new ConfigurationException($"qos = {other} is not one of 0, 1 and 2."),
                },
                LocalPrefix = TextOf("local-prefix") ?? "",
                RemotePrefix = TextOf("remote-prefix") ?? "",
            };
        }
        catch (ConfigurationException error)
        {
            throw new ConfigurationException($"{path}: {error.Message}", error);
        }

        string? TextOf(string key) => items.TryGetValue(key, out var text) ? text.GetString() ?? "" : null;
    }

    private static string Prefix(string? value, string key) => value is "" || (TopicName.IsValid(value) && !SharedFilter.IsShared(value!))
        ? value!
        : throw new ConfigurationException($"topics: {key} = {LogText.Escape(value ?? "null")} cannot be the beginning of a topic name.");
}
