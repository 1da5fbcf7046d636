using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.PacketRules;

/// <summary>
/// Topic aliases for one 5.0 client, for one connection [MQTT-3.3.2-7 v5]. The first topics that are sent get an alias; later messages to
/// these topics contain only the alias. Owned by the session that sends.
/// </summary>
internal sealed class OutboundAliases
{
    // For a topic this short an alias saves nothing, because the property takes three bytes.
    private const int WorthIt = 5;

    private readonly int _maximum;
    private readonly Dictionary<string, ushort> _aliases = new(StringComparer.Ordinal);

    private OutboundAliases(int maximum) => _maximum = maximum;

    /// <summary>The aliases for a client; null when the client accepts none.</summary>
    public static OutboundAliases? For(Connect connect, MqttServerSettings settings) =>
        // [MQTT-3.1.2-26 v5] [MQTT-3.1.2-27 v5] [MQTT-3.3.2-11 v5] at most as many as the client accepts; none when its CONNECT has no
        // Topic Alias Maximum
        Math.Min(connect.Properties?.TopicAliasMaximum ?? 0, settings.OutgoingTopicAliasMaximum) is var maximum and > 0
            ? new OutboundAliases(maximum)
            : null;

    /// <summary>The packet as it is sent: with an alias for its topic, if the topic has one or gets one.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="mayGrow">Whether a new alias may make it larger.</param>
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
