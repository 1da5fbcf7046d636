using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Tests;

/// <summary>What a session says that it keeps, against what the runtime says that was allocated for it.</summary>
public class SessionBytesSpec
{
    private const long Start = 1_800_000_000_000;
    private const int Messages = 2000;

    private static readonly SessionKey Key = new("", null, "c");

    private static readonly SessionLimits Limits = new()
    {
        MaxQueuedMessages = 1_000_000, MaxQueuedBytes = 1L << 40, MaxInflightMessages = ushort.MaxValue, MaxInflightBytes = 1L << 40,
    };

    private delegate Publish MakeMessage(int at);

    public static TheoryData<string> Kinds => ["empty", "small", "large", "long topic", "properties", "one property", "correlation"];

    /// <summary>
    /// The estimate is at least three quarters of what is allocated, so that memory limits hold, and at most twice, so that they are of use. What is
    /// allocated includes what growing tables have outgrown. Each message has objects of its own here; messages that sessions share cost less than
    /// they count for.
    /// </summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Bytes_of_messages_that_wait_are_what_they_cost(string kind)
    {
        var make = Maker(kind);
        AssertHonest(
            () =>
            {
                var core = new SessionCore(Key, null, Limits, Start);
                Deliver(core, make);
                return core;
            },
            core => core.Outgoing.QueuedBytes);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Bytes_of_messages_in_flight_are_what_they_cost(string kind)
    {
        var make = Maker(kind);
        AssertHonest(
            () =>
            {
                var core = new SessionCore(Key, null, Limits, Start);
                core.Connect(1, new Nowhere(), ushort.MaxValue, null, 0, Start);
                Deliver(core, make);
                return core;
            },
            core => core.Outgoing.InFlightBytes + (Messages * 56), // the packets that were sent were allocated too
            least: 0.65);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(60)]
    [InlineData(20_000)]
    public void Bytes_of_subscriptions_cover_what_they_cost_here(int length)
    {
        var count = length > 1000 ? 100 : 2000;
        AssertHonest(
            () =>
            {
                var core = new SessionCore(Key, null, Limits, Start);
                for (var at = 0; at < count; at++)
                    core.Subscriptions.TryAdd(new SessionSubscription(new Subscription($"{at}/".PadRight(length, 'x')), 1), out _);
                return core;
            },
            core => core.Subscriptions.Bytes,
            most: 6); // the route table costs the rest
    }

    [Fact]
    public void The_fixed_cost_covers_an_empty_session()
    {
        AssertHonest(
            () =>
            {
                var cores = new SessionCore[2000];
                for (var at = 0; at < cores.Length; at++)
                    cores[at] = new SessionCore(Key, null, Limits, Start);
                return cores;
            },
            cores => cores.Sum(each => each.FixedBytes),
            most: 10); // the actor and the tables by key cost the rest
    }

    [Fact]
    public void What_is_kept_of_QoS_2_of_the_client_is_counted()
    {
        AssertHonest(
            () =>
            {
                var core = new SessionCore(Key, null, Limits, Start);
                for (var id = 1; id <= ushort.MaxValue; id++)
                    core.Receive((ushort)id, ushort.MaxValue);
                return core;
            },
            core => core.FixedBytes);
    }

    private static MakeMessage Maker(string kind) => kind switch
    {
        "empty" => static _ => new Publish("t") { QoS = QualityOfService.AtLeastOnce },
        "small" => static at => new Publish(Text(10, at), Bytes(20)) { QoS = QualityOfService.AtLeastOnce },
        "large" => static at => new Publish(Text(10, at), Bytes(5000)) { QoS = QualityOfService.AtLeastOnce },
        "long topic" => static at => new Publish(Text(2000, at)) { QoS = QualityOfService.AtLeastOnce },
        "properties" => static at => new Publish("t")
        {
            QoS = QualityOfService.AtLeastOnce,
            Properties = new PublishProperties
            {
                UserProperties = Users(at),
            },
        },
        "one property" => static at => new Publish("t")
        {
            QoS = QualityOfService.AtLeastOnce, Properties = new PublishProperties { MessageExpiryInterval = (uint)at, ContentType = Text(9, at) },
        },
        _ => static _ => new Publish("t")
        {
            QoS = QualityOfService.AtLeastOnce, Properties = new PublishProperties { CorrelationData = Bytes(300) },
        },
    };

    private static MqttList<UserProperty> Users(int at)
    {
        var users = new UserProperty[50];
        for (var each = 0; each < users.Length; each++)
            users[each] = new UserProperty(Text(8, at), Text(4, each));
        return MqttList.Wrap(users);
    }

    // Allocates this text and nothing else. What string interpolation allocates depends on the compiler: without optimization it boxes each number.
    private static string Text(int length, int at) => new((char)('a' + (at % 26)), length);

    // An array would be copied.
    private static MqttBinary Bytes(int count) => MqttBinary.Wrap(new byte[count]);

    private static void Deliver(SessionCore core, MakeMessage make)
    {
        var batch = new Publish[Messages];
        for (var at = 0; at < batch.Length; at++)
            batch[at] = make(at);
        core.Outgoing.Deliver(batch, null, Start, Start);
    }

    private static void AssertHonest<T>(Func<T> make, Func<T, long> bytes, double least = 0.75, double most = 2)
        where T : class
    {
        var said = bytes(make()); // what is made once is not counted
        var cost = long.MaxValue;
        for (var attempt = 0; attempt < 5; attempt++) // a collection meanwhile counts what it leaves unused: the least is right
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            GC.KeepAlive(make());
            cost = Math.Min(cost, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.InRange(said, cost * least, cost * most);
    }

    private sealed class Nowhere : IOutlet
    {
        public bool IsFull => false;

        public Publish? Shape(Publish message) => message;

        public void Send(Publish packet)
        {
        }

        public void Send(PubRel packet)
        {
        }
    }
}
