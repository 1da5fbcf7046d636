using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Tests;

public class SessionStoreSpec
{
    private const long Start = 1_800_000_000_000;

    private static readonly SessionKey Key = new("", null, "c");

    private readonly CountedMemory _memory = new(1 << 30);
    private readonly MemorySessionStore _store;

    public SessionStoreSpec() => _store = new MemorySessionStore(
        new SessionLimits { MaxQueuedMessages = 3, MaxQueuedBytes = 1 << 20, MaxInflightMessages = 10, MaxInflightBytes = 1 << 20 }, _memory);

    private static Publish[] Batch(params string[] topics) => [.. topics.Select(topic => new Publish(topic) { QoS = QualityOfService.AtLeastOnce })];

    private SessionCore Away(SessionKey key, uint expiry = uint.MaxValue, Will? will = null)
    {
        var session = _store.Begin(key, null, Start);
        session.Connect(1, new Outlet(), ushort.MaxValue, will, expiry, Start);
        session.Disconnect(keepWill: true, null, Start);
        return session;
    }

    private async Task<SessionCore?> Take(SessionKey key) => await _store.TakeAsync(key, Start);

    [Fact]
    public async Task A_session_that_nobody_holds_takes_messages_and_gives_them_to_the_next_connection()
    {
        _store.Park(Away(Key));
        var delivered = _store.Deliver(Key, Batch("a", "b"), null, Start, Start);
        Assert.Equal(new StoreDelivery(true, 2, default), delivered);
        Assert.True(_store.IsSafe(null));
        var session = await Take(Key);
        var outlet = new Outlet();
        session!.Connect(2, outlet, ushort.MaxValue, null, 60, Start);
        session.Outgoing.Pump(Start);
        Assert.Equal(["a", "b"], outlet.Messages.Select(each => each.Topic));
    }

    [Fact]
    public async Task A_session_has_one_holder()
    {
        Assert.Null(await Take(Key));
        _store.Park(Away(Key));
        Assert.NotNull(await Take(Key));
        Assert.Null(await Take(Key));
        Assert.False(_store.Deliver(Key, Batch("a"), null, Start, Start).Found);
    }

    [Fact]
    public void What_a_full_session_drops_is_said()
    {
        _store.Park(Away(Key));
        var delivered = _store.Deliver(Key, Batch("a", "b", "c", "d"), null, Start, Start);
        Assert.Equal((4, 1), (delivered.Taken, delivered.Drops.QueueFull));
    }

    [Fact]
    public void Equal_client_identifiers_behind_other_mount_points_are_other_sessions()
    {
        _store.Park(Away(Key));
        Assert.False(_store.Deliver(Key with { MountPoint = "m/" }, Batch("a"), null, Start, Start).Found);
        Assert.False(_store.Deliver(Key with { User = "ann" }, Batch("a"), null, Start, Start).Found);
    }

    [Fact]
    public void Only_a_session_that_is_not_connected_and_not_over_can_be_parked_and_only_once()
    {
        var session = _store.Begin(Key, null, Start);
        session.Connect(1, new Outlet(), ushort.MaxValue, null, 60, Start);
        Assert.Throws<InvalidOperationException>(() => _store.Park(session));
        session.Disconnect(keepWill: true, null, Start);
        _store.Park(session);
        Assert.Throws<InvalidOperationException>(() => _store.Park(Away(Key)));
        var over = Away(Key with { ClientId = "d" });
        over.End();
        Assert.Throws<InvalidOperationException>(() => _store.Park(over));
    }

    [Fact]
    public void Sessions_that_are_due_are_taken_in_the_order_of_their_times()
    {
        _store.Park(Away(Key with { ClientId = "late" }, expiry: 20));
        _store.Park(Away(Key with { ClientId = "never" }));
        _store.Park(Away(Key with { ClientId = "soon" }, expiry: 10));
        _store.Park(Away(Key with { ClientId = "will" }, expiry: 60, will: new Will("w") { Properties = new WillProperties { WillDelayInterval = 5 } }));
        Assert.Empty(_store.TakeDue(Start + 4999, 10));
        Assert.Equal(["will", "soon"], Due(Start + 15_000));
        Assert.Equal(["late"], Due(Start + 20_000));
        Assert.Equal(1, _store.Count);

        IEnumerable<string> Due(long now) => _store.TakeDue(now, 10).Select(each => each.Key.ClientId);
    }

    [Fact]
    public async Task A_session_that_was_taken_back_is_not_due()
    {
        for (var at = 0; at < 100; at++)
        {
            _store.Park(Away(Key, expiry: 10));
            await Take(Key);
        }
        Assert.Empty(_store.TakeDue(long.MaxValue, 10));
    }

    [Fact]
    public void Memory_of_sessions_that_nobody_holds_is_what_they_keep_and_comes_back_when_they_end()
    {
        _store.Park(Away(Key, expiry: 10));
        _store.Deliver(Key, Batch("a", "b"), null, Start, Start);
        var session = Assert.Single(_store.TakeDue(Start + 10_000, 1));
        _memory.AssertCovers(session);
        session.End();
        _memory.AssertCovers(null);
    }

    [Fact]
    public async Task Deliveries_from_many_threads_and_takers_lose_nothing()
    {
        var store = new MemorySessionStore(
            new SessionLimits { MaxQueuedMessages = 100_000, MaxQueuedBytes = 1 << 30, MaxInflightMessages = 10, MaxInflightBytes = 1 << 20 }, null);
        store.Park(new SessionCore(Key, null, new SessionLimits
        {
            MaxQueuedMessages = 100_000, MaxQueuedBytes = 1 << 30, MaxInflightMessages = 10, MaxInflightBytes = 1 << 20,
        }, Start));
        var publishers = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            for (var at = 0; at < 1000; at++)
            {
                while (!store.Deliver(Key, Batch("a"), null, Start, Start).Found)
                    Thread.Yield();
            }
        }));
        var taker = Task.Run(async () =>
        {
            for (var at = 0; at < 300; at++)
            {
                if (await store.TakeAsync(Key, Start) is { } taken)
                    store.Park(taken);
            }
        });
        await Task.WhenAll([.. publishers, taker]);
        Assert.Equal(3000, (await store.TakeAsync(Key, Start))!.Outgoing.QueuedCount);
    }
}
