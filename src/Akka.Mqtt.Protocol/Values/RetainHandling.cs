namespace Akka.Mqtt.Protocol;

/// <summary>MQTT 5.0: whether retained messages are sent when a subscription is made (section 3.8.3.1).</summary>
public enum RetainHandling : byte
{
    /// <summary>Send the matching retained messages at every SUBSCRIBE.</summary>
    SendAtSubscribe = 0,

    /// <summary>Send them only if the subscription did not exist before.</summary>
    SendIfNewSubscription = 1,

    /// <summary>Do not send retained messages at SUBSCRIBE.</summary>
    DoNotSend = 2,
}
