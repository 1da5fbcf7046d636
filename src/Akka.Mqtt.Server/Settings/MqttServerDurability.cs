using Akka.Configuration;
using Akka.Configuration.Hocon;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Settings;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt.Server;

/// <summary>What a server with a storage writes: <c>akka.mqtt.server.durability</c>. A server without a storage writes nothing.</summary>
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
    /// Rules for sessions that are kept after their client disconnects, and rules with a topic for messages. The first matching rule of
    /// each kind applies. Default: none.
    /// </summary>
    public MqttList<DurabilityRule> Rules { get; init; }

    /// <summary>
    /// Bytes that may wait for a commit. Above it, the server stops reading from clients that wait for a commit. 1 KiB to 1 TiB. Default:
    /// 16 MiB.
    /// </summary>
    /// <exception cref="ConfigurationException">It is out of range.</exception>
    public long MaxPendingBytes
    {
        get;
        init => field = SettingRange.LongBytes(value, "durability.max-pending-bytes");
    }

    /// <summary>The class of a new session.</summary>
    /// <param name="listener">The listener that accepted its client.</param>
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

    /// <summary>
    /// Checks the rules against each other, and that the listeners exist that they name: a wrong name would change what is written.
    /// </summary>
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

    /// <summary>A rule that requires a storage, for a server without one.</summary>
    /// <returns>Its key; null for none.</returns>
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
