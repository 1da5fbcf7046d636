namespace Akka.Mqtt.Protocol.Session;

/// <summary>What a full <see cref="MessageQueue"/> drops.</summary>
internal enum QueueOverflow
{
    /// <summary>
    /// For a message of QoS 1 or 2 the oldest message of QoS 0; if there is none, or if the new message is of QoS 0, the new message.
    /// </summary>
    DropQoS0First,

    /// <summary>The new message.</summary>
    DropNewest,

    /// <summary>The oldest messages, as many as the new one needs.</summary>
    DropOldest,
}
