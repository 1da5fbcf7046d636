using System.Globalization;

namespace Akka.Mqtt.TestKit;

/// <summary>The faults of one direction. The default has none.</summary>
public sealed record FaultRule
{
    /// <summary>No faults.</summary>
    public static FaultRule None { get; } = new();

    /// <summary>The smallest piece into which writes are split, in bytes; 0 does not split. Default: 0.</summary>
    public int MinPiece { get; init; }

    /// <summary>
    /// The largest piece, in bytes, at least <see cref="MinPiece"/>. Sizes between them are random by the seed. Default: 0.
    /// </summary>
    public int MaxPiece { get; init; }

    /// <summary>How long each piece is delayed. Default: zero.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>The largest random addition to <see cref="Delay"/>, by the seed. Default: zero.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>
    /// The number of forwarded bytes after which the direction ends as <see cref="End"/> says; null for never. Default: null.
    /// </summary>
    public long? CutAfter { get; init; }

    /// <summary>What happens after <see cref="CutAfter"/> bytes. Default: <see cref="FaultEnd.Close"/>.</summary>
    public FaultEnd End { get; init; }

    /// <summary>Splits writes into pieces of one size; 1 is byte by byte.</summary>
    /// <param name="size">The size in bytes, at least 1.</param>
    /// <returns>The rule.</returns>
    public static FaultRule Split(int size) => Split(size, size);

    /// <summary>Splits writes into pieces of random sizes, by the seed.</summary>
    /// <param name="min">The smallest, at least 1.</param>
    /// <param name="max">The largest.</param>
    /// <returns>The rule.</returns>
    public static FaultRule Split(int min, int max)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(min, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, min);
        return new FaultRule { MinPiece = min, MaxPiece = max };
    }

    /// <summary>Ends the connection after a number of bytes of this direction.</summary>
    /// <param name="bytes">The number of bytes that are still forwarded, at least 0.</param>
    /// <param name="end">How it ends.</param>
    /// <returns>The rule.</returns>
    public static FaultRule Cut(long bytes, FaultEnd end = FaultEnd.Close)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        return new FaultRule { CutAfter = bytes, End = end };
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var parts = new List<string>();
        if (MaxPiece > 0)
            parts.Add(MinPiece == MaxPiece ? $"split {MaxPiece}" : $"split {MinPiece}..{MaxPiece}");
        if (Delay > TimeSpan.Zero || Jitter > TimeSpan.Zero)
            parts.Add(string.Create(
                CultureInfo.InvariantCulture, $"delay {Delay.TotalMilliseconds}..{(Delay + Jitter).TotalMilliseconds} ms"));
        if (CutAfter is { } bytes)
            parts.Add($"{End} after {bytes} bytes");
        return parts.Count == 0 ? "none" : string.Join(", ", parts);
    }
}
