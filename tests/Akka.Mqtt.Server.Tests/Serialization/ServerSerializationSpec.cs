using System.Net;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Serialization;
using Akka.Mqtt.Server.Sessions;
using Akka.Serialization;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Serialization;

/// <summary>Commands to a server, their answers and its events arrive at another node as they were told.</summary>
public sealed class ServerSerializationSpec(ITestOutputHelper output)
    : global::Akka.TestKit.Xunit2.TestKit(TestSystem.Configured(MqttServer.DefaultConfig().WithFallback(MqttExt.DefaultConfig())), null, output)
{
    private static readonly DateTimeOffset Time = new(2026, 11, 28, 12, 30, 15, TimeSpan.FromHours(2));

    private static readonly ClientConnection Connection = new(
        new TransportInfo(MqttTransport.Tls)
        {
            LocalAddress = new IPEndPoint(IPAddress.Loopback, 8883), RemoteAddress = new IPEndPoint(IPAddress.Parse("2001:db8::1"), 40_000),
        },
        MqttVersion.V5,
        "user",
        65_535,
        Time);

    private static readonly Subscription Subscription =
        new("a/#", QualityOfService.ExactlyOnce) { NoLocal = true, RetainAsPublished = true, RetainHandling = RetainHandling.DoNotSend };

    private object[] Messages() =>
    [
        new MqttServer.GetClients { ConnectedOnly = true, After = "c", Limit = 17 },
        new MqttServer.ClientList([new ClientInfo("a", Connection, 3, 1L << 40), new ClientInfo("b", null, 0, 0)], 5),
        new MqttServer.InspectClient("c"),
        new ClientState("c")
        {
            Connection = Connection,
            SessionExpiryInterval = uint.MaxValue,
            HasWill = true,
            Subscriptions = [Subscription, "b"],
            InflightMessages = 1,
            InflightBytes = 2,
            InflightQuota = 3,
            UnreleasedMessages = 4,
            QueuedMessages = 5,
            QueuedQoS0Messages = 6,
            QueuedBytes = 7,
            OutstandingBytes = 8,
            IsSlow = true,
            IsThrottled = true,
            MessagesReceived = 9,
            MessagesSent = 10,
            BytesReceived = 11,
            BytesSent = 1L << 50,
            LastPackets =
            [
                new PacketNote(Time, true, MqttPacketType.Publish, 65_535, "t", QualityOfService.AtLeastOnce, 100),
                new PacketNote(Time, false, MqttPacketType.PubAck, 1, null, QualityOfService.AtMostOnce, 4),
            ],
        },
        new MqttServer.DisconnectClient("c") { Reason = ReasonCode.ServerBusy, EndSession = true },
        new MqttServer.ClientDisconnecting("c", true),
        new MqttServer.ClientNotFound("c"),
        new MqttServer.Messages(Subscription, [new Publish("a/b", "x") { QoS = QualityOfService.AtLeastOnce, Retain = true }, new Publish("a")]),
        ReloadSecurity.Instance,
        SecurityReloaded.Instance,
        new ClientConnected(TestActor, "c", Connection),
        new ClientDisconnected(TestActor, "c", ReasonCode.KeepAliveTimeout, "text"),
        new SubscriptionChanged(TestActor, "c", [Subscription], ["b"]),
        new MessageDropped(TestActor, DropReason.Offline, 1L << 40),
        new Written(1L << 40, 7),
        new InSequence(3, InSequence.Step.InboundAnswered),
        SessionOpened.Instance,
    ];

    [Fact]
    public void They_arrive_as_they_were_told()
    {
        foreach (var message in Messages())
        {
            var serializer = Assert.IsType<MqttServerSerializer>(Sys.Serialization.FindSerializerFor(message));
            var bytes = serializer.ToBinary(message);
            var arrived = Sys.Serialization.Deserialize(bytes, serializer.Identifier, serializer.Manifest(message));
            if (message is SessionOpened)
                Assert.Same(message, arrived);
            else
                Assert.Equal(message, arrived);
        }
    }

    [Fact]
    public void Every_message_of_the_server_travels()
    {
        var here = Messages().Select(message => message.GetType()).ToHashSet();
        Assert.Equal(MqttServerSerializer.Types.ToHashSet(), here);
        var told = typeof(MqttServer).GetNestedTypes().Where(type => !type.IsAbstract && !type.IsEnum)
            .Concat(typeof(MqttServer).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(MqttServerEvent))));
        Assert.All(told, type => Assert.Contains(type, here));
    }

    [Fact]
    public void A_node_with_a_server_has_the_serializer_without_a_key_in_its_configuration()
    {
        var system = TestSystem.Create("plain", "akka.stdout-loglevel = WARNING");
        RunningServers.Get(system);
        foreach (var message in Messages())
            Assert.IsType<MqttServerSerializer>(system.Serialization.FindSerializerFor(message));
        system.Dispose();
    }

    [Fact]
    public void What_a_later_version_wrote_is_refused_with_its_version()
    {
        var serializer = (SerializerWithStringManifest)Sys.Serialization.FindSerializerFor(ReloadSecurity.Instance);
        var failure = Assert.Throws<System.Runtime.Serialization.SerializationException>(() => serializer.FromBinary([2], "AR"));
        Assert.Contains("format 2", failure.Message, StringComparison.Ordinal);
        Assert.Throws<System.Runtime.Serialization.SerializationException>(() => serializer.FromBinary([1], "XX"));
    }
}
