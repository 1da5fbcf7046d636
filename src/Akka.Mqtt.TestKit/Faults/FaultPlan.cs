namespace Akka.Mqtt.TestKit;

/// <summary>
/// The faults of a <see cref="FaultyTransport"/>, as data. The same plan splits and cuts the same bytes at the same positions, independent
/// of timing. Its text is enough to reproduce a failure.
/// </summary>
public sealed record FaultPlan
{
    /// <summary>No faults.</summary>
    public static FaultPlan None { get; } = new();

    /// <summary>Both directions byte by byte.</summary>
    public static FaultPlan ByteByByte { get; } = new() { Outbound = FaultRule.Split(1), Inbound = FaultRule.Split(1) };

    /// <summary>The seed for random sizes and delays. Default: 0.</summary>
    public int Seed { get; init; }

    /// <summary>The faults for bytes that the user writes.</summary>
    public FaultRule Outbound { get; init; } = FaultRule.None;

    /// <summary>The faults for bytes that the user reads.</summary>
    public FaultRule Inbound { get; init; } = FaultRule.None;

    /// <summary>Creates a random plan that splits both directions into small pieces of different sizes.</summary>
    /// <param name="seed">The same seed gives the same plan.</param>
    /// <returns>The plan.</returns>
    public static FaultPlan Splits(int seed)
    {
        var random = new Random(seed);
        return new FaultPlan
        {
            Seed = seed,
            Outbound = FaultRule.Split(1, random.Next(1, 17)),
            Inbound = FaultRule.Split(1, random.Next(1, 17)),
        };
    }

    /// <summary>Creates a random plan that splits both directions, and ends one direction in one of the four ways.</summary>
    /// <param name="seed">The same seed gives the same plan.</param>
    /// <param name="maxBytes">The cut is after 0 to this many bytes.</param>
    /// <returns>The plan.</returns>
    public static FaultPlan Cuts(int seed, int maxBytes)
    {
        var random = new Random(seed ^ 0x5EED);
        var plan = Splits(seed);
        var after = random.Next(maxBytes + 1);
        var end = (FaultEnd)random.Next(4);
        return random.Next(2) == 0
            ? plan with { Outbound = plan.Outbound with { CutAfter = after, End = end } }
            : plan with { Inbound = plan.Inbound with { CutAfter = after, End = end } };
    }

    /// <summary>For example <c>FaultPlan seed 7: outbound split 1..5, inbound Reset after 100 bytes</c>.</summary>
    /// <returns>The whole plan in one line.</returns>
    public override string ToString() => $"FaultPlan seed {Seed}: outbound {Outbound}, inbound {Inbound}";
}
