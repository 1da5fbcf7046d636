namespace Akka.Mqtt.Protocol;

/// <summary>A version of the MQTT protocol; the value is the protocol level byte of CONNECT.</summary>
public enum MqttVersion : byte
{
    /// <summary>MQTT 3.1: protocol name <c>MQIsdp</c>, level 3.</summary>
    V31 = 3,

    /// <summary>MQTT 3.1.1: protocol name <c>MQTT</c>, level 4.</summary>
    V311 = 4,

    /// <summary>MQTT 5.0: protocol name <c>MQTT</c>, level 5.</summary>
    V5 = 5,
}
