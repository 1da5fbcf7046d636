using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Directories;

namespace Akka.Mqtt.Server.Tests;

public class SessionDirectorySpec
{
    private static readonly SessionKey Key = new("", null, "c");

    private readonly WallClock _clock = new();

    [Fact]
    public async Task The_later_claim_gets_the_session_with_a_higher_epoch_and_hears_who_had_it()
    {
        var directory = new MemorySessionDirectory<string>(_clock);
        var first = await directory.ClaimAsync(Key, "one");
        var second = await directory.ClaimAsync(Key, "two");
        Assert.Null(first.Before);
        Assert.Equal("one", second.Before);
        Assert.True(second.Epoch > first.Epoch);
        Assert.Equal("two", directory.Find(Key));
    }

    [Fact]
    public async Task Only_the_last_claim_can_be_released()
    {
        var directory = new MemorySessionDirectory<string>(_clock);
        var first = await directory.ClaimAsync(Key, "one");
        var second = await directory.ClaimAsync(Key, "two");
        Assert.False(await directory.ReleaseAsync(Key, first.Epoch));
        Assert.Equal("two", directory.Find(Key));
        Assert.True(await directory.ReleaseAsync(Key, second.Epoch));
        Assert.Null(directory.Find(Key));
    }

    [Fact]
    public async Task An_epoch_never_goes_back_not_even_when_the_process_starts_again()
    {
        var before = new MemorySessionDirectory<string>(_clock);
        var last = 0L;
        for (var at = 0; at < 100; at++)
            last = (await before.ClaimAsync(Key, "one")).Epoch;
        _clock.Now += 1;
        var after = new MemorySessionDirectory<string>(_clock);
        var next = (await after.ClaimAsync(Key, "two")).Epoch;
        Assert.True(next > last);
        after.Raise(next + 1000); // what a store remembers
        Assert.True((await after.ClaimAsync(Key, "two")).Epoch > next + 1000);
    }

    private sealed class WallClock : TimeProvider
    {
        public long Now { get; set; } = 1_800_000_000_000;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Now);
    }
}
