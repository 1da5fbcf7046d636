namespace Akka.Mqtt.Server.Telemetry;

/// <summary>What of a client was refused.</summary>
internal enum Refused
{
    /// <summary>The connection, by CONNACK or without a word.</summary>
    Connect,

    /// <summary>The rest of an open connection, by DISCONNECT or without a word.</summary>
    Connection,

    /// <summary>A message, by PUBACK or PUBREC, or silently with QoS 0 and in 3.x.</summary>
    Publish,

    /// <summary>A subscription, by SUBACK.</summary>
    Subscribe,
}
