using Akka.Configuration;
using Akka.Configuration.Hocon;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Settings;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt.Server;

/// <summary>What a server with a storage writes: <c>akka.mqtt.server.durability</c>. A server without a storage writes nothing, whatever stands here.</summary>
public sealed record MqttServerDurability
{
    internal MqttServerDurability(Config config)
    {
        Default = DurabilityRule.ClassOf("durability.default", config.GetString("durability.default", null));
        Rules = ReadRules(config.GetValue("durability.rules"));
        MaxPendingBytes = config.LongBytes("durability.max-pending-bytes");
    }

    /// <summary>The class of sessions that no rule matches, and of retained messages. Default: <see cref="DurabilityClass.Durable"/>.</summary>
    public DurabilityClass Default { get; init => field = SettingRange.Choice(value, "durability.default"); }

    /// <summary>
    /// Rules for sessions that are kept when their client goes, and rules with a topic for messages. The first that matches counts, of each of the two
    /// kinds. Default: none.
    /// </summary>
    public MqttList<DurabilityRule> Rules { get; init; }

    /// <summary>
    /// Bytes that may wait to be committed: above it, clients that wait for a commit are not read from. 1 KiB to 1 TiB. Default: 16 MiB.
    /// </summary>
    /// <exception cref="ConfigurationException">It is out of range.</exception>
    public long MaxPendingBytes
    {
        get;
        init => field = SettingRange.LongBytes(value, "durability.max-pending-bytes");
    }

    /// <summary>The class of a session that begins.</summary>
    /// <param name="listener">The listener by which its client came.</param>
    /// <param name="clientId">The client identifier.</param>
    /// <returns>The class.</returns>
    internal DurabilityClass ClassOf(string listener, string clientId)
    {
        foreach (var rule in Rules.Span)
        {
            if (rule.Matches(listener, clientId))
                return rule.Class;
        }
        return Default;
    }

    /// <summary>Checks rules against each other and that the listeners exist that they name: a name that is wrong would change what is written.</summary>
    /// <param name="listeners">The listeners of the server.</param>
    internal void Validate(MqttList<ListenerSettings> listeners)
    {
        for (var at = 0; at < Rules.Count; at++)
        {
            if (Rules[at] is { Topic: not null, Listener: not null })
                throw new ConfigurationException($"durability.rules[{at}] names topic and listener: a rule with a topic may name a client, but no listener.");
            if (Rules[at].Listener is { } name && !listeners.Any(each => each.Name == name))
                throw new ConfigurationException($"durability.rules[{at}].listener = {LogText.Escape(name)}: no enabled listener has this name.");
        }
    }

    /// <summary>A rule that asks for something that a server without a storage does not do.</summary>
    /// <returns>Its key; null when there is none.</returns>
    internal string? FindWithoutStorage()
    {
        for (var at = 0; at < Rules.Count; at++)
        {
            if (Rules[at].Class == DurabilityClass.Durable)
                return $"durability.rules[{at}]";
        }
        return null;
    }

    private static MqttList<DurabilityRule> ReadRules(HoconValue? value)
    {
        if (value is null || value.IsString() || value.IsObject())
            throw new ConfigurationException("durability.rules is not a list: [{ client = \"sensor-*\", class = memory }].");
        var rules = new List<DurabilityRule>();
        foreach (var each in value.GetArray())
            rules.Add(DurabilityRule.Create($"durability.rules[{rules.Count}]", each));
        return MqttList.From(rules);
    }
}
