using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Cluster;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Cluster.Serialization;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>What directories tell each other, and sessions, on the wire.</summary>
public sealed class DirectoryFormSpec(ITestOutputHelper output) : global::Akka.TestKit.Xunit2.TestKit(TestSystem.ConfiguredWithRemoting(""), "wire", output)
{
    private static readonly SessionKey Key = new("m/", "user", "client");
    private static readonly UniqueAddress Node = new(new Address("akka.tcp", "mqtt", "host", 1), 5);
    private static readonly UniqueAddress Other = new(new Address("akka.tcp", "mqtt", "host", 2), 6);

    // One of each, in the order of their manifests.
    private static readonly (string Manifest, DirectoryMessage Message)[] Samples =
    [
        ("DT", new TermWanted(Node, ulong.MaxValue)),
        ("DQ", new ReportWanted(Node, 2, 3, 4)),
        ("DR", new Report(Node, 3, 4, true, [new ReportedSession(Key, 5, true), new ReportedSession(new SessionKey("", null, "x"), 6, false)])),
        ("DC", new Claims(Node, 3, [new SessionClaim(Key, 4, 5)])),
        ("DG", new Grants(Node, 3, [new Grant(Key, 4, 5, Other), new Grant(Key, 6, 7, null)])),
        ("DS", new Settled(Node, 3, [new SettledSession(Key, 4, true)])),
        ("DH", new SettledHeard(Node, [new SettledSession(Key, 4, false)])),
        ("DE", new Ended(Node, 3, [new KeyEpoch(Key, 4)])),
        ("DX", new Superseded(Node, 3, [new KeyEpoch(Key, 4)])),
        ("DF", new Fetch(Node, Key, 3, null, true, 4)),
        ("DP", new SessionPart(Node, Key, 3, FetchAnswer.Part, 4, 5, new byte[] { 1, 2, 3 })),
        ("DL", new HandOver(Node, [Key, new SessionKey("", null, "x")])),
        ("DD", new Fetched(Node, Key, 3)),
        ("DO", new Forgotten(Node, Key, 3)),
    ];

    private ExtendedActorSystem System => (ExtendedActorSystem)Sys;

    [Fact]
    public void Every_message_of_a_directory_arrives_as_it_was()
    {
        var serializer = new ClusterSerializer(System);
        Assert.Equal(ClusterSerializer.Types.Count(static type => type.IsAssignableTo(typeof(DirectoryMessage))), Samples.Length);
        foreach (var (manifest, message) in Samples)
        {
            Assert.Equal(manifest, serializer.Manifest(message));
            var bytes = serializer.ToBinary(message);
            var copy = serializer.FromBinary(bytes, manifest);
            Assert.Equal(message.GetType(), copy.GetType());
            Assert.Equal(message.From, ((DirectoryMessage)copy).From);
            Assert.Equal(bytes, serializer.ToBinary(copy));
        }
    }

    [Fact]
    public void A_session_arrives_as_it_was()
    {
        var session = Session();
        var bytes = SessionForm.Write(System, session);
        var copy = SessionForm.Read(System, bytes);
        Assert.Equal((session.Key, session.Owner, session.Epoch, session.ChangedAt, session.Expiry), (copy.Key, copy.Owner, copy.Epoch, copy.ChangedAt, copy.Expiry));
        Assert.Equal((session.NextNumber, session.LastPacketId, session.IsConnected, false), (copy.NextNumber, copy.LastPacketId, copy.IsConnected, copy.IsOver));
        Assert.Equal(session.Will, copy.Will);
        Assert.Equal(session.Subscriptions.Values, copy.Subscriptions.Values);
        Assert.Equal(session.Queue, copy.Queue);
        Assert.Equal(session.InFlight, copy.InFlight);
        Assert.Equal(session.Received, copy.Received);
        for (var at = 0; at < bytes.Length; at++)
        {
            var damaged = bytes.ToArray();
            damaged[at] ^= 0xFF;
            AssertRefused(() => SessionForm.Read(System, damaged));
            AssertRefused(() => SessionForm.Read(System, bytes.AsMemory(0, at)));
        }
    }

    private static SessionSnapshot Session()
    {
        Assert.True(SharedFilter.TryParse("$share/g/b", out var shared));
        var session = new SessionSnapshot
        {
            Key = Key,
            Owner = "owner",
            IsOver = false,
            Epoch = 1,
            IsConnected = true,
            ChangedAt = 2,
            Expiry = uint.MaxValue,
            Will = new Will("will", "gone") { QoS = QualityOfService.ExactlyOnce, Retain = true, Properties = new WillProperties { WillDelayInterval = 3 } },
            NextNumber = 12,
            InFlight = [(7, new QueuedMessage(new Publish("c", "x") { QoS = QualityOfService.AtLeastOnce }, 8)), (9, null)],
            LastPacketId = 9,
            Received = [1, 65535],
        };
        session.Subscriptions["a"] = new SessionSubscription(
            new Subscription("a", QualityOfService.AtLeastOnce) { NoLocal = true, RetainAsPublished = true, RetainHandling = RetainHandling.DoNotSend }, 4);
        session.Subscriptions["$share/g/b"] = new SessionSubscription("$share/g/b", 0, shared);
        session.Queue[10] = new QueuedMessage(
            new Publish("a", "y") { QoS = QualityOfService.ExactlyOnce, Retain = true, Properties = new PublishProperties { MessageExpiryInterval = 5 } }, 11);
        session.Queue[11] = new QueuedMessage(new Publish("b", "z"), 11) { Share = new SharedKey("g", "b") };
        return session;
    }

    private static void AssertRefused(Func<object> read)
    {
        var error = Record.Exception(read);
        Assert.True(error is null or SerializationException or ArgumentException or UriFormatException or OverflowException, $"{error}");
    }
}
