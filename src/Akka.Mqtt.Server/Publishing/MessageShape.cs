using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Publishing;

/// <summary>The form in which a received message is stored, or sent to a subscriber.</summary>
internal static class MessageShape
{
    public static MqttList<uint> Identifiers(uint identifier) => identifier == 0 ? default : [identifier];

    public static Publish ToRetain(Publish packet) =>
        packet with { PacketId = 0, Dup = false, Properties = Forwarded(packet.Properties) };

    /// <summary>The message as it is sent to a subscriber; often the packet itself.</summary>
    /// <param name="packet">The message as it was received.</param>
    /// <param name="granted">The QoS of the subscription.</param>
    /// <param name="upgrades">Whether a lower QoS of the message is raised to the granted one: <c>upgrade-outgoing-qos</c>.</param>
    /// <param name="retainAsPublished">Whether the RETAIN flag is kept.</param>
    /// <param name="identifiers">The identifiers of the matching subscriptions.</param>
    public static Publish Shaped(Publish packet, QualityOfService granted, bool upgrades, bool retainAsPublished, MqttList<uint> identifiers)
    {
        // [MQTT-3.8.4-8 v5] [MQTT-3.8.4-6 v3.1.1]; [!MQTT-3.8.4-8 v5] with upgrade-outgoing-qos, which is off by default
        var qos = packet.QoS < granted && !upgrades ? packet.QoS : granted;
        var retain = packet.Retain && retainAsPublished; // [MQTT-3.3.1-12 v5] [MQTT-3.3.1-13 v5] [MQTT-3.3.1-9 v3.1.1]
        var properties = Forwarded(packet.Properties);
        if (!identifiers.IsEmpty) // [MQTT-3.3.4-3 v5] [MQTT-3.3.4-4 v5]
            properties = (properties ?? new PublishProperties()) with { SubscriptionIdentifiers = identifiers };
        return packet.QoS == qos && packet.Retain == retain && packet.PacketId == 0 && !packet.Dup && ReferenceEquals(properties, packet.Properties)
            ? packet
            : packet with { PacketId = 0, Dup = false, QoS = qos, Retain = retain, Properties = properties }; // [MQTT-3.3.1-3] DUP is not passed on
    }

    /// <summary>
    /// The properties that subscribers receive. Topic alias and subscription identifiers are removed, because they belong to the
    /// connection of the publisher.
    /// </summary>
    private static PublishProperties? Forwarded(PublishProperties? properties) =>
        properties is not null && (properties.TopicAlias is not null || !properties.SubscriptionIdentifiers.IsEmpty)
            ? properties with { TopicAlias = null, SubscriptionIdentifiers = default } // [MQTT-3.3.2-7 v5]
            : properties;
}
