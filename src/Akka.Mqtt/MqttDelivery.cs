namespace Akka.Mqtt;

/// <summary>How a connection delivers packets to its handler.</summary>
public enum MqttDelivery
{
    /// <summary>One message per packet. Reading pauses while the handler is behind.</summary>
    EachPacket = 0,

    /// <summary><see cref="Mqtt.Received"/> with all packets of a received chunk: the fastest. Reading pauses while the handler is behind.</summary>
    Batches = 1,

    /// <summary>One message per packet, but only as many as <see cref="Mqtt.Request"/> asked for.</summary>
    Pull = 2,
}
