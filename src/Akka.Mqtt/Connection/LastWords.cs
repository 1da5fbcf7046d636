using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Codec;

namespace Akka.Mqtt.Connection;

/// <summary>
/// Chooses the packet with the close reason, if the protocol has one: CONNACK until one was sent (U-4.13.1-2), then DISCONNECT, which only
/// a 5.0 server sends. In 3.x only two errors of CONNECT have an answer; for all others the connection closes without a packet
/// [MQTT-3.1.4-1] of 3.1.1.
/// </summary>
internal static class LastWords
{
    /// <summary>The packet, not larger than the peer's Maximum Packet Size; null if there is none.</summary>
    public static MqttPacket? For(PacketError error, ConnectionRules rules, MqttRole role, MqttVersion version, out int size)
    {
        size = 0;
        MqttPacket? packet = role == MqttRole.Server && !rules.Accepted ? Refusal(error, rules, version)
            : version == MqttVersion.V5 ? LastDisconnect(error, role)
            : null;
        if (packet is null)
            return null;
        var fits = MqttEncoder.TryMeasure(packet, version, role, out size, out _);
        if (fits && (uint)size > rules.PeerMaximumPacketSize && packet is Disconnect disconnect)
            fits = MqttEncoder.TryMeasure(packet = disconnect with { Properties = null }, version, role, out size, out _); // [MQTT-3.14.2-3]
        return fits && (uint)size <= rules.PeerMaximumPacketSize ? packet : null;
    }

    private static ConnAck? Refusal(PacketError error, ConnectionRules rules, MqttVersion version)
    {
        if (!rules.ConnectSeen && error.Header?.Type != MqttPacketType.Connect)
            return null; // a peer whose first packet is not CONNECT does not wait for CONNACK
        if (version == MqttVersion.V5)
            return new ConnAck(error.ReasonCode);
        return error.ReasonCode switch
        {
            ReasonCode.UnsupportedProtocolVersion when error.Message != PacketProblem.ProtocolName => new ConnAck(error.ReasonCode), // [MQTT-3.1.2-2]
            ReasonCode.ClientIdentifierNotValid => new ConnAck(error.ReasonCode), // [MQTT-3.1.3-8] of 3.1.1
            _ => null,
        };
    }

    private static Disconnect LastDisconnect(PacketError error, MqttRole role)
    {
        var code = error.ReasonCode;
        if (!ReasonCodes.IsAllowed(code, MqttPacketType.Disconnect, role))
            code = code == ReasonCode.KeepAliveTimeout ? ReasonCode.UnspecifiedError : ReasonCode.ProtocolError;
        return new Disconnect(code) { Properties = new DisconnectProperties { ReasonString = error.Message } };
    }
}
