using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Codec;

namespace Akka.Mqtt.ManagedClient;

/// <summary>The topic aliases of one connection, for both directions.</summary>
internal sealed class TopicAliases
{
    // A shorter topic costs less than the work of replacing it.
    private const int ShortestTopic = 24;

    private readonly int _outboundMaximum;
    private readonly int _inboundMaximum;
    private Dictionary<string, ushort>? _outbound; // created by the first alias, like the other one, so that an idle client has neither
    private string?[]? _inbound;
    private PublishProperties? _lastProperties; // properties of the last message with an alias and others, and these without the alias
    private PublishProperties? _lastRest;

    /// <summary>A connection begins.</summary>
    /// <param name="outboundMaximum">How many the client may use.</param>
    /// <param name="inboundMaximum">How many the server may use.</param>
    public TopicAliases(int outboundMaximum, int inboundMaximum)
    {
        _outboundMaximum = outboundMaximum;
        _inboundMaximum = inboundMaximum;
    }

    /// <summary>Replaces the topic of a message that is sent.</summary>
    /// <param name="packet">The message.</param>
    /// <returns>The message with an alias, or unchanged.</returns>
    public Publish Shorten(Publish packet)
    {
        if (_outboundMaximum == 0 || packet.Topic.Length < ShortestTopic || packet.Properties?.TopicAlias is not null)
            return packet;
        _outbound ??= new Dictionary<string, ushort>(StringComparer.Ordinal);
        if (_outbound.TryGetValue(packet.Topic, out var alias))
            return packet with { Topic = "", Properties = (packet.Properties ?? new PublishProperties()) with { TopicAlias = alias } };
        if (_outbound.Count >= _outboundMaximum) // [MQTT-3.3.2-9 v5]
            return packet;
        alias = (ushort)(_outbound.Count + 1);
        _outbound.Add(packet.Topic, alias);
        return packet with { Properties = (packet.Properties ?? new PublishProperties()) with { TopicAlias = alias } };
    }

    /// <summary>Sets the topic of a received message.</summary>
    /// <param name="packet">The message.</param>
    /// <param name="resolved">The message with its topic and without alias.</param>
    /// <returns>Whether the alias is known.</returns>
    public bool TryResolve(Publish packet, out Publish resolved)
    {
        resolved = packet;
        if (packet.Properties is not { TopicAlias: { } alias } properties)
            return packet.Topic.Length > 0;
        if (alias == 0 || alias > _inboundMaximum) // [MQTT-3.3.2-8 v5] [MQTT-3.3.2-11 v5]
            return false;
        _inbound ??= new string?[_inboundMaximum + 1];
        if (packet.Topic.Length > 0)
            _inbound[alias] = packet.Topic;
        if (_inbound[alias] is not { } topic)
            return false;
        resolved = packet with { Topic = topic, Properties = WithoutAlias(properties) };
        return true;
    }

    /// <summary>The properties of a message without its alias. The decoder uses the same object for messages with equal properties.</summary>
    private PublishProperties? WithoutAlias(PublishProperties properties)
    {
        if (KnownAliases.IsOne(properties))
            return null;
        if (!ReferenceEquals(properties, _lastProperties))
            (_lastProperties, _lastRest) = (properties, properties with { TopicAlias = null });
        return _lastRest;
    }
}
