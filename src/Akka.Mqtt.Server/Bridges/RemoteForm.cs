using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Bridges;

/// <summary>
/// How a bridge connects to the other server: first as configured, then with fewer features when that server does not support them.
/// </summary>
/// <param name="Version">The version of the protocol.</param>
/// <param name="IsPrivate">Whether the bridge marks its CONNECT as that of a bridge; 3.x only.</param>
/// <param name="StateQoS">The QoS of the state message and of the will that report whether the bridge is connected.</param>
/// <param name="KeepsState">Whether the state message and the will are retained.</param>
internal sealed record RemoteForm(MqttVersion Version, bool IsPrivate, QualityOfService StateQoS = QualityOfService.AtLeastOnce, bool KeepsState = true)
{
    /// <summary>The form to try after a refusal.</summary>
    /// <param name="code">Why CONNECT was refused.</param>
    /// <param name="hasState">Whether the bridge reports its connection state at the other server.</param>
    /// <param name="needsV5">Whether the bridge has settings that MQTT before 5.0 cannot carry.</param>
    /// <returns>Another form; null when no other form is left to try.</returns>
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
