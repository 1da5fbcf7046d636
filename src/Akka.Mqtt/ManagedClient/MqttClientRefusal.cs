namespace Akka.Mqtt;

/// <summary>Why a command of <see cref="MqttClient"/> was refused, and by whom.</summary>
public enum MqttClientRefusal
{
    /// <summary>The server, by a reason code.</summary>
    ByServer = 0,

    /// <summary>The sender had no credit: <see cref="MqttClientSettings.MaxCommands"/> were under way.</summary>
    NoCredit = 1,

    /// <summary>The queue holds <see cref="MqttClientSettings.MaxQueuedBytes"/> or <see cref="MqttClientSettings.MaxQueuedMessages"/>, or the message was dropped for a newer one by the overflow rule.</summary>
    QueueFull = 2,

    /// <summary>The client is about to stop.</summary>
    Stopping = 3,

    /// <summary>The packet is larger than the server takes.</summary>
    PacketTooLarge = 4,

    /// <summary>The packet breaks a rule of the protocol version, or uses a feature that the server does not support according to CONNACK.</summary>
    InvalidPacket = 5,

    /// <summary>The message expired before it could be sent.</summary>
    Expired = 6,

    /// <summary><see cref="MqttClient.Publish.CompleteWhenStored"/> for a message of QoS 0, or of a client without <see cref="MqttClientSettings.Queue"/>.</summary>
    NotStorable = 7,

    /// <summary>The responder reported that it could not answer a request.</summary>
    ByResponder = 8,

    /// <summary>The server reported that no client has subscribed to the topic of a request. 5.0 only.</summary>
    NoResponder = 9,
}
