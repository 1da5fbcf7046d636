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
    private readonly Watcher _watcher = new();

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

    private void Park(SessionCore session) => _store.Park(session, _watcher);

    private bool Deliver(SessionKey key, params string[] topics) => _store.TryDeliver(key, Batch(topics), null, Start, Start);

    [Fact]
    public void A_session_that_nobody_holds_takes_messages_and_gives_them_to_the_next_connection()
    {
        Park(Away(Key));
        Assert.True(Deliver(Key, "a", "b"));
        var session = _store.Take(Key);
        var outlet = new Outlet();
        session!.Connect(2, outlet, ushort.MaxValue, null, 60, Start);
        session.Outgoing.Pump(Start);
        Assert.Equal(["a", "b"], outlet.Messages.Select(each => each.Topic));
    }

    [Fact]
    public void A_session_has_one_holder()
    {
        Assert.Null(_store.Take(Key));
        Park(Away(Key));
        Assert.NotNull(_store.Take(Key));
        Assert.Null(_store.Take(Key));
        Assert.False(Deliver(Key, "a"));
    }

    [Fact]
    public void Its_watcher_is_told_what_waits_and_what_a_full_session_drops()
    {
        Park(Away(Key));
        Deliver(Key, "a", "b", "c", "d");
        Assert.Equal((3, 1), (_watcher.Queued, _watcher.Dropped));
        Assert.True(_watcher.Bytes > 0);
    }

    [Fact]
    public void Equal_client_identifiers_behind_other_mount_points_are_other_sessions()
    {
        Park(Away(Key));
        Assert.False(Deliver(Key with { MountPoint = "m/" }, "a"));
        Assert.False(Deliver(Key with { User = "ann" }, "a"));
    }

    [Fact]
    public void Only_a_session_that_is_not_connected_and_not_over_can_be_parked_and_only_once()
    {
        var session = _store.Begin(Key, null, Start);
        session.Connect(1, new Outlet(), ushort.MaxValue, null, 60, Start);
        Assert.Throws<InvalidOperationException>(() => Park(session));
        session.Disconnect(keepWill: true, null, Start);
        Park(session);
        Assert.Throws<InvalidOperationException>(() => Park(Away(Key)));
        var over = Away(Key with { ClientId = "d" });
        over.End();
        Assert.Throws<InvalidOperationException>(() => Park(over));
    }

    [Fact]
    public void Sessions_that_are_due_are_found_once_in_the_order_of_their_times_and_stay_parked()
    {
        Park(Away(Key with { ClientId = "late" }, expiry: 20));
        Park(Away(Key with { ClientId = "never" }));
        Park(Away(Key with { ClientId = "soon" }, expiry: 10));
        Park(Away(Key with { ClientId = "will" }, expiry: 60, will: new Will("w") { Properties = new WillProperties { WillDelayInterval = 5 } }));
        Assert.Equal(Start + 5000, _store.NextDue);
        Assert.Empty(Due(Start + 4999));
        Assert.Equal(["will"], Due(Start + 15_000, most: 1));
        Assert.Equal(["soon"], Due(Start + 15_000));
        Assert.Empty(Due(Start + 15_000));
        Assert.Equal(["late"], Due(Start + 20_000));
        Assert.Equal(long.MaxValue, _store.NextDue);
        Assert.Equal(4, _store.Count);

        IEnumerable<string> Due(long now, int most = 10) => _store.FindDue(now, most).Select(each => each.ClientId);
    }

    [Fact]
    public void A_session_that_was_taken_back_is_not_due()
    {
        for (var at = 0; at < 100; at++)
        {
            Park(Away(Key, expiry: 10));
            _store.Take(Key);
        }
        Assert.Empty(_store.FindDue(long.MaxValue, 10));
        Assert.Equal(long.MaxValue, _store.NextDue);
    }

    [Fact]
    public void Memory_of_sessions_that_nobody_holds_is_what_they_keep_and_comes_back_when_they_end()
    {
        Park(Away(Key, expiry: 10));
        Deliver(Key, "a", "b");
        var session = _store.Take(Key)!;
        _memory.AssertCovers(session);
        session.End();
        _memory.AssertCovers(null);
    }

    private sealed class Watcher : IParkedSessionWatcher
    {
        public int Queued { get; private set; }

        public long Bytes { get; private set; }

        public int Dropped { get; private set; }

        public void Delivered(int queued, long queuedBytes, SessionDrops drops)
        {
            (Queued, Bytes) = (queued, queuedBytes);
            Dropped += drops.Total;
        }
    }
}
