using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Bridges;

/// <summary>The entries of a bridge that go one way: what to subscribe to, and what a topic is called on the other side. Owned by one actor.</summary>
internal sealed class BridgeTopics
{
    private const int MostRemembered = 4096;
    private const int LongestRemembered = 256; // characters: so at most some megabytes are remembered

    private readonly (string From, string To, string Filter, QualityOfService QoS)[] _entries;
    private readonly Dictionary<string, (string? Topic, QualityOfService QoS)> _known = new(StringComparer.Ordinal);

    /// <summary>Takes the entries of one direction.</summary>
    /// <param name="topics">All entries of the bridge.</param>
    /// <param name="isOut">Whether messages go to the other server.</param>
    public BridgeTopics(MqttList<MqttBridgeTopic> topics, bool isOut) => _entries =
    [
        .. topics.Where(each => isOut ? each.IsOut : each.IsIn).Select(each => isOut
            ? (each.LocalPrefix, each.RemotePrefix, each.LocalFilter, each.QoS)
            : (each.RemotePrefix, each.LocalPrefix, each.RemoteFilter, each.QoS)),
    ];

    /// <summary>Whether nothing goes this way.</summary>
    public bool IsEmpty => _entries.Length == 0;

    /// <summary>The subscriptions at the side that the messages come from.</summary>
    /// <param name="isV5">Whether that side speaks 5.0, which has No Local.</param>
    /// <returns>One a filter, with the highest QoS that an entry has for it.</returns>
    public MqttList<Subscription> Subscriptions(bool isV5) => MqttList.From(_entries
        .GroupBy(each => each.Filter, StringComparer.Ordinal)
        .Select(each => new Subscription(each.Key, each.Max(entry => entry.QoS))
        {
            NoLocal = isV5,
            RetainAsPublished = isV5,
            RetainHandling = isV5 ? RetainHandling.SendIfNewSubscription : RetainHandling.SendAtSubscribe, // 3.x knows nothing else
        }));

    /// <summary>Finds the entry of a topic.</summary>
    /// <param name="topic">The topic name where the message comes from.</param>
    /// <param name="qos">The highest QoS that the entry allows.</param>
    /// <returns>The topic name on the other side; null when no entry matches, as after an entry was taken away.</returns>
    public string? Map(string topic, out QualityOfService qos)
    {
        if (!_known.TryGetValue(topic, out var found))
        {
            found = Find(topic);
            if (_known.Count == MostRemembered)
                _known.Clear();
            if (topic.Length <= LongestRemembered)
                _known.Add(topic, found);
        }
        qos = found.QoS;
        return found.Topic;
    }

    private (string? Topic, QualityOfService QoS) Find(string topic)
    {
        foreach (var (from, to, filter, qos) in _entries)
        {
            if (TopicFilter.Matches(filter, topic) && Rename(topic, from, to) is { Length: > 0 } renamed && TopicName.IsValid(renamed))
                return (renamed, qos);
        }
        return default;
    }

    /// <summary><c>a/#</c> also matches <c>a</c>, which is shorter than the prefix <c>a/</c>.</summary>
    private static string? Rename(string topic, string from, string to)
    {
        if (from == to)
            return topic;
        if (topic.StartsWith(from, StringComparison.Ordinal))
            return to + topic[from.Length..];
        return to.EndsWith('/') && from.Length == topic.Length + 1 ? to[..^1] : null;
    }
}
