namespace Akka.Mqtt.Server.Limits;

/// <summary>What keeps the clients of one server within its limits. Thread safe.</summary>
/// <param name="Memory">The bytes that clients make the server keep.</param>
/// <param name="Gate">Which connections are taken, and how many there are.</param>
/// <param name="Watermark">How short of memory the server is.</param>
/// <param name="Flapping">Who connects too often; null when nobody is counted.</param>
internal sealed record Protection(MemoryBudget Memory, ConnectionGate Gate, MemoryWatermark Watermark, FlappingGuard? Flapping)
{
    /// <summary>Whom an administrator does not want.</summary>
    public required MqttServerBans Bans { get; init; }

    /// <summary>Bytes of memory that the process uses.</summary>
    public Func<long> UsedMemory { get; init; } = static () => Environment.WorkingSet;
}
