namespace Akka.Mqtt.Protocol.Session;

/// <summary>What a full <see cref="MessageQueue"/> gives up.</summary>
internal enum QueueOverflow
{
    /// <summary>A message of QoS 0 for one of QoS 1 or 2: the new one if it is that, else the oldest; without any, the new message.</summary>
    DropQoS0First,

    /// <summary>The new message.</summary>
    DropNewest,

    /// <summary>The oldest messages, as many as the new one needs.</summary>
    DropOldest,
}
