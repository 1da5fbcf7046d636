namespace Akka.Mqtt.Protocol.Session;

/// <summary>The meaning of an acknowledgement for the sender of the message.</summary>
internal enum AckResult
{
    /// <summary>The exchange has ended.</summary>
    Done,

    /// <summary>Answer PUBREL.</summary>
    Release,

    /// <summary>No message has this identifier. This is not an error, because the acknowledgement may be late [MQTT-4.3.3-7 v5].</summary>
    Unknown,

    /// <summary>The message has another QoS or the exchange is at another step: a protocol error (3.1.1 section 4.8, 5.0 section 4.13).</summary>
    WrongKind,
}
