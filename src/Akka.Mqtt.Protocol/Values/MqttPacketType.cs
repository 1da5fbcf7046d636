namespace Akka.Mqtt.Protocol;

/// <summary>The MQTT control packet types; the value is the high half of the first byte (section 2.1.2).</summary>
public enum MqttPacketType : byte
{
    /// <summary>Forbidden on the wire.</summary>
    Reserved = 0,

    /// <summary>Client to server: connection request.</summary>
    Connect = 1,

    /// <summary>Server to client: connect acknowledgement.</summary>
    ConnAck = 2,

    /// <summary>Both ways: an application message.</summary>
    Publish = 3,

    /// <summary>Both ways: acknowledges a QoS 1 PUBLISH.</summary>
    PubAck = 4,

    /// <summary>Both ways: QoS 2, part 1.</summary>
    PubRec = 5,

    /// <summary>Both ways: QoS 2, part 2.</summary>
    PubRel = 6,

    /// <summary>Both ways: QoS 2, part 3.</summary>
    PubComp = 7,

    /// <summary>Client to server: subscribe request.</summary>
    Subscribe = 8,

    /// <summary>Server to client: subscribe acknowledgement.</summary>
    SubAck = 9,

    /// <summary>Client to server: unsubscribe request.</summary>
    Unsubscribe = 10,

    /// <summary>Server to client: unsubscribe acknowledgement.</summary>
    UnsubAck = 11,

    /// <summary>Client to server: ping request.</summary>
    PingReq = 12,

    /// <summary>Server to client: ping response.</summary>
    PingResp = 13,

    /// <summary>Disconnect notification: from the client in 3.x, both ways in 5.0.</summary>
    Disconnect = 14,

    /// <summary>Both ways, MQTT 5.0 only: authentication exchange.</summary>
    Auth = 15,
}
