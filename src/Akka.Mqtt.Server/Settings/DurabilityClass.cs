namespace Akka.Mqtt.Server;

/// <summary>Whether sessions and messages are written to the storage of a server.</summary>
public enum DurabilityClass
{
    /// <summary>Written to the storage, and acknowledged after the commit.</summary>
    Durable = 0,

    /// <summary>Kept in memory, and lost when the process ends.</summary>
    Memory = 1,
}
