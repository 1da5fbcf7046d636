using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.PacketRules;

/// <summary>
/// The topic aliases that a 5.0 client has set on its connection [MQTT-3.3.2-7]. No IO. Allocates nothing before the first alias.
/// </summary>
internal sealed class TopicAliases
{
    private readonly int _maximum;
    private Dictionary<ushort, string>? _topics;

    public TopicAliases(int maximum) => _maximum = maximum;

    /// <summary>Finds the topic of a PUBLISH.</summary>
    /// <param name="packet">The packet as it arrived; replaced by one with its topic.</param>
    /// <returns>Null, or the violation of the protocol.</returns>
    public Violation? Resolve(ref Publish packet)
    {
        if (packet.Properties?.TopicAlias is not { } alias)
            return packet.Topic.Length > 0 ? null : Violation.Protocol("PUBLISH has neither a topic nor a topic alias"); // U-3.3.2.1-1
        if (alias == 0 || alias > _maximum) // U-3.3.2.3.4-1 [MQTT-3.3.2-8]
            return new Violation(ReasonCode.TopicAliasInvalid, $"the topic alias is {alias}; the Topic Alias Maximum of the server is {_maximum}");
        if (packet.Topic.Length > 0)
        {
            (_topics ??= [])[alias] = packet.Topic; // U-3.3.2.3.4-2 sets or replaces [MQTT-3.3.2-12]
            return null;
        }
        if (_topics is null || !_topics.TryGetValue(alias, out var topic))
            return Violation.Protocol($"PUBLISH has no topic, and topic alias {alias} was never set on this connection"); // U-3.3.2.3.4-2
        packet = packet with { Topic = topic };
        return null;
    }
}
