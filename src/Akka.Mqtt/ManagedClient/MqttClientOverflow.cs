namespace Akka.Mqtt;

/// <summary>What a full queue of <see cref="MqttClient"/> gives up.</summary>
public enum MqttClientOverflow
{
    /// <summary>The new message is refused.</summary>
    RefuseNewest = 0,

    /// <summary>The oldest messages are refused, as many as the new one needs.</summary>
    DropOldest = 1,
}
