namespace Akka.Mqtt;

/// <summary>The messages that a full queue of <see cref="MqttClient"/> refuses or drops.</summary>
public enum MqttClientOverflow
{
    /// <summary>The new message is refused.</summary>
    RefuseNewest = 0,

    /// <summary>The oldest messages are refused, as many as the new one needs.</summary>
    DropOldest = 1,
}
