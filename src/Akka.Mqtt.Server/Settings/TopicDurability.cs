using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Settings;

/// <summary>
/// The rules of <see cref="MqttServerDurability.Rules"/> with a topic. They decide which messages are written for durable sessions.
/// Immutable.
/// </summary>
internal sealed class TopicDurability
{
    private readonly DurabilityRule[] _rules;
    private readonly DurabilityClass _default;

    private TopicDurability(DurabilityRule[] rules, DurabilityClass other) => (_rules, _default) = (rules, other);

    /// <summary>Whether a rule also names a client.</summary>
    public bool NamesClients => Array.Exists(_rules, static each => each.Client is not null);

    /// <summary>The rules of settings.</summary>
    /// <param name="settings">The settings.</param>
    /// <returns>The rules; null when none names a topic.</returns>
    public static TopicDurability? Of(MqttServerDurability settings)
    {
        var rules = settings.Rules.Where(static each => each.Topic is not null).ToArray();
        return rules.Length == 0 ? null : new TopicDurability(rules, settings.Default);
    }

    /// <summary>Whether a message is written for a durable session.</summary>
    /// <param name="rules">The rules that <see cref="For"/> has found for its topic.</param>
    /// <param name="clientId">The client of the session.</param>
    /// <returns>True when it is written.</returns>
    public static bool Writes(DurabilityRule[] rules, string clientId)
    {
        foreach (var rule in rules)
        {
            if (rule.MatchesClient(clientId))
                return rule.Class == DurabilityClass.Durable;
        }
        return true;
    }

    /// <summary>Whether a message is written for at least one client, if that client has a durable session.</summary>
    /// <param name="rules">The rules that <see cref="For"/> has found for its topic.</param>
    /// <returns>True when it may be written.</returns>
    public static bool MayWrite(DurabilityRule[] rules) =>
        rules.Length == 0 || rules[^1].Client is not null || Array.Exists(rules, static each => each.Class == DurabilityClass.Durable);

    /// <summary>
    /// The rules that match a topic, up to the first one that matches every client. Messages of two topics with the same rules are written
    /// for the same sessions.
    /// </summary>
    /// <param name="topic">The topic.</param>
    /// <returns>The rules; empty when a message is written for all durable sessions.</returns>
    public DurabilityRule[] For(string topic)
    {
        List<DurabilityRule>? found = null;
        foreach (var rule in _rules)
        {
            if (!TopicFilter.Matches(rule.Topic, topic))
                continue;
            if (found is null && rule is { Client: null, Class: DurabilityClass.Durable })
                return [];
            (found ??= []).Add(rule);
            if (rule.Client is null)
                break;
        }
        return found is null ? [] : [.. found];
    }

    /// <summary>Whether a message is written for a durable session.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="clientId">The client of the session.</param>
    /// <returns>True when it is written.</returns>
    public bool Writes(string topic, string clientId)
    {
        foreach (var rule in _rules)
        {
            if (rule.MatchesClient(clientId) && TopicFilter.Matches(rule.Topic, topic))
                return rule.Class == DurabilityClass.Durable;
        }
        return true;
    }

    /// <summary>Whether the retained message of a topic is written. Rules that name a client do not apply.</summary>
    /// <param name="topic">The topic.</param>
    /// <returns>True when it is written.</returns>
    public bool WritesRetained(string topic)
    {
        foreach (var rule in _rules)
        {
            if (rule.Client is null && TopicFilter.Matches(rule.Topic, topic))
                return rule.Class == DurabilityClass.Durable;
        }
        return _default == DurabilityClass.Durable;
    }
}
