using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>Why a packet cannot be sent.</summary>
/// <param name="Reason">Who refuses it, and why.</param>
/// <param name="Code">The reason code that the standard has for it.</param>
/// <param name="Text">Why, for people to read.</param>
internal readonly record struct PacketProblem(MqttClientRefusal Reason, ReasonCode Code, string Text)
{
    /// <summary>Checks a message before it is stored, because a message that can never be sent must not be accepted.</summary>
    /// <param name="command">The command.</param>
    /// <param name="isInQueue">Whether the message goes to a queue that survives the process.</param>
    /// <param name="version">The version.</param>
    /// <returns>What is wrong; null for nothing.</returns>
    public static PacketProblem? OfStored(MqttClient.Publish command, bool isInQueue, MqttVersion version)
    {
        if (isInQueue)
            return Of(command.Packet with { PacketId = 1 }, version, ServerLimits.None);
        return command.CompleteWhenStored
            ? new(MqttClientRefusal.NotStorable, ReasonCode.ImplementationSpecificError, "Only messages of QoS 1 and 2 of a client with a queue can be stored.")
            : null;
    }

    /// <summary>Checks a packet against the rules of the version, and against the limits of the server.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="version">The version.</param>
    /// <param name="server">The limits of the server.</param>
    /// <returns>What is wrong; null for nothing.</returns>
    public static PacketProblem? Of(MqttPacket packet, MqttVersion version, in ServerLimits server)
    {
        if (!MqttEncoder.TryMeasure(packet, version, MqttRole.Client, out var size, out var error))
            return new(MqttClientRefusal.InvalidPacket, error.ReasonCode, error.Message);
        if (size > server.MaximumPacketSize) // [MQTT-3.2.2-15 v5]
            return new(MqttClientRefusal.PacketTooLarge, ReasonCode.PacketTooLarge, $"The packet has {size} bytes; the server accepts at most {server.MaximumPacketSize}.");
        if (packet is not Publish publish)
            return null;
        if (publish.Properties?.TopicAlias is not null)
            return new(MqttClientRefusal.InvalidPacket, ReasonCode.TopicAliasInvalid, "The client chooses topic aliases itself: do not set TopicAlias.");
        if (publish.QoS > server.MaximumQoS) // [MQTT-3.2.2-11 v5]
            return new(MqttClientRefusal.InvalidPacket, ReasonCode.QoSNotSupported, $"The server accepts at most QoS {(int)server.MaximumQoS}.");
        if (publish.Retain && server.RefusesRetained) // [MQTT-3.2.2-14 v5]
            return new(MqttClientRefusal.InvalidPacket, ReasonCode.RetainNotSupported, "The server accepts no retained messages.");
        return null;
    }
}
