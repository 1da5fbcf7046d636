using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.TestKit;

/// <summary>
/// Packets for tests in which most fields do not matter; change the others with <c>with</c>. Random packets depend only on the seed.
/// </summary>
public static partial class Any
{
    /// <summary>A CONNECT of a client named <c>any-client</c>.</summary>
    /// <param name="version">The protocol version. Default: 5.0.</param>
    /// <param name="clientId">The client identifier.</param>
    /// <returns>The packet.</returns>
    public static Connect Connect(MqttVersion version = MqttVersion.V5, string clientId = "any-client") =>
        new() { Version = version, ClientId = clientId };

    /// <summary>A CONNACK.</summary>
    /// <param name="reasonCode">The result. Default: accepted.</param>
    /// <returns>The packet.</returns>
    public static ConnAck ConnAck(ReasonCode reasonCode = ReasonCode.Success) => new(reasonCode);

    /// <summary>A PUBLISH; with QoS 1 or 2 it has packet identifier 1 unless another is given.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="payload">The payload as text.</param>
    /// <param name="qos">The QoS. Default: 0.</param>
    /// <param name="packetId">The packet identifier; 0 for one that suits the QoS.</param>
    /// <returns>The packet.</returns>
    public static Publish Publish(
        string topic = "any/topic",
        string payload = "any payload",
        QualityOfService qos = QualityOfService.AtMostOnce,
        ushort packetId = 0) =>
        new(topic, payload) { QoS = qos, PacketId = packetId == 0 && qos != QualityOfService.AtMostOnce ? (ushort)1 : packetId };

    /// <summary>A PUBACK.</summary>
    /// <param name="packetId">The packet identifier.</param>
    /// <returns>The packet.</returns>
    public static PubAck PubAck(ushort packetId = 1) => new(packetId);

    /// <summary>A PUBREC.</summary>
    /// <param name="packetId">The packet identifier.</param>
    /// <returns>The packet.</returns>
    public static PubRec PubRec(ushort packetId = 1) => new(packetId);

    /// <summary>A PUBREL.</summary>
    /// <param name="packetId">The packet identifier.</param>
    /// <returns>The packet.</returns>
    public static PubRel PubRel(ushort packetId = 1) => new(packetId);

    /// <summary>A PUBCOMP.</summary>
    /// <param name="packetId">The packet identifier.</param>
    /// <returns>The packet.</returns>
    public static PubComp PubComp(ushort packetId = 1) => new(packetId);

    /// <summary>A SUBSCRIBE of one filter.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="qos">The requested QoS. Default: 0.</param>
    /// <param name="packetId">The packet identifier.</param>
    /// <returns>The packet.</returns>
    public static Subscribe Subscribe(string filter = "any/#", QualityOfService qos = QualityOfService.AtMostOnce, ushort packetId = 1) =>
        new(packetId, new Subscription(filter, qos));

    /// <summary>A SUBACK of one filter.</summary>
    /// <param name="packetId">The packet identifier.</param>
    /// <param name="reasonCode">The result. Default: granted with QoS 0.</param>
    /// <returns>The packet.</returns>
    public static SubAck SubAck(ushort packetId = 1, ReasonCode reasonCode = ReasonCodes.GrantedQoS0) => new(packetId, reasonCode);

    /// <summary>An UNSUBSCRIBE of one filter.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="packetId">The packet identifier.</param>
    /// <returns>The packet.</returns>
    public static Unsubscribe Unsubscribe(string filter = "any/#", ushort packetId = 1) => new(packetId, filter);

    /// <summary>An UNSUBACK of one filter; 3.x has no reason codes in it.</summary>
    /// <param name="version">The protocol version. Default: 5.0.</param>
    /// <param name="packetId">The packet identifier.</param>
    /// <returns>The packet.</returns>
    public static UnsubAck UnsubAck(MqttVersion version = MqttVersion.V5, ushort packetId = 1) =>
        version == MqttVersion.V5 ? new UnsubAck(packetId, ReasonCode.Success) : new UnsubAck(packetId);

    /// <summary>A PINGREQ.</summary>
    /// <returns>The packet.</returns>
    public static PingReq PingReq() => Protocol.PingReq.Instance;

    /// <summary>A PINGRESP.</summary>
    /// <returns>The packet.</returns>
    public static PingResp PingResp() => Protocol.PingResp.Instance;

    /// <summary>A normal DISCONNECT.</summary>
    /// <returns>The packet.</returns>
    public static Disconnect Disconnect() => new();

    /// <summary>An AUTH that continues an authentication by a method named <c>any-method</c>.</summary>
    /// <returns>The packet.</returns>
    public static Auth Auth() =>
        new(ReasonCode.ContinueAuthentication)
        {
            Properties = new AuthProperties { AuthenticationMethod = "any-method", AuthenticationData = "any data" },
        };

    /// <summary>One packet of each type that a version has, with the simplest content, and PUBLISH with each QoS.</summary>
    /// <param name="version">The protocol version.</param>
    /// <returns>The packets, CONNECT first.</returns>
    public static IReadOnlyList<MqttPacket> OneOfEach(MqttVersion version)
    {
        List<MqttPacket> packets =
        [
            Connect(version), ConnAck(), Publish(), Publish(qos: QualityOfService.AtLeastOnce), Publish(qos: QualityOfService.ExactlyOnce),
            PubAck(), PubRec(), PubRel(), PubComp(), Subscribe(), SubAck(), Unsubscribe(), UnsubAck(version),
            PingReq(), PingResp(), Disconnect(),
        ];
        if (version == MqttVersion.V5)
            packets.Add(Auth());
        return packets;
    }
}
