using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.PacketRules;

/// <summary>
/// Topic aliases towards one 5.0 client, for one connection [MQTT-3.3.2-7 v5]: the first topics that are sent get one, and from the second
/// message on only the alias is sent. Owned by the session that sends.
/// </summary>
internal sealed class OutboundAliases
{
    // With a topic this short an alias, three bytes of properties, saves nothing.
    private const int WorthIt = 5;

    private readonly int _maximum;
    private readonly Dictionary<string, ushort> _aliases = new(StringComparer.Ordinal);

    private OutboundAliases(int maximum) => _maximum = maximum;

    /// <summary>The aliases for a client; null when the client accepts none.</summary>
    public static OutboundAliases? For(Connect connect, MqttServerSettings settings) =>
        // [MQTT-3.1.2-26 v5] [MQTT-3.1.2-27 v5] [MQTT-3.3.2-11 v5] not above what the client takes, none if it says nothing
        Math.Min(connect.Properties?.TopicAliasMaximum ?? 0, settings.OutgoingTopicAliasMaximum) is var maximum and > 0
            ? new OutboundAliases(maximum)
            : null;

    /// <summary>The packet as it goes out: with an alias for its topic, if that has one or gets one.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="mayGrow">Whether it may get larger by a new alias.</param>
    public Publish Apply(Publish packet, bool mayGrow)
    {
        if (packet.Topic.Length < WorthIt)
            return packet;
        if (_aliases.TryGetValue(packet.Topic, out var alias))
            return packet with { Topic = "", Properties = (packet.Properties ?? new PublishProperties()) with { TopicAlias = alias } };
        if (!mayGrow || _aliases.Count >= _maximum)
            return packet;
        alias = (ushort)(_aliases.Count + 1); // never 0 [MQTT-3.3.2-8 v5]
        _aliases.Add(packet.Topic, alias);
        return packet with { Properties = (packet.Properties ?? new PublishProperties()) with { TopicAlias = alias } };
    }
}
