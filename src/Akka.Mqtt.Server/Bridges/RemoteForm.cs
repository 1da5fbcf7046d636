using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Bridges;

/// <summary>How a bridge presents itself to the other server: as the settings say at first, and with less when that server does not have it.</summary>
/// <param name="Version">The version of the protocol.</param>
/// <param name="IsPrivate">Whether it says that it is a bridge; 3.x only.</param>
/// <param name="StateQoS">The QoS of the message and of the will that say whether it is connected.</param>
/// <param name="KeepsState">Whether these are retained.</param>
internal sealed record RemoteForm(MqttVersion Version, bool IsPrivate, QualityOfService StateQoS = QualityOfService.AtLeastOnce, bool KeepsState = true)
{
    /// <summary>The form to try after a refusal.</summary>
    /// <param name="code">Why CONNECT was refused.</param>
    /// <param name="hasState">Whether the bridge says at the other server that it is connected.</param>
    /// <param name="needsV5">Whether the bridge has settings that MQTT before 5.0 cannot carry.</param>
    /// <returns>Another form; null when there is none to try.</returns>
    public RemoteForm? After(ReasonCode? code, bool hasState, bool needsV5) => code switch
    {
        ReasonCode.UnsupportedProtocolVersion when Version == MqttVersion.V5 && needsV5 => null,
        ReasonCode.UnsupportedProtocolVersion when Version == MqttVersion.V5 => this with { Version = MqttVersion.V311 },
        ReasonCode.UnsupportedProtocolVersion when IsPrivate => this with { IsPrivate = false },
        ReasonCode.QoSNotSupported when hasState && StateQoS != QualityOfService.AtMostOnce => this with { StateQoS = QualityOfService.AtMostOnce },
        ReasonCode.RetainNotSupported when hasState && KeepsState => this with { KeepsState = false },
        _ => null,
    };
}
