namespace Akka.Mqtt.Server;

/// <summary>Whether something is written to the storage of a server.</summary>
public enum DurabilityClass
{
    /// <summary>It is written, and acknowledged when that is committed.</summary>
    Durable = 0,

    /// <summary>It is kept in memory and lost when the process ends.</summary>
    Memory = 1,
}
