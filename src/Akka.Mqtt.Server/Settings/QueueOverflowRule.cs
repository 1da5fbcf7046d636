namespace Akka.Mqtt.Server;

/// <summary>What a full session queue gives up.</summary>
public enum QueueOverflowRule
{
    /// <summary>QoS 0 goes before QoS 1 and 2: a new message of QoS 0, or the oldest one for a new message of QoS 1 or 2. Without any: the new one.</summary>
    DropQoS0First = 0,

    /// <summary>The new message.</summary>
    DropNewest = 1,

    /// <summary>The oldest messages.</summary>
    DropOldest = 2,

    /// <summary>The new message, and the client is disconnected with 0x97 if it is connected.</summary>
    Disconnect = 3,
}
