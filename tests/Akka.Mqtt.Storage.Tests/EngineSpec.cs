using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>What every engine does. One class a kind of engine runs it.</summary>
public abstract class EngineSpec : IAsyncLifetime
{
    private const QualityOfService One = QualityOfService.AtLeastOnce;
    private readonly EngineHost _host;
    private IStorageEngine _engine = null!;

    private protected EngineSpec(EngineHost host) => _host = host;

    public async Task InitializeAsync() => _engine = await _host.Open();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    private static SessionKey Key(string client) => new("", null, client);

    private static Publish[] Batch(params string[] topics) => [.. topics.Select(topic => new Publish(topic, $"payload of {topic}") { QoS = One })];

    private async Task<long> Session(string client, uint expiry = uint.MaxValue, params StoreOp[] more)
    {
        var session = _engine.NextSession();
        await _engine.Write([
            new StoreOp.SessionStarted(session, Key(client), "owner", _host.Now), new StoreOp.Connected(session, 7, expiry, _host.Now), .. more]);
        return session;
    }

    private StoreOp.Queued Queued(Publish[] batch, params long[] sessions) =>
        new(_engine.NextMessages(batch.Length), batch, _host.Now, sessions, null);

    private async Task<StoredState?> AfterRestart(long session)
    {
        _engine = await _host.Open();
        return await _engine.Read(session);
    }

    [EngineFact]
    public async Task Identities_rise_also_after_a_restart()
    {
        var session = _engine.NextSession();
        var first = _engine.NextMessages(10);
        var second = _engine.NextMessages(1);
        Assert.True(session > 0 && first > 0);
        Assert.Equal(first + 10, second);
        await Session("a");
        _engine = await _host.Open();
        Assert.True(_engine.NextSession() > session + 1);
        Assert.True(_engine.NextMessages(1) > second);
    }

    [EngineFact]
    public async Task What_waited_in_all_sessions_at_the_start_is_counted_and_each_session_says_its_part_once_when_it_is_named()
    {
        var (a, b) = (await Session("a"), await Session("b"));
        var batch = Batch("x", "y");
        var queued = Queued(batch, a, b);
        await _engine.Write(queued, Queued(batch, b), new StoreOp.Sent(b, [new SentMessage(queued.FirstMessage, 1)]), new StoreOp.Parked(a, 2, 0), new StoreOp.Parked(b, 3, 0));
        var size = QueuedMessage.KeptSizeOf(batch[0]);
        _host.CountsAtStart = true;
        _engine = await _host.Open();
        await _engine.Write(Queued(batch, a), Queued(batch, await Session("c"))); // does not count
        Assert.Equal((5L, 5L * size), await _engine.CountAtStartAsync());
        Assert.Equal([new QueueCount(2, 2 * size)], _host.Found);
        await _engine.Write(Queued(batch, a, b));
        Assert.Equal([new QueueCount(2, 2 * size), new QueueCount(3, 3 * size)], _host.Found);
    }

    [EngineFact]
    public async Task How_much_waits_in_a_parked_session_is_said_with_each_commit_and_is_known_after_a_restart()
    {
        var (session, held) = (await Session("a"), await Session("b"));
        await _engine.Write(new StoreOp.Parked(session, 0, 0));
        var size = QueuedMessage.KeptSizeOf(Batch("a")[0]);
        await _engine.Write(Queued(Batch("a", "b"), session, held));
        Assert.Equal(new QueueCount(2, 2 * size), _host.Waiting[session]);
        Assert.False(_host.Waiting.ContainsKey(held));
        _engine = await _host.Open();
        _host.Waiting.Clear();
        var counts = await _engine.CountAsync([session, held, 1_000_000_000]);
        Assert.Equal([(session, new QueueCount(2, 2 * size)), (held, new QueueCount(2, 2 * size))], counts.OrderBy(each => each.Key).Select(each => (each.Key, each.Value)));
        Assert.Equal(new QueueCount(2, 2 * size), _host.Waiting[session]);
        await _engine.Write(Queued(Batch("c"), session));
        Assert.Equal(new QueueCount(3, 3 * size), _host.Waiting[session]);
        await _engine.Write(new StoreOp.Ended(session));
        Assert.Equal(default, _host.Waiting[session]);
    }

    [EngineFact]
    public async Task A_session_is_as_it_was_after_a_restart()
    {
        var will = new Will("will", "gone")
        {
            QoS = One,
            Retain = true,
            Properties = new WillProperties { WillDelayInterval = 5, ContentType = "text", UserProperties = [new("a", "b")] },
        };
        SessionSubscription[] subscriptions =
        [
            new(new Subscription("a/+", One) { NoLocal = true, RetainAsPublished = true, RetainHandling = RetainHandling.DoNotSend }, 17),
            new(new Subscription("$share/g/b/#", One), 0, SharedFilter.TryParse("$share/g/b/#", out var shared) ? shared : null),
            new(new Subscription("$share/not shared in 3.x", One), 0),
        ];
        var session = _engine.NextSession();
        await _engine.Write(
            new StoreOp.SessionStarted(session, new SessionKey("mount/", "user", "client"), "owner", _host.Now),
            new StoreOp.Connected(session, 42, 3600, _host.Now),
            new StoreOp.WillSet(session, will),
            new StoreOp.Subscribed(session, subscriptions),
            new StoreOp.Received(session, [1, 2, 3]),
            new StoreOp.Released(session, [2]),
            new StoreOp.Disconnected(session, 60, _host.Now + 5));
        var state = (await AfterRestart(session))!.State;
        Assert.Equal(new SessionKey("mount/", "user", "client"), state.Key);
        Assert.Equal(("owner", 42L, 60U, _host.Now + 5, false, false), (state.Owner, state.Epoch, state.Expiry, state.ChangedAt, state.IsConnected, state.IsOver));
        Assert.Equal(will, state.Will);
        Assert.Equal(subscriptions.ToDictionary(each => each.Options.Filter), state.Subscriptions);
        Assert.Equal(new ushort[] { 1, 3 }, state.Received.Order());
    }

    [EngineFact]
    public async Task Routes_are_loaded_at_start()
    {
        var subscription = new SessionSubscription(new Subscription("a", One), 3);
        var first = await Session("a");
        var second = await Session("b");
        await _engine.Write(new StoreOp.Subscribed(second, [subscription]), new StoreOp.Subscribed(first, [subscription]), new StoreOp.Unsubscribed(first, ["a"]));
        _engine = await _host.Open();
        var loaded = (await _engine.LoadSessionsAsync().All()).OrderBy(each => each.Session).ToList();
        Assert.Equal([first, second], loaded.Select(each => each.Session));
        Assert.Empty(loaded[0].Subscriptions);
        Assert.Equal(subscription, Assert.Single(loaded[1].Subscriptions));
        Assert.Equal((Key("b"), "owner", 7L), (loaded[1].Key, loaded[1].Owner, loaded[1].Epoch));
    }

    [EngineFact]
    public async Task Routes_are_loaded_with_all_that_tells_sessions_and_subscriptions_apart()
    {
        SessionSubscription Of(string filter, QualityOfService qos, uint identifier, bool set) =>
            new(new Subscription(filter, qos) { NoLocal = set, RetainAsPublished = set }, identifier, SharedFilter.TryParse(filter, out var shared) ? shared : null);
        SessionKey[] keys = [new("", null, "a"), new("mount/", null, "b"), new("", "", "c"), new("", "user", "d"), new("m", "u", "\u00e9")];
        List<string> expected = [];
        foreach (var key in keys)
        {
            var session = _engine.NextSession();
            await _engine.Write(
                new StoreOp.SessionStarted(session, key, null, _host.Now),
                new StoreOp.Connected(session, session + 5, 60, _host.Now),
                new StoreOp.Subscribed(session, [Of("a/+", One, 0, true), Of("$share/g/b", QualityOfService.ExactlyOnce, 268_435_455, false), Of("\u00e9", 0, 1, false)]));
            expected.Add($"{session} {key} {session + 5}");
            expected.Add($"{session} $share/g/b {StoredOptions.Shared | (StoredOptions)2} 268435455");
            expected.Add($"{session} a/+ {(StoredOptions)1 | StoredOptions.NoLocal | StoredOptions.RetainAsPublished} 0");
            expected.Add($"{session} \u00e9 {StoredOptions.None} 1");
        }
        _engine = await _host.Open();
        var load = new RouteList();
        await _engine.LoadRoutesAsync(load);
        Assert.Equal(expected.Order(StringComparer.Ordinal), load.Rows.Order(StringComparer.Ordinal));
    }

    [EngineFact]
    public async Task Messages_keep_their_order_their_flight_and_all_their_fields()
    {
        Publish[] batch =
        [
            new("a", "1") { QoS = One },
            new("b", default) { QoS = QualityOfService.ExactlyOnce, Retain = true },
            new("c", "3")
            {
                QoS = One,
                Properties = new PublishProperties
                {
                    MessageExpiryInterval = 60,
                    ContentType = "text",
                    CorrelationData = (MqttBinary)"x"u8.ToArray(),
                    ResponseTopic = "r",
                    PayloadFormatIndicator = true,
                    SubscriptionIdentifiers = [1, 268_435_455],
                    UserProperties = [new("k", "v"), new("k", "")],
                },
            },
            new("d", "4") { QoS = QualityOfService.AtMostOnce },
        ];
        var session = await Session("a");
        var queued = Queued(batch, session) with { Shares = [null, new SharedKey("g", "b/#"), null, null] };
        var m = queued.FirstMessage;
        await _engine.Write(queued);
        await _engine.Write(new StoreOp.Sent(session, [new SentMessage(m + 1, 9), new SentMessage(m, 8)]));
        var stored = (await AfterRestart(session))!;
        Assert.Equal([m + 1, m], stored.InFlight);
        Assert.Equal([(ushort)9, (ushort)8], stored.State.InFlight.Select(each => each.Id));
        Assert.Equal([batch[1], batch[0]], stored.State.InFlight.Select(each => each.Message!.Value.Packet));
        Assert.Equal(new SharedKey("g", "b/#"), stored.State.InFlight[0].Message!.Value.Share);
        var (number, waiting) = Assert.Single(stored.State.Queue);
        Assert.Equal((m + 2, batch[2], _host.Now), (number, waiting.Packet, waiting.ReceivedAt));
        await _engine.Write(new StoreOp.Confirmed(session, [m + 1]), new StoreOp.Removed(session, [m, m + 77]));
        stored = (await AfterRestart(session))!;
        Assert.Equal((9, null), Assert.Single(stored.State.InFlight));
        Assert.Single(stored.State.Queue);
    }

    [EngineFact]
    public async Task Positions_that_are_not_meant_are_not_queued()
    {
        Publish[] batch = [new("a") { QoS = One }, new("b") { QoS = QualityOfService.AtMostOnce }, new("c") { QoS = One }];
        var session = await Session("a");
        await _engine.Write(Queued(batch, session) with { Positions = [1, 2] });
        Assert.Equal(["b", "c"], (await AfterRestart(session))!.State.Queue.Values.Select(each => each.Packet.Topic));
    }

    [EngineFact]
    public async Task Taking_sees_all_that_was_appended_before_and_nothing_after()
    {
        var session = await Session("a");
        var readers = new List<AwaitedReader>();
        var tickets = new List<long>();
        for (var at = 0; at < 200; at++)
        {
            tickets.Add(_engine.Append(new StoreUnit([Queued(Batch($"{at}"), session)], null)));
            readers.Add(new AwaitedReader());
            tickets.Add(_engine.Take(session, readers[^1]));
        }
        for (var at = 0; at < readers.Count; at++)
        {
            var queue = (await readers[at].Task)!.State.Queue;
            Assert.Equal(at + 1, queue.Count);
            Assert.Equal($"{at}", queue.Values.Last().Packet.Topic);
        }
        Assert.Equal(tickets.Order(), tickets);
        Assert.Equal(tickets.Count, tickets.Distinct().Count());
    }

    [EngineFact]
    public async Task A_session_that_is_not_there_is_null_and_nothing_is_queued_for_it()
    {
        Assert.Null(await _engine.Read(12_345));
        var session = await Session("a");
        await _engine.Write(new StoreOp.Ended(session));
        Assert.Null(await _engine.Read(session));
        await _engine.Write(Queued(Batch("a"), session, 12_345));
        Assert.Null(await AfterRestart(session));
        Assert.Null(await _engine.Read(12_345));
        Assert.Empty(await _engine.LoadSessionsAsync().All());
    }

    [EngineFact]
    public async Task A_session_that_ends_leaves_the_messages_of_others()
    {
        var (first, second) = (await Session("a"), await Session("b"));
        await _engine.Write(Queued(Batch("x", "y"), first, second));
        await _engine.Write(new StoreOp.Ended(first));
        Assert.Null(await AfterRestart(first));
        Assert.Equal(["x", "y"], (await _engine.Read(second))!.State.Queue.Values.Select(each => each.Packet.Topic));
    }

    [EngineFact]
    public async Task Retained_messages_are_the_last_of_their_topics()
    {
        RetainedRecord Record(string topic, string payload) => new(
            new Publish(topic, payload) { Retain = true, QoS = One, Properties = new PublishProperties { MessageExpiryInterval = 9, ContentType = "t" } },
            _host.Now, "publisher", "user", "listener");
        await _engine.Write(new StoreOp.RetainedSet(Record("a", "1")), new StoreOp.RetainedSet(Record("b", "1")), new StoreOp.RetainedSet(Record("c", "1")));
        await _engine.Write(new StoreOp.RetainedSet(Record("a", "2")), new StoreOp.RetainedRemoved("b"), new StoreOp.RetainedRemoved("none"));
        _engine = await _host.Open();
        var loaded = await _engine.LoadRetainedAsync().All();
        Assert.Equal([Record("a", "2"), Record("c", "1")], loaded.OrderBy(each => each.Packet.Topic, StringComparer.Ordinal));
    }

    [EngineFact]
    public async Task A_session_that_was_connected_at_a_crash_counts_as_disconnected_when_the_process_was_alive_last()
    {
        var session = await Session("a", expiry: 100);
        _host.Time.Advance(TimeSpan.FromSeconds(15));
        await _engine.Write(new StoreOp.Received(session, [1])); // any commit after more than a second says that it is alive
        var aliveAt = _host.Now;
        var state = (await AfterRestart(session))!.State;
        Assert.Equal((false, aliveAt, 100U), (state.IsConnected, state.ChangedAt, state.Expiry));
    }

    [EngineFact]
    public async Task Due_sessions_are_found_by_will_and_expiry_first_the_earliest()
    {
        var now = _host.Now;
        async Task<long> Parked(string client, uint expiry, uint? delay)
        {
            var session = await Session(client, expiry);
            var will = delay is null ? null : new Will("w") { Properties = new WillProperties { WillDelayInterval = delay } };
            await _engine.Write([
                .. will is null ? (StoreOp[])[] : [new StoreOp.WillSet(session, will)],
                new StoreOp.Disconnected(session, expiry, now), new StoreOp.Parked(session, 0, 0)]);
            return session;
        }
        var expires = await Parked("expires", 20, null);
        var wills = await Parked("wills", uint.MaxValue, 10);
        await Parked("never", uint.MaxValue, null);
        var both = await Parked("both", 5, 10);
        var held = await Session("held", 1);
        await _engine.Write(new StoreOp.Disconnected(held, 1, now));
        var connected = await Session("connected", 7);
        Assert.Empty(await DueAsync(now + 4_999, 10));
        Assert.Equal([both], await DueAsync(now + 5_000, 10));
        Assert.Equal([both, wills, expires], await DueAsync(now + 20_000, 10));
        Assert.Equal([both, wills], await DueAsync(now + 20_000, 2));
        await _engine.Read(both);
        Assert.Equal([wills, expires], await DueAsync(now + 20_000, 10));
        await _engine.Write(new StoreOp.Ended(both));
        await _engine.Read(wills);
        await _engine.Write(new StoreOp.WillCleared(wills), new StoreOp.Parked(wills, 0, 0));
        Assert.Equal([expires], await DueAsync(now + 20_000, 10));
        _engine = await _host.Open();
        Assert.Equal([held, connected, expires], await DueAsync(now + 20_000, 10));
        Assert.Equal([held], await DueAsync(now + 20_000, 1));
    }

    private async Task<IReadOnlyList<long>> DueAsync(long now, int most)
    {
        var due = await _engine.FindDueAsync(now, most);
        var names = (await _engine.LoadSessionsAsync().All()).ToDictionary(each => each.Session, each => each.Key);
        Assert.All(due, each => Assert.Equal(names[each.Session], each.Key));
        return [.. due.Select(each => each.Session)];
    }

    [EngineFact]
    public async Task Receipts_complete_in_order_and_once()
    {
        var session = await Session("a");
        var receipts = Enumerable.Range(0, 500).Select(_ => new AwaitedReceipt()).ToList();
        foreach (var receipt in receipts)
            _engine.Append(new StoreUnit([Queued(Batch("a"), session)], receipt));
        await receipts[^1].Task;
        Assert.All(receipts, receipt => Assert.Equal(1, receipt.Completions));
        Assert.Equal(0, _engine.PendingBytes);
        Assert.Equal(StorageHealth.Good, _engine.Health);
    }

    [EngineFact]
    public async Task A_unit_without_operations_is_complete_after_those_before_it()
    {
        var session = await Session("a");
        var first = new AwaitedReceipt();
        _engine.Append(new StoreUnit([Queued(Batch("a"), session)], first));
        await _engine.Write();
        Assert.True(first.IsComplete);
    }

    [EngineTheory]
    [InlineData((int)QueueOverflow.DropNewest)]
    [InlineData((int)QueueOverflow.DropOldest)]
    [InlineData((int)QueueOverflow.DropQoS0First)]
    public async Task A_parked_session_keeps_the_bounds_of_its_queue_and_a_held_one_does_not(int overflow)
    {
        _host.Limits = _host.Limits with { MaxQueuedMessages = 3, Overflow = (QueueOverflow)overflow };
        _engine = await _host.Open();
        var session = await Session("a");
        await _engine.Write(Queued(Batch("a", "b"), session));
        await _engine.Write(new StoreOp.Disconnected(session, 60, _host.Now), new StoreOp.Parked(session, 2, 2 * QueuedMessage.KeptSizeOf(Batch("a")[0])));
        Publish[] mixed = [new("q0") { QoS = QualityOfService.AtMostOnce }, .. Batch("c", "d")];
        await _engine.Write(Queued(mixed, session) with { Positions = [0, 1, 2] });
        var expected = (QueueOverflow)overflow switch
        {
            QueueOverflow.DropNewest => new[] { "a", "b", "q0" },
            QueueOverflow.DropOldest => ["q0", "c", "d"],
            _ => ["a", "b", "c"],
        };
        Assert.Equal(expected, (await AfterRestart(session))!.State.Queue.Values.Select(each => each.Packet.Topic));
        await _engine.Write(Queued(Batch("e", "f", "g", "h"), session));
        Assert.Equal(7, (await _engine.Read(session))!.State.Queue.Count);
    }

    [EngineFact]
    public async Task The_bounds_of_a_parked_session_hold_after_a_restart()
    {
        _host.Limits = _host.Limits with { MaxQueuedMessages = 3, Overflow = QueueOverflow.DropOldest };
        _engine = await _host.Open();
        var session = await Session("a");
        await _engine.Write(Queued(Batch("a", "b", "c"), session));
        _engine = await _host.Open();
        await _engine.Write(Queued(Batch("d"), session));
        await _engine.Write(Queued(Batch("e"), session));
        Assert.Equal(["c", "d", "e"], (await _engine.Read(session))!.State.Queue.Values.Select(each => each.Packet.Topic));
    }

    [EngineFact]
    public async Task Bytes_are_a_bound_too()
    {
        var size = QueuedMessage.KeptSizeOf(Batch("a")[0]);
        _host.Limits = _host.Limits with { MaxQueuedBytes = (2 * size) + 1, Overflow = QueueOverflow.DropNewest };
        _engine = await _host.Open();
        var session = await Session("a");
        await _engine.Write(new StoreOp.Disconnected(session, 60, _host.Now), new StoreOp.Parked(session, 0, 0));
        await _engine.Write(Queued(Batch("a", "b", "c"), session));
        Assert.Equal(["a", "b"], (await _engine.Read(session))!.State.Queue.Values.Select(each => each.Packet.Topic));
    }
}
