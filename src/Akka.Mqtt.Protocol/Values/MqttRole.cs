namespace Akka.Mqtt.Protocol;

/// <summary>The side of a connection: the party that sends CONNECT is the client.</summary>
public enum MqttRole : byte
{
    /// <summary>Sends CONNECT and receives CONNACK.</summary>
    Client = 0,

    /// <summary>Receives CONNECT and sends CONNACK.</summary>
    Server = 1,
}
