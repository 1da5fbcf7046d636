namespace Akka.Mqtt.Protocol;

/// <summary>The delivery guarantee of an application message (section 4.3).</summary>
public enum QualityOfService : byte
{
    /// <summary>QoS 0: delivered once or not at all; no acknowledgement.</summary>
    AtMostOnce = 0,

    /// <summary>QoS 1: acknowledged by PUBACK; may arrive more than once.</summary>
    AtLeastOnce = 1,

    /// <summary>QoS 2: the PUBREC, PUBREL, PUBCOMP handshake; arrives once.</summary>
    ExactlyOnce = 2,
}
