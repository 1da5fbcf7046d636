using System.Text;
using Akka.Mqtt.Server.Clients;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Tests;

/// <summary>The table of parked durable sessions does what a dictionary does, also where keys have the same hash.</summary>
public class ParkedSessionsSpec
{
    private static SessionKey Key(int number) => new(number % 3 == 0 ? "mount/" : "", number % 5 == 0 ? "user" : null, $"client-{number / 2}");

    [Fact]
    public void What_is_loaded_at_start_is_found_like_what_was_added()
    {
        var table = new ParkedSessions();
        var loading = table.Load();
        for (var number = 1; number <= 30_000; number++)
        {
            var key = Key(number);
            loading.Add(
                new StoredKey(Encoding.UTF8.GetBytes(key.ClientId))
                {
                    MountPoint = Encoding.UTF8.GetBytes(key.MountPoint),
                    HasUser = key.User is not null,
                    User = Encoding.UTF8.GetBytes(key.User ?? ""),
                },
                number);
        }
        loading.Finish();
        Assert.Equal(30_000, table.Count);
        Assert.True(table.HasMountedOrOwned);
        for (var number = 1; number <= 30_000; number++)
            Assert.True(table.Contains(Key(number), number));
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(0xFF00000000000007UL)]
    public void It_finds_all_that_were_added_and_not_removed(ulong bits)
    {
        var table = bits == ulong.MaxValue ? new ParkedSessions() : new ParkedSessions(key => (ulong)key.GetHashCode() & bits);
        var model = new Dictionary<SessionKey, long>();
        var random = new Random(1);
        var (steps, keys) = bits == ulong.MaxValue ? (20_000, 2_000) : (5_000, 500); // with hashes that collide each step searches long
        for (var step = 1; step <= steps; step++)
        {
            var key = Key(random.Next(step < steps / 2 ? keys : keys / 10));
            if (model.Remove(key, out var session))
            {
                table.Remove(key, session);
            }
            else
            {
                model.Add(key, step);
                table.Add(key, step);
            }
            Assert.Equal(model.Count, table.Count);
        }
        for (var number = 0; number < keys; number++)
        {
            var key = Key(number);
            var isThere = model.TryGetValue(key, out var session);
            Assert.Equal(isThere, isThere && table.Contains(key, session));
            if (bits == ulong.MaxValue)
                Assert.Equal(session, table.Find(key));
            else
                Assert.True(!isThere || table.Find(key) != 0);
        }
        foreach (var (key, session) in model)
            table.Remove(key, session);
        Assert.Equal((0, 0L), (table.Count, table.Find(Key(1))));
    }

    [Fact]
    public void Of_two_keys_with_the_same_hash_each_is_found_by_excluding_the_other()
    {
        var table = new ParkedSessions(_ => 7);
        table.Add(Key(1), 1);
        table.Add(Key(2), 2);
        var first = table.Find(Key(1));
        Assert.Equal(3, first + table.Find(Key(1), [first]));
        table.Remove(Key(2), 2);
        Assert.Equal((1, 0L), (table.Find(Key(2)), table.Find(Key(2), [1])));
    }
}
