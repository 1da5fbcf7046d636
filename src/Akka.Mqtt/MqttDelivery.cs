namespace Akka.Mqtt;

/// <summary>How a connection delivers packets to its handler.</summary>
public enum MqttDelivery
{
    /// <summary>One message per packet. Reading pauses while the handler is behind.</summary>
    EachPacket = 0,

    /// <summary>
    /// <see cref="Mqtt.Received"/> with all packets of a received chunk: the fastest delivery. Reading pauses while the handler is behind.
    /// </summary>
    Batches = 1,

    /// <summary>One message per packet, but only as many as the handler has requested with <see cref="Mqtt.Request"/>.</summary>
    Pull = 2,
}
