namespace Akka.Mqtt;

/// <summary>What ended a connection of <see cref="MqttClient"/>, an attempt to connect, or the client.</summary>
public enum MqttClientCause
{
    /// <summary>The client was stopped.</summary>
    Stopped = 0,

    /// <summary>Dialling failed: the name did not resolve, the server refused, a handshake of TLS or WebSocket failed, or it took too long.</summary>
    DialFailed = 1,

    /// <summary>The server refused CONNECT with a reason code.</summary>
    Refused = 2,

    /// <summary>The server did not answer CONNECT or a ping in time.</summary>
    NoAnswer = 3,

    /// <summary>The server sent DISCONNECT.</summary>
    ServerDisconnected = 4,

    /// <summary>The network connection ended without DISCONNECT.</summary>
    ConnectionLost = 5,

    /// <summary>The server broke a rule of the protocol.</summary>
    ProtocolError = 6,

    /// <summary>OnAttempt or OnAuthenticate failed or took too long.</summary>
    OptionsFailed = 7,

    /// <summary>A command waited longer than <see cref="MqttClientSettings.CommandTimeout"/> and was not sent.</summary>
    CommandTimedOut = 8,

    /// <summary>
    /// <see cref="MqttClientSettings.Queue"/> cannot be opened or written: another client uses it, it is damaged, a newer program wrote it, or the disk fails.
    /// </summary>
    QueueFailed = 9,
}
