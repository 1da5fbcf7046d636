using Akka.Mqtt.Protocol.Packets;

namespace Akka.Mqtt.Protocol;

/// <summary>The CONNACK packet (section 3.2): the server's answer to CONNECT.</summary>
public sealed record ConnAck : MqttPacket
{
    /// <summary>Accepts the connection; set other fields in an initializer.</summary>
    public ConnAck()
    {
    }

    /// <summary>An answer without properties.</summary>
    /// <param name="reasonCode">The result.</param>
    /// <param name="sessionPresent">Whether the server resumes stored session state.</param>
    public ConnAck(ReasonCode reasonCode, bool sessionPresent = false)
    {
        ReasonCode = reasonCode;
        SessionPresent = sessionPresent;
    }

    /// <inheritdoc/>
    public override MqttPacketType Type => MqttPacketType.ConnAck;

    /// <summary>
    /// The result. In 3.x the return codes 1 to 5 stand for <see cref="ReasonCode.UnsupportedProtocolVersion"/>,
    /// <see cref="ReasonCode.ClientIdentifierNotValid"/>, <see cref="ReasonCode.ServerUnavailable"/>,
    /// <see cref="ReasonCode.BadUserNameOrPassword"/> and <see cref="ReasonCode.NotAuthorized"/>.
    /// </summary>
    public ReasonCode ReasonCode { get; init; }

    /// <summary>Whether the server resumes stored session state. Only with <see cref="ReasonCode.Success"/>; does not exist in 3.1.</summary>
    public bool SessionPresent { get; init; }

    /// <summary>MQTT 5.0 properties, or null for none.</summary>
    public ConnAckProperties? Properties { get; init; }

    /// <inheritdoc/>
    public override string ToString() => PacketText.Of(this, $"{ReasonCode.NameIn(Type)}, SessionPresent={SessionPresent}").Add(Properties).ToString();
}
