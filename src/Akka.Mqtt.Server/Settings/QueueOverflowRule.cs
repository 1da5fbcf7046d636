namespace Akka.Mqtt.Server;

/// <summary>Which message a full session queue drops.</summary>
public enum QueueOverflowRule
{
    /// <summary>
    /// Messages of QoS 0 first: the new message if it is of QoS 0, else the oldest message of QoS 0. If the queue has none, the new
    /// message.
    /// </summary>
    DropQoS0First = 0,

    /// <summary>The new message.</summary>
    DropNewest = 1,

    /// <summary>The oldest messages.</summary>
    DropOldest = 2,

    /// <summary>The new message; if the client is connected, the server disconnects it with 0x97.</summary>
    Disconnect = 3,
}
