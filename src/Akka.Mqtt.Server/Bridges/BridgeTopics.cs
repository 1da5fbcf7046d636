using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Bridges;

/// <summary>
/// The entries of a bridge for one direction: the filters to subscribe to, and how topics are renamed for the other server. Owned by one
/// actor.
/// </summary>
internal sealed class BridgeTopics
{
    private const int MostRemembered = 4096;
    private const int LongestRemembered = 256; // characters; bounds the memory for remembered topics to a few megabytes

    private readonly (string From, string To, string Filter, QualityOfService QoS)[] _entries;
    private readonly Dictionary<string, (string? Topic, QualityOfService QoS)> _known = new(StringComparer.Ordinal);

    /// <summary>Selects the entries of one direction.</summary>
    /// <param name="topics">All entries of the bridge.</param>
    /// <param name="isOut">Whether messages go to the other server.</param>
    public BridgeTopics(MqttList<MqttBridgeTopic> topics, bool isOut) => _entries =
    [
        .. topics.Where(each => isOut ? each.IsOut : each.IsIn).Select(each => isOut
            ? (each.LocalPrefix, each.RemotePrefix, each.LocalFilter, each.QoS)
            : (each.RemotePrefix, each.LocalPrefix, each.RemoteFilter, each.QoS)),
    ];

    /// <summary>Whether the bridge forwards nothing in this direction.</summary>
    public bool IsEmpty => _entries.Length == 0;

    /// <summary>The subscriptions to make at the server from which the messages come.</summary>
    /// <param name="isV5">Whether that server speaks MQTT 5.0, which has No Local.</param>
    /// <returns>One subscription for each filter, with the highest QoS of its entries.</returns>
    public MqttList<Subscription> Subscriptions(bool isV5) => MqttList.From(_entries
        .GroupBy(each => each.Filter, StringComparer.Ordinal)
        .Select(each => new Subscription(each.Key, each.Max(entry => entry.QoS))
        {
            NoLocal = isV5,
            RetainAsPublished = isV5,
            RetainHandling = isV5 ? RetainHandling.SendIfNewSubscription : RetainHandling.SendAtSubscribe, // 3.x has no other behaviour
        }));

    /// <summary>Finds the entry of a topic.</summary>
    /// <param name="topic">The topic name at the server from which the message comes.</param>
    /// <param name="qos">The highest QoS that the entry allows.</param>
    /// <returns>The topic name at the other server; null when no entry matches, for example after an entry was removed.</returns>
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
