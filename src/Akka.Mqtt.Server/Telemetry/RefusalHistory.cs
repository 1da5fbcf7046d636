using System.Net;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Telemetry;

/// <summary>
/// The last refused clients, for administrators. It records only clients that were logged, so that a flood of refusals costs nothing here.
/// The number of entries and the length of their texts are bounded. Thread safe.
/// </summary>
internal sealed class RefusalHistory
{
    /// <summary>The highest number of entries.</summary>
    public const int Capacity = 200;

    /// <summary>The highest number of characters of a client identifier or detail.</summary>
    public const int MaxText = 256;

    private readonly Lock _lock = new();
    private readonly Queue<Entry> _entries = new();

    /// <summary>Adds a refusal. When the history is full, the oldest entry is removed.</summary>
    /// <param name="at">When.</param>
    /// <param name="clientId">The client identifier, as far as it is known.</param>
    /// <param name="address">The address of the client; null for none.</param>
    /// <param name="reason">The reason code.</param>
    /// <param name="detail">More about it; null for nothing.</param>
    public void Add(DateTimeOffset at, string clientId, EndPoint? address, ReasonCode reason, string? detail)
    {
        var entry = new Entry(at, Clip(clientId), address?.ToString(), reason, Clip(detail ?? ""));
        lock (_lock)
        {
            if (_entries.Count == Capacity)
                _entries.Dequeue();
            _entries.Enqueue(entry);
        }
    }

    /// <summary>All entries, the newest one first.</summary>
    public IReadOnlyList<Entry> List()
    {
        lock (_lock)
            return [.. _entries.Reverse()];
    }

    private static string Clip(string text) => text.Length <= MaxText ? text : text[..MaxText];

    /// <summary>A client that was refused.</summary>
    internal sealed record Entry(DateTimeOffset At, string ClientId, string? Address, ReasonCode Reason, string Detail);
}
