namespace Akka.Mqtt.Soak.ClientFaults;

/// <summary>What happens to one direction of one network connection.</summary>
/// <param name="Pieces">Most bytes that pass at once; 0 for all that is there.</param>
/// <param name="Delay">Before each piece.</param>
/// <param name="StallAt">After that many bytes the direction stands still once for <paramref name="Stall"/>.</param>
/// <param name="Stall">How long; infinite until the connection ends.</param>
/// <param name="CutAt">After that many bytes both directions end.</param>
internal readonly record struct DirectionFaults(int Pieces, TimeSpan Delay, int StallAt, TimeSpan Stall, int CutAt)
{
    public static DirectionFaults None { get; } = new(0, TimeSpan.Zero, int.MaxValue, TimeSpan.Zero, int.MaxValue);
}

/// <summary>What happens to the network connections of one client, by seed: the first ones have faults, those after them have none.</summary>
internal sealed class FaultPlan
{
    private readonly int _seed;
    private readonly int _faulty;
    private readonly bool _mayBlackHole;

    public FaultPlan(int seed)
    {
        _seed = seed;
        var random = new Random(seed);
        _faulty = random.Next(0, 7);
        _mayBlackHole = random.Next(50) == 0; // such a schedule waits for the keep-alive
    }

    /// <summary>The faults of a connection.</summary>
    /// <param name="number">0 for the first.</param>
    public (DirectionFaults ToServer, DirectionFaults ToClient, bool Reset) Of(int number)
    {
        var random = new Random(HashCode.Combine(number, 7919) ^ unchecked(_seed * (int)0x9E3779B1) ^ (number * 104729));
        if (number >= _faulty)
            return (DirectionFaults.None, DirectionFaults.None, true);
        // One direction is cut; a cut early in a connection hits CONNECT, CONNACK and SUBSCRIBE, a late one messages and acknowledgements.
        var cutAt = (int)Math.Pow(2, 1 + (random.NextDouble() * 11));
        var cutsClient = random.Next(2) == 0;
        return (Draw(random, cutsClient ? int.MaxValue : cutAt), Draw(random, cutsClient ? cutAt : int.MaxValue), random.Next(2) == 0);
    }

    private DirectionFaults Draw(Random random, int cutAt)
    {
        var stall = random.Next(4) == 0 ? TimeSpan.FromMilliseconds(random.Next(1, 60)) : TimeSpan.Zero;
        if (_mayBlackHole && random.Next(3) == 0)
            stall = Timeout.InfiniteTimeSpan;
        return new DirectionFaults(
            random.Next(3) == 0 ? random.Next(1, 40) : 0,
            random.Next(3) == 0 ? TimeSpan.FromMilliseconds(random.Next(1, 4)) : TimeSpan.Zero,
            stall == TimeSpan.Zero ? int.MaxValue : random.Next(1, 600),
            stall,
            cutAt);
    }
}
