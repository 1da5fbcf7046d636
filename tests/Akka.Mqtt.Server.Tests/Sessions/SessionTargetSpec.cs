using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Sessions;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Tests;

/// <summary>Publishers and the holder of a session that is parked and taken back at the same time: nothing is lost, doubled or reordered.</summary>
public class SessionTargetSpec
{
    private static readonly SessionKey Key = new("", null, "c");

    private readonly HookedStore _store;
    private readonly ServerContext _context;
    private readonly Mailbox _actor = new();
    private readonly SessionTarget _target;
    private SessionCore? _core;

    public SessionTargetSpec()
    {
        var context = ServerContext.Create(MqttServerSettings.Create(ConfigurationFactory.ParseString("akka.mqtt.server.max-queued-messages = 1000000")));
        _store = new HookedStore(context.Store);
        _context = context with { Stores = context.Stores with { Sessions = _store } };
        _core = _store.Begin(Key, null, 0);
        _core.Connect(1, new Outlet(), ushort.MaxValue, null, uint.MaxValue, 0);
        _core.Disconnect(false, null, 0);
        _target = new SessionTarget(_context, Key, _actor);
    }

    private IEnumerable<string> Waiting => _core!.Snapshot().Queue.Values.Select(each => each.Packet.Topic);

    [Fact]
    public void While_there_is_an_actor_messages_go_to_its_mailbox()
    {
        Publish("a");
        Assert.False(_target.HasNoActor);
        Assert.Equal(["a"], _actor.Topics);
    }

    [Fact]
    public void A_parked_session_takes_messages_in_the_store_and_its_entry_says_how_many()
    {
        Assert.True(TryPark());
        Publish("a", "b");
        Publish("c");
        Assert.Empty(_actor.Topics);
        Assert.Equal(3, _target.Entry!.Waiting);
        Take();
        Assert.Equal(["a", "b", "c"], Waiting);
    }

    [Fact]
    public void What_is_on_its_way_to_the_actor_keeps_the_session_from_being_parked()
    {
        Publish("a");
        Assert.False(TryPark());
        Handle();
        Assert.True(TryPark());
        Publish("b");
        Take();
        Assert.Equal(["a", "b"], Waiting);
    }

    [Fact]
    public void A_message_that_comes_when_the_session_is_in_the_store_and_not_yet_away_goes_to_the_actor()
    {
        _store.Parked = () => Publish("a");
        Assert.False(TryPark());
        Handle();
        Assert.True(TryPark());
        Publish("b");
        Take();
        Assert.Equal(["a", "b"], Waiting);
    }

    [Fact]
    public void A_publisher_that_saw_no_actor_and_finds_the_session_taken_goes_to_the_actor()
    {
        Assert.True(TryPark());
        _store.BeforeDelivery = Take; // between the two looks of the publisher
        Publish("a");
        Assert.Equal(["a"], _actor.Topics);
        Publish("b");
        Handle();
        Assert.Equal(["a", "b"], Waiting);
    }

    [Fact]
    public void A_publisher_that_was_in_the_store_before_it_was_taken_is_before_all_that_goes_to_the_actor()
    {
        Assert.True(TryPark());
        Publish("a");
        _target.Hold(_actor);
        Publish("b"); // held, and the actor has not read the store yet
        _core = _store.Take(Key);
        Handle();
        Assert.Equal(["a", "b"], Waiting);
    }

    [Fact]
    public void A_publisher_that_finds_the_session_neither_here_nor_there_tries_again()
    {
        Assert.True(TryPark());
        _core = _store.Take(Key); // no holder does it in this order
        var tries = 0;
        _store.BeforeDelivery = () =>
        {
            if (++tries == 3)
                _target.Hold(_actor);
        };
        Publish("a");
        Assert.Equal((3, 1), (tries, _actor.Topics.Count));
    }

    [Fact]
    public void A_session_that_has_ended_takes_nothing_and_what_comes_is_counted()
    {
        Publish("a");
        _target.Close();
        Assert.True(_target.IsBusy); // the first is on its way
        Publish("b");
        Assert.Equal(["a"], _actor.Topics);
        Assert.Equal(1, _context.Drops.Of(DropReason.SessionEnded));
        _target.ReturnCredit(1);
        Assert.False(_target.IsBusy);
    }

    [Fact]
    public void A_publisher_does_not_wait_for_a_session_without_an_actor()
    {
        Assert.True(TryPark());
        var told = new Mailbox();
        var receipt = new Receipt(told);
        Assert.True(_target.DeliverBehind(Delivery("a"), receipt));
        Assert.False(receipt.Seal());
        Assert.Equal(1, _target.Entry!.Waiting);
    }

    [Fact]
    public async Task Publishers_and_a_holder_that_comes_and_goes_lose_double_and_reorder_nothing()
    {
        const int Publishers = 4;
        const int Each = 5000;
        var left = Publishers;
        var publishers = Enumerable.Range(0, Publishers).Select(publisher => Task.Run(() =>
        {
            for (var at = 0; at < Each; at++)
            {
                Publish($"{publisher}/{at}");
                if (at % 64 == 0)
                    Thread.Yield();
            }
            Interlocked.Decrement(ref left);
        })).ToArray();
        var parked = 0;
        while (Volatile.Read(ref left) > 0)
        {
            Handle();
            if (!TryPark())
                continue;
            parked++;
            Thread.Yield();
            Take();
        }
        await Task.WhenAll(publishers);
        Handle();
        Assert.True(parked > 0);
        var seen = Waiting.Select(topic => topic.Split('/')).ToLookup(parts => parts[0], parts => int.Parse(parts[1], null));
        Assert.Equal(Publishers, seen.Count);
        Assert.All(seen, each => Assert.Equal(Enumerable.Range(0, Each), each));
    }

    private static Publish[] Batch(params string[] topics) => [.. topics.Select(topic => new Publish(topic) { QoS = QualityOfService.AtLeastOnce })];

    private Deliver Delivery(params string[] topics) => new(_target, new MessageBatch(Batch(topics), isShared: false), 0);

    private void Publish(params string[] topics)
    {
        if (!_target.TryDeliver(Delivery(topics)))
            _target.DeliverBehind(Delivery(topics), null);
    }

    // The steps of the session's actor, see SessionLife.
    private bool TryPark()
    {
        if (_target.IsBusy)
            return false;
        _store.Park(_core!, _target);
        _core = null;
        if (_target.TryPark())
            return true;
        _core = _store.Take(Key);
        return false;
    }

    private void Take()
    {
        _target.Hold(_actor);
        _core = _store.Take(Key);
        Assert.NotNull(_core);
    }

    private void Handle()
    {
        while (_actor.Told.TryDequeue(out var delivery))
        {
            _target.ReturnCredit(delivery.Packets.Length);
            _core!.Outgoing.Deliver(delivery.Packets, delivery.Shares, delivery.ReceivedAt, 0);
        }
    }

    private sealed class Mailbox : MinimalActorRef
    {
        public ConcurrentQueue<Deliver> Told { get; } = new();

        public List<string> Topics => [.. Told.SelectMany(each => each.Packets).Select(each => each.Topic)];

        public override ActorPath Path { get; } = new RootActorPath(new Address("akka", "test")) / "session";

        public override IActorRefProvider Provider => throw new NotSupportedException();

        protected override void TellInternal(object message, IActorRef sender)
        {
            if (message is Deliver delivery)
                Told.Enqueue(delivery);
        }
    }

    private sealed class HookedStore(ISessionStore inner) : ISessionStore
    {
        public Action? Parked { get; set; }

        public Action? BeforeDelivery { get; set; }

        public long NextDue => inner.NextDue;

        public SessionCore Begin(SessionKey key, string? owner, long now) => inner.Begin(key, owner, now);

        public SessionCore? Take(SessionKey key) => inner.Take(key);

        public void Park(SessionCore session, IParkedSessionWatcher watcher)
        {
            inner.Park(session, watcher);
            var parked = Parked;
            Parked = null;
            parked?.Invoke();
        }

        public bool TryDeliver(SessionKey key, Publish[] batch, SharedKey?[]? shares, long receivedAt, long now)
        {
            BeforeDelivery?.Invoke();
            return inner.TryDeliver(key, batch, shares, receivedAt, now);
        }

        public IReadOnlyList<SessionKey> FindDue(long now, int most) => inner.FindDue(now, most);
    }
}
