using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.PacketRules;

/// <summary>Reason strings: what a reason code means here, for a reader of the client's log.</summary>
internal static class Reasons
{
    /// <summary>The reason string; null where the name of the code is clear enough.</summary>
    public static string? Text(ReasonCode code) => code switch
    {
        ReasonCode.TopicFilterInvalid => "the topic filter is not valid, too long, or has too many levels",
        ReasonCode.TopicNameInvalid => "the topic name is too long or has too many levels",
        ReasonCode.ClientIdentifierNotValid => "the client identifier is not accepted",
        ReasonCode.BadAuthenticationMethod => "the authentication method is not supported",
        _ => null,
    };

    /// <summary>
    /// The reason string of an acknowledgement; null unless the code is a failure and the client accepts reason strings [MQTT-3.1.2-29
    /// v5].
    /// </summary>
    public static AckProperties? Of(ReasonCode code, bool wanted) =>
        wanted && code >= ReasonCode.UnspecifiedError && Text(code) is { } text ? new AckProperties { ReasonString = text } : null;

    /// <summary>
    /// Whether the client accepts reason strings and user properties in acknowledgements: false with Request Problem Information 0.
    /// </summary>
    public static bool AreWanted(Connect connect) =>
        connect.Version == MqttVersion.V5 && connect.Properties?.RequestProblemInformation != false;

    /// <summary>Whether a packet is within the Maximum Packet Size of the client [MQTT-3.1.2-24 v5].</summary>
    public static bool Fits(MqttPacket packet, uint maximum) =>
        maximum == uint.MaxValue
        || (MqttEncoder.TryMeasure(packet, MqttVersion.V5, MqttRole.Server, out var size, out _) && (uint)size <= maximum);
}
