using System.Diagnostics.CodeAnalysis;

namespace Akka.Mqtt.TestKit.Tests;

/// <summary>Faults are deterministic: the plan says what happens, and timing does not change it.</summary>
public sealed class FaultySpec
{
    [Fact]
    public async Task The_same_seed_cuts_at_the_same_places_however_the_bytes_arrive()
    {
        var plan = new FaultPlan { Seed = 42, Outbound = FaultRule.Split(1, 9) };
        var whole = await CutsOf(plan, [new byte[500]]);
        Assert.Equal(whole, await CutsOf(plan, [new byte[500]]));

        // Where a write ends inside a piece there is one cut more; all others stay.
        var halves = await CutsOf(plan, [new byte[250], new byte[250]]);
        Assert.Equal(whole, halves.Where(cut => cut != 250 || whole.Contains(250)));
    }

    [Fact]
    public async Task Another_seed_cuts_elsewhere() => Assert.NotEqual(
        await CutsOf(new FaultPlan { Seed = 1, Outbound = FaultRule.Split(1, 9) }, [new byte[500]]),
        await CutsOf(new FaultPlan { Seed = 2, Outbound = FaultRule.Split(1, 9) }, [new byte[500]]));

    [Fact]
    public async Task Byte_by_byte_gives_reads_of_one_byte_both_ways()
    {
        using var link = new InMemoryLink();
        await using var faulty = FaultyTransport.Wrap(link.A, FaultPlan.ByteByByte);
        await faulty.Stream.WriteAsync(new byte[3]);
        await link.B.WriteAsync(new byte[3]);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(1, await link.B.ReadAsync(new byte[10]));
            Assert.Equal(1, await faulty.Stream.ReadAsync(new byte[10]));
        }
    }

    [Theory]
    [InlineData(FaultEnd.Close)]
    [InlineData(FaultEnd.Reset)]
    [InlineData(FaultEnd.HalfClose)]
    public async Task A_cut_lets_just_its_bytes_pass_and_then_ends_the_connection(FaultEnd end)
    {
        using var link = new InMemoryLink();
        await using var faulty = FaultyTransport.Wrap(link.A, new FaultPlan { Outbound = FaultRule.Cut(7, end) });
        await faulty.Stream.WriteAsync(new byte[20]);
        if (end == FaultEnd.Reset)
        {
            // A reset may overtake the bytes.
            await Assert.ThrowsAsync<IOException>(async () => await ReadAll(link.B));
        }
        else
        {
            Assert.Equal(7, (await ReadAll(link.B)).Count);
        }

        Assert.Equal(7, faulty.Forwarded(FaultDirection.Outbound));
    }

    [Fact]
    public async Task After_a_half_close_by_plan_the_other_direction_goes_on()
    {
        using var link = new InMemoryLink();
        await using var faulty = FaultyTransport.Wrap(link.A, new FaultPlan { Outbound = FaultRule.Cut(1, FaultEnd.HalfClose) });
        await faulty.Stream.WriteAsync(new byte[2]);
        Assert.Single(await ReadAll(link.B));
        await link.B.WriteAsync(new byte[5]);
        Assert.Equal(5, await faulty.Stream.ReadAsync(new byte[10]));
    }

    [Fact]
    public async Task A_stalled_direction_passes_nothing_until_it_is_released_and_loses_nothing()
    {
        using var link = new InMemoryLink();
        await using var faulty = FaultyTransport.Wrap(link.A, FaultPlan.None);
        faulty.Stall(FaultDirection.Outbound);
        await faulty.Stream.WriteAsync(new byte[5]);
        var reading = link.B.ReadAsync(new byte[10]).AsTask();
        await link.B.WriteAsync(new byte[3]);
        Assert.Equal(3, await faulty.Stream.ReadAsync(new byte[10]));
        Assert.False(reading.IsCompleted);
        faulty.Release(FaultDirection.Outbound);
        Assert.Equal(5, await reading);
    }

    [Fact]
    public async Task A_delay_holds_bytes_by_the_clock_that_was_given()
    {
        var time = new ManualTime();
        using var link = new InMemoryLink();
        var plan = new FaultPlan { Outbound = new FaultRule { Delay = TimeSpan.FromHours(1) } };
        await using var faulty = FaultyTransport.Wrap(link.A, plan, time);
        await faulty.Stream.WriteAsync(new byte[5]);
        var reading = link.B.ReadAsync(new byte[10]).AsTask();
        var timer = await time.Created.Task;
        Assert.False(reading.IsCompleted);
        Assert.Equal(TimeSpan.FromHours(1), timer.Due);
        timer.Fire();
        Assert.Equal(5, await reading);
    }

    [Fact]
    public async Task A_cut_from_outside_resets_at_once()
    {
        using var link = new InMemoryLink();
        await using var faulty = FaultyTransport.Wrap(link.A, FaultPlan.None);
        faulty.Cut(FaultEnd.Reset);
        await Assert.ThrowsAsync<IOException>(() => link.B.ReadAsync(new byte[1]).AsTask());
        await Assert.ThrowsAsync<IOException>(() => faulty.Stream.ReadAsync(new byte[1]).AsTask());
        await faulty.Completion;
    }

    [Fact]
    public void A_plan_prints_all_that_is_needed_to_repeat_it()
    {
        var plan = new FaultPlan
        {
            Seed = 7,
            Outbound = FaultRule.Split(1, 5) with { Delay = TimeSpan.FromMilliseconds(10), Jitter = TimeSpan.FromMilliseconds(5) },
            Inbound = FaultRule.Cut(100, FaultEnd.Reset),
        };
        Assert.Equal("FaultPlan seed 7: outbound split 1..5, delay 10..15 ms, inbound Reset after 100 bytes", plan.ToString());
    }

    [Fact]
    public void Drawn_plans_depend_on_the_seed_only()
    {
        Assert.Equal(FaultPlan.Cuts(5, 1000), FaultPlan.Cuts(5, 1000));
        Assert.NotEqual(FaultPlan.Cuts(5, 1000), FaultPlan.Cuts(6, 1000));
    }

    [Fact]
    public async Task Disposing_leaves_nothing_running()
    {
        using var link = new InMemoryLink();
        var faulty = FaultyTransport.Wrap(link.A, FaultPlan.None);
        faulty.Stall(FaultDirection.Inbound);
        await link.B.WriteAsync(new byte[5]);
        await faulty.DisposeAsync();
        Assert.True(faulty.Completion.IsCompletedSuccessfully);
        Assert.Equal(0, await link.B.ReadAsync(new byte[1]));
    }

    private static async Task<List<int>> CutsOf(FaultPlan plan, byte[][] writes)
    {
        using var link = new InMemoryLink();
        await using var faulty = FaultyTransport.Wrap(link.A, plan);
        foreach (var write in writes)
            await faulty.Stream.WriteAsync(write);
        var cuts = new List<int>();
        var total = writes.Sum(write => write.Length);
        for (var read = 0; read < total; cuts.Add(read))
            read += await link.B.ReadAsync(new byte[total]);
        return cuts;
    }

    private static async Task<List<byte>> ReadAll(Stream stream)
    {
        var all = new List<byte>();
        var buffer = new byte[100];
        while (await stream.ReadAsync(buffer) is var read and > 0)
            all.AddRange(buffer[..read]);
        return all;
    }

    /// <summary>A clock whose timers fire when the test says so.</summary>
    [SuppressMessage("Design", "CA1001", Justification = "The timer holds nothing.")]
    private sealed class ManualTime : TimeProvider
    {
        public TaskCompletionSource<ManualTimer> Created { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new ManualTimer(() => callback(state), dueTime);
            Created.TrySetResult(timer);
            return timer;
        }
    }

    private sealed class ManualTimer(Action fire, TimeSpan due) : ITimer
    {
        public TimeSpan Due { get; } = due;

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
