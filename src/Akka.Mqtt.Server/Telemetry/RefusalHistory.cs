using System.Net;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Telemetry;

/// <summary>
/// The last clients that were refused, for administrators: those that got a line in the log, so a flood costs nothing here. Bounded by entries and by the length of their
/// texts. Thread safe.
/// </summary>
internal sealed class RefusalHistory
{
    /// <summary>Most entries.</summary>
    public const int Capacity = 200;

    /// <summary>Most characters of a client identifier or detail.</summary>
    public const int MaxText = 256;

    private readonly Lock _lock = new();
    private readonly Queue<Entry> _entries = new();

    /// <summary>Adds a refusal; the oldest one makes room.</summary>
    /// <param name="at">When.</param>
    /// <param name="clientId">The client identifier, as far as it is known.</param>
    /// <param name="address">Where the client comes from; null for no address.</param>
    /// <param name="reason">Why.</param>
    /// <param name="detail">More; null for nothing.</param>
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
