using System.Globalization;

namespace Akka.Mqtt.TestKit;

/// <summary>What happens to the bytes of one direction. The default lets everything pass.</summary>
public sealed record FaultRule
{
    /// <summary>Everything passes.</summary>
    public static FaultRule None { get; } = new();

    /// <summary>The smallest piece to cut writes into, in bytes; 0 does not cut. Default: 0.</summary>
    public int MinPiece { get; init; }

    /// <summary>The largest piece, in bytes, at least <see cref="MinPiece"/>. Sizes in between are drawn by the seed. Default: 0.</summary>
    public int MaxPiece { get; init; }

    /// <summary>How long each piece is held. Default: not at all.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>The most that is added to <see cref="Delay"/>, drawn by the seed. Default: nothing.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>After how many forwarded bytes the direction ends by <see cref="End"/>; null for never. Default: null.</summary>
    public long? CutAfter { get; init; }

    /// <summary>What happens at <see cref="CutAfter"/>. Default: <see cref="FaultEnd.Close"/>.</summary>
    public FaultEnd End { get; init; }

    /// <summary>Cuts writes into pieces of one size; 1 is byte by byte.</summary>
    /// <param name="size">The size in bytes, at least 1.</param>
    /// <returns>The rule.</returns>
    public static FaultRule Split(int size) => Split(size, size);

    /// <summary>Cuts writes into pieces of sizes drawn by the seed.</summary>
    /// <param name="min">The smallest, at least 1.</param>
    /// <param name="max">The largest.</param>
    /// <returns>The rule.</returns>
    public static FaultRule Split(int min, int max)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(min, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, min);
        return new FaultRule { MinPiece = min, MaxPiece = max };
    }

    /// <summary>Ends the connection after so many bytes of this direction.</summary>
    /// <param name="bytes">How many bytes still pass, at least 0.</param>
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
