namespace Akka.Mqtt.Server.Telemetry;

/// <summary>What the server refused to a client.</summary>
internal enum Refused
{
    /// <summary>Its CONNECT, by CONNACK or by closing without one.</summary>
    Connect,

    /// <summary>An open connection, by DISCONNECT or by closing without one.</summary>
    Connection,

    /// <summary>A message, by PUBACK or PUBREC; without notice for QoS 0 and in 3.x.</summary>
    Publish,

    /// <summary>A subscription, by SUBACK.</summary>
    Subscribe,
}
