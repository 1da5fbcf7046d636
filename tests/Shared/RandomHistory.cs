using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt;

/// <summary>Operations as a server could append them.</summary>
internal sealed class RandomHistory(
    Random random, StoreModel model, Func<long> nextSession, Func<int, long> nextMessages, Func<long> now, string prefix = "")
{
    private static readonly string[] Topics = ["a", "a/b", "söme/topic", new('t', 300)];

    private ushort _packetId;

    public long? Parked()
    {
        var parked = model.Sessions.Where(each => !model.IsHeld(each)).ToList();
        return parked.Count == 0 ? null : parked[random.Next(parked.Count)];
    }

    public List<StoreOp> Unit()
    {
        List<StoreOp> unit = [];
        for (var count = random.Next(1, 5); count > 0; count--)
        {
            foreach (var op in Ops())
            {
                model.Apply(op);
                unit.Add(op);
            }
        }
        return unit;
    }

    private IEnumerable<StoreOp> Ops()
    {
        var held = model.Sessions.Where(model.IsHeld).ToList();
        if (held.Count == 0 || random.Next(20) == 0)
            return Start();
        var session = held[random.Next(held.Count)];
        var state = model.Peek(session)!;
        return random.Next(15) switch
        {
            0 => [new StoreOp.Connected(session, random.Next(1, 1000), Expiry(), now())],
            1 => [new StoreOp.Disconnected(session, Expiry(), now())],
            2 => [
                new StoreOp.Disconnected(session, Expiry(), now()),
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
            12 => [random.Next(2) == 0 ? new StoreOp.RetainedRemoved(prefix + Topic()) : new StoreOp.RetainedSet(Retained())],
            13 => Reserve(session),
            _ => Queue(),
        };
    }

    /// <summary>Packet identifiers of QoS 2 messages that are not written themselves.</summary>
    private StoreOp[] Reserve(long session)
    {
        var batch = Enumerable.Repeat(new Publish("", default(MqttBinary)) { QoS = QualityOfService.ExactlyOnce }, random.Next(1, 3)).ToArray();
        var first = nextMessages(batch.Length);
        long[] all = [.. Enumerable.Range(0, batch.Length).Select(each => first + each)];
        return
        [
            new StoreOp.Queued(first, batch, now(), [session], null),
            new StoreOp.Sent(session, [.. all.Select(each => new SentMessage(each, ++_packetId))]),
            new StoreOp.Confirmed(session, all),
        ];
    }

    private IEnumerable<StoreOp> Start()
    {
        var session = nextSession();
        yield return new StoreOp.SessionStarted(session, new SessionKey(random.Next(2) == 0 ? "" : "m/", null, $"client {session}"), random.Next(2) == 0 ? null : "o", now());
        if (random.Next(4) > 0)
            yield return new StoreOp.Connected(session, random.Next(1, 1000), Expiry(), now());
    }

    private List<StoreOp> Queue()
    {
        // Mostly one batch; sometimes the same messages in two shapes, as a publisher gives them.
        Publish[] batch = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Packet())];
        var ops = new List<StoreOp> { Queued(batch) };
        if (random.Next(3) == 0)
            ops.Add(Queued([.. batch.Select(each => each with
            {
                QoS = QualityOfService.AtLeastOnce,
                Properties = (each.Properties ?? new PublishProperties()) with { SubscriptionIdentifiers = [5] },
            })]));
        return ops;
    }

    private StoreOp.Queued Queued(Publish[] batch)
    {
        long[] to = Some([.. model.Sessions, 123_456_789]);
        return new StoreOp.Queued(nextMessages(batch.Length), batch, now(), to, random.Next(3) == 0 ? [.. batch.Select(_ => random.Next(2) == 0 ? null : new SharedKey("g", "a/#"))] : null)
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
        return new RetainedRecord(packet with { Topic = prefix + packet.Topic, Retain = true, Properties = WithoutIdentifiers(packet.Properties) }, now(), "p");
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
