using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>Random histories, with restarts at random points: an engine is as the plain model says. The seed is in the name of the failing case.</summary>
public abstract class EngineModelSpec
{
    private const int Steps = 250;

    private protected abstract EngineHost Host();

    public static TheoryData<int> Seeds => new(Enumerable.Range(1, 12));

    [EngineTheory]
    [MemberData(nameof(Seeds))]
    public async Task An_engine_is_as_the_model_says(int seed)
    {
        var random = new Random(seed);
        await using var host = Host();
        host.Limits = host.Limits with
        {
            MaxQueuedMessages = random.Next(2) == 0 ? 4 : 1000,
            MaxQueuedBytes = random.Next(2) == 0 ? 1500 : 1 << 20,
            Overflow = (QueueOverflow)random.Next(3),
        };
        var model = new StoreModel(host.Limits);
        var history = new RandomHistory(random, host, model);
        var engine = await host.Open();
        for (var step = 0; step < Steps; step++)
        {
            switch (random.Next(100))
            {
                case < 3:
                    await engine.Write();
                    await AssertSame(engine, model, host.Now);
                    host.Time.Advance(TimeSpan.FromSeconds(2));
                    await engine.Write(new StoreOp.RetainedSet(new RetainedRecord(new Publish("alive", $"{step}") { Retain = true }, host.Now, "")));
                    model.Apply(new StoreOp.RetainedSet(new RetainedRecord(new Publish("alive", $"{step}") { Retain = true }, host.Now, "")));
                    engine = await host.Open();
                    model.Restart(host.Now);
                    await AssertSame(engine, model, host.Now);
                    break;
                case < 15 when history.Parked() is { } parked:
                    var reader = new AwaitedReader();
                    engine.Take(parked, reader);
                    var expected = StoreText.Of(model.Take(parked));
                    Assert.Equal(expected, StoreText.Of(await reader.Task));
                    break;
                case < 30:
                    await engine.Write([.. history.Unit(engine)]);
                    break;
                default:
                    engine.Append(new StoreUnit([.. history.Unit(engine)], null));
                    break;
            }
        }
        await engine.Write();
        await AssertSame(engine, model, host.Now);
        Assert.Equal(model.Dropped, host is MemoryHost ? model.Dropped : host.Dropped);
        await AssertEmptyAtTheEnd(engine, model, host);
    }

    /// <summary>Looks at all of it but what is held, whose state is asked for at the end only, because taking holds.</summary>
    private static async Task AssertSame(IStorageEngine engine, StoreModel model, long now)
    {
        Assert.Equal(
            model.Load().Select(StoreText.Of).Order(StringComparer.Ordinal),
            (await engine.LoadSessionsAsync().All()).Select(StoreText.Of).Order(StringComparer.Ordinal));
        Assert.Equal(
            model.Retained.Select(StoreText.Of).Order(StringComparer.Ordinal),
            (await engine.LoadRetainedAsync().All()).Select(StoreText.Of).Order(StringComparer.Ordinal));
        foreach (var later in (long[])[now, now + 15_000, now + 10_000_000])
            Assert.Equal(model.FindDue(later, 3), await engine.FindDueAsync(later, 3));
    }

    private static async Task AssertEmptyAtTheEnd(IStorageEngine engine, StoreModel model, EngineHost host)
    {
        foreach (var session in model.Sessions.ToList())
            Assert.Equal(StoreText.Of(model.Peek(session)), StoreText.Of(await engine.Read(session)));
        await engine.Write([.. model.Sessions.Select(each => new StoreOp.Ended(each))]);
        Assert.Empty(await engine.LoadSessionsAsync().All());
        host.AssertNothingIsLeft();
    }

    /// <summary>Operations as a server could append them.</summary>
    private sealed class RandomHistory(Random random, EngineHost host, StoreModel model)
    {
        private static readonly string[] Topics = ["a", "a/b", "söme/topic", new('t', 300)];

        private ushort _packetId;

        public long? Parked()
        {
            var parked = model.Sessions.Where(each => !model.IsHeld(each)).ToList();
            return parked.Count == 0 ? null : parked[random.Next(parked.Count)];
        }

        public List<StoreOp> Unit(IStorageEngine engine)
        {
            List<StoreOp> unit = [];
            for (var count = random.Next(1, 5); count > 0; count--)
            {
                foreach (var op in Ops(engine))
                {
                    model.Apply(op);
                    unit.Add(op);
                }
            }
            return unit;
        }

        private IEnumerable<StoreOp> Ops(IStorageEngine engine)
        {
            var held = model.Sessions.Where(model.IsHeld).ToList();
            if (held.Count == 0 || random.Next(20) == 0)
                return Start(engine);
            var session = held[random.Next(held.Count)];
            var state = model.Peek(session)!;
            return random.Next(14) switch
            {
                0 => [new StoreOp.Connected(session, random.Next(1, 1000), Expiry(), host.Now)],
                1 => [new StoreOp.Disconnected(session, Expiry(), host.Now)],
                2 => [
                    new StoreOp.Disconnected(session, Expiry(), host.Now),
                    new StoreOp.Parked(session, state.State.Queue.Count, state.State.Queue.Values.Sum(each => (long)each.KeptSize))],
                3 => [random.Next(3) == 0 ? new StoreOp.WillCleared(session) : new StoreOp.WillSet(session, Will())],
                4 => [new StoreOp.Subscribed(session, [Subscription(), Subscription()])],
                5 => [new StoreOp.Unsubscribed(session, [Subscription().Options.Filter])],
                6 => [new StoreOp.Received(session, [(ushort)random.Next(1, 6), (ushort)random.Next(1, 6)])],
                7 => [new StoreOp.Released(session, [(ushort)random.Next(1, 6)])],
                8 => [random.Next(4) == 0 ? new StoreOp.Ended(session) : new StoreOp.Removed(session, Some(state.State.Queue.Keys))],
                9 => [new StoreOp.Removed(session, Some([.. state.InFlight, .. state.State.Queue.Keys, 987_654_321]))],
                10 => [new StoreOp.Sent(session, [.. Some(state.State.Queue.Keys).Select(each => new SentMessage(each, ++_packetId))])],
                11 => [new StoreOp.Confirmed(session, Some(state.InFlight))],
                12 => [random.Next(2) == 0 ? new StoreOp.RetainedRemoved(Topic()) : new StoreOp.RetainedSet(Retained())],
                _ => Queue(engine),
            };
        }

        private IEnumerable<StoreOp> Start(IStorageEngine engine)
        {
            var session = engine.NextSession();
            yield return new StoreOp.SessionStarted(session, new SessionKey(random.Next(2) == 0 ? "" : "m/", null, $"client {session}"), random.Next(2) == 0 ? null : "o", host.Now);
            if (random.Next(4) > 0)
                yield return new StoreOp.Connected(session, random.Next(1, 1000), Expiry(), host.Now);
        }

        private List<StoreOp> Queue(IStorageEngine engine)
        {
            // Mostly one batch; sometimes the same messages in two shapes, as a publisher gives them.
            Publish[] batch = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Packet())];
            var ops = new List<StoreOp> { Queued(engine, batch) };
            if (random.Next(3) == 0)
                ops.Add(Queued(engine, [.. batch.Select(each => each with
                {
                    QoS = QualityOfService.AtLeastOnce,
                    Properties = (each.Properties ?? new PublishProperties()) with { SubscriptionIdentifiers = [5] },
                })]));
            return ops;
        }

        private StoreOp.Queued Queued(IStorageEngine engine, Publish[] batch)
        {
            long[] to = Some([.. model.Sessions, 123_456_789]);
            return new StoreOp.Queued(engine.NextMessages(batch.Length), batch, host.Now, to, random.Next(3) == 0 ? [.. batch.Select(_ => random.Next(2) == 0 ? null : new SharedKey("g", "a/#"))] : null)
            {
                Positions = random.Next(3) == 0 ? [.. Enumerable.Range(0, batch.Length).Where(_ => random.Next(3) > 0)] : null,
            };
        }

        private long[] Some(IEnumerable<long> all) => [.. all.Where(_ => random.Next(2) == 0)];

        private uint Expiry() => random.Next(3) switch { 0 => uint.MaxValue, 1 => 10, _ => (uint)random.Next(0, 5000) };

        private string Topic() => Topics[random.Next(Topics.Length)];

        private Publish Packet() => new(Topic(), MqttBinary.FromBytes(new byte[random.Next(4) == 0 ? 0 : random.Next(1, 400)]))
        {
            QoS = (QualityOfService)random.Next(3),
            Retain = random.Next(4) == 0,
            Properties = random.Next(3) > 0 ? null : new PublishProperties
            {
                MessageExpiryInterval = random.Next(2) == 0 ? null : (uint)random.Next(100),
                ContentType = random.Next(2) == 0 ? null : "type",
                SubscriptionIdentifiers = random.Next(2) == 0 ? default : [1, 2, 3],
                UserProperties = random.Next(2) == 0 ? default : [new("k", "v")],
            },
        };

        private RetainedRecord Retained()
        {
            var packet = Packet();
            return new RetainedRecord(packet with { Retain = true, Properties = WithoutIdentifiers(packet.Properties) }, host.Now, "p");
        }

        private static PublishProperties? WithoutIdentifiers(PublishProperties? properties) =>
            properties is null || properties == new PublishProperties { SubscriptionIdentifiers = properties.SubscriptionIdentifiers } ? null
            : properties with { SubscriptionIdentifiers = default };

        private Will Will() => new(Topic(), "w")
        {
            QoS = (QualityOfService)random.Next(3),
            Properties = random.Next(2) == 0 ? null : new WillProperties { WillDelayInterval = (uint)random.Next(0, 50), ContentType = "c" },
        };

        private SessionSubscription Subscription() => new(
            new Subscription($"filter/{random.Next(4)}", (QualityOfService)random.Next(3)) { NoLocal = random.Next(2) == 0 }, (uint)random.Next(3));
    }
}

public sealed class MemoryEngineModelSpec : EngineModelSpec
{
    private protected override EngineHost Host() => new MemoryHost();
}

public sealed class SqliteEngineModelSpec : EngineModelSpec
{
    private protected override EngineHost Host() => new SqliteHost();
}
