namespace Akka.Mqtt.Server.Limits;

/// <summary>The objects that enforce the limits for the clients of one server. Thread safe.</summary>
/// <param name="Memory">Counts the bytes that the server keeps because of clients.</param>
/// <param name="Gate">Decides which connections are accepted, and counts them.</param>
/// <param name="Watermark">How short of memory the server is.</param>
/// <param name="Flapping">Detects clients that connect too often; null when <c>flapping</c> detection is off.</param>
internal sealed record Protection(MemoryBudget Memory, ConnectionGate Gate, MemoryWatermark Watermark, FlappingGuard? Flapping)
{
    /// <summary>Clients and addresses that an administrator has banned.</summary>
    public required MqttServerBans Bans { get; init; }

    /// <summary>Bytes of memory that the process uses.</summary>
    public Func<long> UsedMemory { get; init; } = static () => Environment.WorkingSet;
}
