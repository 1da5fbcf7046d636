using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Security;

/// <summary>Makes reason codes of user code valid for the packet that contains them.</summary>
internal static class Refusal
{
    /// <summary>The code itself if the standard allows it in the packet, otherwise 0x80.</summary>
    public static ReasonCode In(MqttPacketType packet, ReasonCode code) =>
        code.IsFailure() && code.IsAllowed(packet, MqttRole.Server) ? code : ReasonCode.UnspecifiedError;
}
