using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Security;

/// <summary>Reason codes that come from code of others, made fit for the packet that carries them.</summary>
internal static class Refusal
{
    /// <summary>The code itself where the standard allows it in the packet, 0x80 for any other.</summary>
    public static ReasonCode In(MqttPacketType packet, ReasonCode code) =>
        code.IsFailure() && code.IsAllowed(packet, MqttRole.Server) ? code : ReasonCode.UnspecifiedError;
}
