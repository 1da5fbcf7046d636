using System.Net;
using System.Text;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Serialization;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Serialization;

/// <summary>Samples of what nodes tell each other about connections: see <see cref="WireSamples"/>.</summary>
public sealed class WireSamplesSpec(ITestOutputHelper output) : SerializerSpec(output)
{
    private const string Present = "v1";

    private static readonly MqttList<UserProperty> Users = [new("name", "value")];

    /// <summary>Each setting by itself: a default may change, a sample may not.</summary>
    private static readonly MqttConnectionSettings Settings = MqttConnectionSettings.Create((Akka.Configuration.Config?)null) with
    {
        MaxPacketSize = 10_001,
        MaxConnectPacketSize = 10_002,
        MaxUserProperties = 103,
        MaxSubscriptionsPerPacket = 104,
        DialTimeout = TimeSpan.FromSeconds(1),
        HandshakeTimeout = TimeSpan.FromSeconds(2),
        RegisterTimeout = TimeSpan.FromSeconds(3),
        ConnectTimeout = TimeSpan.FromSeconds(4),
        CloseTimeout = TimeSpan.FromSeconds(5),
        WriteTimeout = TimeSpan.FromSeconds(6),
        KeepAliveFactor = 2.5,
        MaxQueuedWriteBytes = 10_003,
        WriteChunkSize = 10_004,
        ReadChunkSize = 10_005,
        MaxQueuedReadBytes = 10_006,
        MaxUnhandledBytes = 10_007,
        MaxUnhandledPackets = 10_008,
        Dispatcher = "other",
        TcpEngine = "akka-io",
    };

    /// <summary>What the samples mean. The name is that of the file.</summary>
    private Dictionary<string, object> Meanings()
    {
        var actor = ((ExtendedActorSystem)Sys).Provider.ResolveActorRef("akka://test/user/somebody#17");
        var publish = new Publish("a/b", "hello")
        {
            QoS = QualityOfService.ExactlyOnce,
            PacketId = 258,
            Retain = true,
            Dup = true,
            Properties = new PublishProperties { ContentType = "text", CorrelationData = "c", MessageExpiryInterval = 60, UserProperties = Users },
        };
        var transport = new TransportInfo(MqttTransport.Tcp)
        {
            LocalAddress = new IPEndPoint(IPAddress.Loopback, 1883),
            RemoteAddress = new IPEndPoint(IPAddress.IPv6Loopback, 50_000),
        };
        return new Dictionary<string, object>
        {
            ["connect"] = new Connect
            {
                ClientId = "client",
                CleanStart = false,
                KeepAlive = 30,
                UserName = "user",
                Password = "password",
                Will = new Will("will", "gone") { QoS = QualityOfService.AtLeastOnce, Properties = new WillProperties { WillDelayInterval = 5 } },
                Properties = new ConnectProperties { SessionExpiryInterval = 3600, ReceiveMaximum = 10 },
            },
            ["connect-3.1"] = new Connect { Version = MqttVersion.V31, ClientId = "client" },
            ["connect-3.1.1"] = new Connect { Version = MqttVersion.V311, ClientId = "client" },
            ["connack"] = new ConnAck(ReasonCode.Success, sessionPresent: true) { Properties = new ConnAckProperties { ServerKeepAlive = 20 } },
            ["publish"] = publish,
            ["publish-plain"] = new Publish("a", "x"),
            ["publish-fields"] = new Publish("a/#", "x") { PacketId = 7, Properties = new PublishProperties { SubscriptionIdentifiers = [0, 5], UserProperties = Users } },
            ["puback"] = new PubAck(1, ReasonCode.NoMatchingSubscribers),
            ["pubrec"] = new PubRec(2),
            ["pubrel"] = new PubRel(3),
            ["pubrel-3.1"] = new PubRel(3) { Dup = true },
            ["pubcomp"] = new PubComp(4) { Properties = new AckProperties { ReasonString = "reason" } },
            ["subscribe"] = new Subscribe(5, new Subscription("a/+", QualityOfService.AtLeastOnce) { NoLocal = true, RetainHandling = RetainHandling.DoNotSend }),
            ["suback"] = new SubAck(5, ReasonCode.GrantedQoS1, ReasonCode.NotAuthorized),
            ["unsubscribe"] = new Unsubscribe(6, "a/+", "b"),
            ["unsuback"] = new UnsubAck(6, ReasonCode.Success),
            ["unsuback-3.1.1"] = new UnsubAck(6),
            ["pingreq"] = PingReq.Instance,
            ["pingresp"] = PingResp.Instance,
            ["disconnect"] = new Disconnect(ReasonCode.ServerShuttingDown),
            ["auth"] = new Auth(ReasonCode.ContinueAuthentication) { Properties = new AuthProperties { AuthenticationMethod = "m", AuthenticationData = "d" } },
            ["command-connect"] = new Mqtt.Connect("example.org", 1883)
            {
                LocalAddress = new IPEndPoint(IPAddress.Any, 0),
                Timeout = TimeSpan.FromSeconds(3),
                Settings = Settings with { WriteTimeout = null },
            },
            ["command-bind"] = new Mqtt.Bind(actor, new IPEndPoint(IPAddress.Loopback, 0)) { Backlog = 5 },
            ["command-start-accepting"] = Mqtt.StartAccepting.Instance,
            ["command-unbind"] = Mqtt.Unbind.Instance,
            ["command-register"] = new Mqtt.Register(actor) { Delivery = MqttDelivery.EachPacket, PayloadEncoding = Encoding.UTF8, KeepOpenOnPeerClosed = true, Ack = "ack" },
            ["command-request"] = new Mqtt.Request(300),
            ["command-suspend-reading"] = Mqtt.SuspendReading.Instance,
            ["command-resume-reading"] = Mqtt.ResumeReading.Instance,
            ["command-write"] = new Mqtt.Write(publish, "ack"),
            ["command-write-batch"] = new Mqtt.WriteBatch([publish, PingReq.Instance], "ack"),
            ["command-close"] = Mqtt.Close.Instance,
            ["command-abort"] = Mqtt.Abort.Instance,
            ["event-connected"] = new Mqtt.Connected(actor, MqttRole.Server, transport),
            ["event-bound"] = new Mqtt.Bound(actor, new IPEndPoint(IPAddress.Loopback, 1883)),
            ["event-unbound"] = Mqtt.Unbound.Instance,
            ["event-command-failed"] = new Mqtt.CommandFailed(publish, CommandFailure.QueueFull, "text") { ReasonCode = ReasonCode.QuotaExceeded },
            ["event-received"] = new Mqtt.Received([publish, new PubAck(7)]),
            ["event-invalid-payload"] = new Mqtt.InvalidPayload(publish),
            ["event-inbound-closed"] = new Mqtt.InboundClosed(PacketsWait: true),
            ["event-closing"] = new Mqtt.Closing(Mqtt.PeerClosed.Instance),
            ["event-closed"] = Mqtt.Closed.Instance,
            ["event-aborted"] = Mqtt.Aborted.Instance,
            ["event-peer-closed"] = Mqtt.PeerClosed.Instance,
            ["event-peer-closed-undelivered"] = Mqtt.PeerClosed.Instance with { Undelivered = [publish, new Disconnect()] },
            ["event-error-closed-undelivered"] = new Mqtt.ErrorClosed(CloseReason.TransportError, "text") { Undelivered = [new Disconnect()] },
            ["event-error-closed"] = new Mqtt.ErrorClosed(CloseReason.ProtocolError, "text")
            {
                ReasonCode = ReasonCode.ProtocolError,
                Header = new FixedHeader(0x3F, 1000),
            },
            ["text-publish"] = new TextPublish(publish, "hello"),
            ["transport"] = transport,
            ["settings"] = Settings,
        };
    }

    [Fact]
    public void Each_file_is_read_and_means_what_it_meant() => Samples().AssertRead(Sys, MqttSerializer.Id);

    [Fact]
    public void Each_message_has_a_file_of_the_present_version() => Samples().AssertWritten(new MqttSerializer((ExtendedActorSystem)Sys));

    [Fact]
    public void Each_type_that_travels_has_a_sample()
    {
        var sampled = Meanings().Values.Select(message => message.GetType()).ToHashSet();
        var travelling = typeof(Mqtt).GetNestedTypes().Concat(typeof(MqttPacket).Assembly.GetExportedTypes())
            .Where(type => !type.IsAbstract && (typeof(Mqtt.Message).IsAssignableFrom(type) || typeof(MqttPacket).IsAssignableFrom(type)))
            .Except([typeof(Mqtt.Attach)]);
        Assert.Empty(travelling.Except(sampled));
    }

    [Fact]
    public void Each_manifest_means_one_type() =>
        Assert.All(Meanings().Values.GroupBy(Manifests.Of), group => Assert.Single(group.Select(message => message.GetType()).Distinct()));

    private WireSamples Samples([System.Runtime.CompilerServices.CallerFilePath] string file = "") =>
        new(Path.Combine(Path.GetDirectoryName(file)!, "Samples"), Present, Meanings());
}
