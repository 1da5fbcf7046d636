using System.Net;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Cluster;
using Akka.Mqtt.Cluster.Devices;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Cluster.Nodes;
using Akka.Mqtt.Cluster.Serialization;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Directories;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>
/// What nodes tell each other, as it was written when the message was new: <c>wire-samples</c> has a file of bytes for each. A file is never changed or removed, so
/// that a node reads what nodes of earlier versions send. <c>AKKA_MQTT_WRITE_SAMPLES=1</c> writes those that are missing.
/// </summary>
public sealed class WireSamplesSpec(ITestOutputHelper output) : global::Akka.TestKit.Xunit2.TestKit(TestSystem.ConfiguredWithRemoting(""), "wire", output)
{
    private static readonly SessionKey Key = new("m/", "user", "client");
    private static readonly UniqueAddress Node = new(new Address("akka.tcp", "mqtt", "host", 1), 5);
    private static readonly UniqueAddress Other = new(new Address("akka.tcp", "mqtt", "host", 2), 6);
    private static readonly Publish Packet = new("a/b", "payload") { QoS = QualityOfService.AtLeastOnce, Properties = new PublishProperties { ContentType = "text" } };

    private static readonly ClientConnection Connection = new(
        new TransportInfo(MqttTransport.Tcp) { LocalAddress = new IPEndPoint(IPAddress.Loopback, 1883), RemoteAddress = new IPEndPoint(IPAddress.IPv6Loopback, 5000) },
        MqttVersion.V5,
        "user",
        60,
        new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1)));

    // The name is that of the file. One of each message, and more where it has kinds.
    private static readonly Dictionary<string, object> Samples = new()
    {
        ["LO-open-link"] = new OpenLink(Node, 7),
        ["LO-open-link-asked"] = new OpenLink(Node, 7, 8),
        ["LO-open-link-to"] = new OpenLink(Node, 7, 8, 9),
        ["LA-link-opened"] = new LinkOpened(7, 8, 9),
        ["LA-link-opened-with-port"] = new LinkOpened(7, 8, 9, 10, new FramePort("host", 4711, new byte[] { 1, 2, 3 })),
        ["F-frame"] = new Frame(7, 8, true, new byte[] { 1, 2, 3 }),
        ["FT-frame-taken"] = new FrameTaken(7, 8),
        ["FS-frame-safe"] = new FrameSafe(7, 8),
        ["LL-node-leaves"] = new NodeLeaves(Node),
        ["LH-node-leaves-heard"] = new NodeLeavesHeard(Other),
        ["NC-node-counts"] = new NodeCounts(Node, [1, 2, long.MaxValue]),
        ["FL-frames-late"] = new FramesLate(7, [new FrameItem(8, 0), new FrameItem(9, 300)], ["a/b", ""]),
        ["NQ-report"] = new NodeAsked(Node, 3, new NodeQuestion.Report()),
        ["NQ-ban-client"] = new NodeAsked(Node, 3, new NodeQuestion.Ban(new BanChange("client", null, true, 60))),
        ["NQ-unban-address"] = new NodeAsked(Node, 3, new NodeQuestion.Ban(new BanChange(null, "192.0.2.1", false))),
        ["NQ-bans"] = new NodeAsked(Node, 3, new NodeQuestion.Bans(500)),
        ["NQ-drain"] = new NodeAsked(Node, 3, new NodeQuestion.Drain()),
        ["NA-figures"] = new NodeTold(Node, 3, new NodeReply.Figures(new NodeFigures(
            "mqtt-server", "1.2.3", MqttServerState.Ready, "why", "Normal", NodeSums.Of([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])))),
        ["NA-done"] = new NodeTold(Node, 3, new NodeReply.Done(true)),
        ["NA-bans"] = new NodeTold(Node, 3, new NodeReply.Bans([new BanChange("client", null, true, 60), new BanChange(null, "192.0.2.1", true)], 502)),
        ["NA-refused"] = new NodeTold(Node, 3, new NodeReply.Refused("why")),
        ["DT-term-wanted"] = new TermWanted(Node, ulong.MaxValue),
        ["DQ-report-wanted"] = new ReportWanted(Node, 2, 3, 4),
        ["DR-report"] = new Report(Node, 3, 4, true, [new ReportedSession(Key, 5, true), new ReportedSession(new SessionKey("", null, "x"), 6, false)]),
        ["DC-claims"] = new Claims(Node, 3, [new SessionClaim(Key, 4, 5)]),
        ["DG-grants"] = new Grants(Node, 3, [new Grant(Key, 4, 5, Other), new Grant(Key, 6, 7, null)]),
        ["DS-settled"] = new Settled(Node, 3, [new SettledSession(Key, 4, true)]),
        ["DH-settled-heard"] = new SettledHeard(Node, [new SettledSession(Key, 4, false)]),
        ["DE-ended"] = new Ended(Node, 3, [new KeyEpoch(Key, 4)]),
        ["DX-superseded"] = new Superseded(Node, 3, [new KeyEpoch(Key, 4)]),
        ["DF-fetch"] = new Fetch(Node, Key, 3, null, true, 4),
        ["DP-session-part"] = new SessionPart(Node, Key, 3, FetchAnswer.Part, 4, 5, new byte[] { 1, 2, 3 }),
        ["DL-hand-over"] = new HandOver(Node, [Key, new SessionKey("", null, "x")]),
        ["DD-fetched"] = new Fetched(Node, Key, 3),
        ["DO-forgotten"] = new Forgotten(Node, Key, 3),
        ["VS-device-sought"] = new DeviceSought(Node, 3, "client"),
        ["VF-device-found"] = new DeviceFound(Node, 3, DevicePresence.Away),
        ["VC-device-call"] = new DeviceCall(Node, 3, new MqttDevices.Send("client", Packet)),
        ["VR-device-result"] = new DeviceResult(Node, 3, new MqttDevices.Reached("client")),
        ["VW-events-wanted"] = new EventsWanted(Node, 3, 4, true),
        ["VE-device-events"] = new DeviceEvents(Node, 3, 4, [new MqttDevices.TakenOver(Node.Address, "client")]),
        ["PC-send"] = new MqttDevices.Send("client", Packet),
        ["PC-request"] = new MqttDevices.Request("client", Packet) { Timeout = TimeSpan.FromSeconds(3) },
        ["PC-disconnect"] = new MqttDevices.Disconnect("client") { Reason = ReasonCode.ServerBusy, EndSession = true },
        ["PC-get-clients"] = new MqttDevices.GetClients { After = "a", ConnectedOnly = true, Limit = 7 },
        ["PC-get-clients-search"] = new MqttDevices.GetClients { After = "a", ConnectedOnly = true, Limit = 7, Search = "pump" },
        ["PA-reached"] = new MqttDevices.Reached("client"),
        ["PA-reply"] = new MqttDevices.Reply("client", Packet),
        ["PA-no-reply"] = new MqttDevices.NoReply("client"),
        ["PA-not-connected"] = new MqttDevices.NotConnected("client"),
        ["PA-unknown"] = new MqttDevices.Unknown("client"),
        ["PA-unreachable"] = new MqttDevices.Unreachable("client"),
        ["PA-refused"] = new MqttDevices.Refused("client", ReasonCode.QuotaExceeded, "why"),
        ["PA-client-page"] = new MqttDevices.ClientPage(
            [new MqttDevices.ListedClient(Node.Address, new ClientInfo("client", Connection, 3, 4)), new MqttDevices.ListedClient(Other.Address, new ClientInfo("x", null, 0, 0))], 9, "x", [Other.Address]),
        ["PE-online"] = new MqttDevices.Online(Node.Address, "client", Connection),
        ["PE-offline"] = new MqttDevices.Offline(Node.Address, "client", ReasonCode.KeepAliveTimeout, "why"),
        ["PE-taken-over"] = new MqttDevices.TakenOver(Node.Address, "client"),
        ["PE-node-lost"] = new MqttDevices.NodeLost(Node.Address),
        ["PE-events-lost"] = new MqttDevices.EventsLost(Node.Address, 5),
    };

    private ClusterSerializer Serializer => new((ExtendedActorSystem)Sys);

    [Fact]
    public void Each_message_between_nodes_has_a_sample() =>
        Assert.Equal(ClusterSerializer.Types.Select(static each => each.Name).Order(), Samples.Values.Select(static each => each.GetType().Name).Distinct().Order());

    [Fact]
    public void What_earlier_versions_wrote_is_read()
    {
        var serializer = Serializer;
        foreach (var (name, sample) in Samples)
        {
            var path = Path.Combine(Folder(), $"{name}.bin");
            if (!File.Exists(path) && Environment.GetEnvironmentVariable("AKKA_MQTT_WRITE_SAMPLES") == "1")
                File.WriteAllBytes(path, serializer.ToBinary(sample));
            var manifest = name[..name.IndexOf('-', StringComparison.Ordinal)];
            Assert.Equal(manifest, serializer.Manifest(sample));
            var read = serializer.FromBinary(File.ReadAllBytes(path), manifest);
            Assert.Equal(sample.GetType(), read.GetType());
            Assert.True(serializer.ToBinary(sample).AsSpan().SequenceEqual(serializer.ToBinary(read)), $"{name} is read as {read}");
        }
        Assert.Equal(Samples.Keys.Order(StringComparer.Ordinal), global::System.IO.Directory.GetFiles(Folder()).Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_damaged_message_is_read_as_another_one_or_is_unreadable_and_never_an_exception()
    {
        var serializer = Serializer;
        var random = new Random(1);
        var unreadable = 0;
        foreach (var (name, sample) in Samples)
        {
            var manifest = name[..name.IndexOf('-', StringComparison.Ordinal)];
            var bytes = serializer.ToBinary(sample);
            for (var at = 0; at < bytes.Length; at++)
            {
                var damaged = bytes.ToArray();
                damaged[at] ^= 0xFF;
                unreadable += serializer.FromBinary(damaged, manifest) is Unreadable ? 1 : 0;
                Assert.NotNull(serializer.FromBinary(bytes[..at], manifest));
            }
            for (var at = 0; at < 200; at++)
            {
                var noise = new byte[random.Next(200)];
                random.NextBytes(noise);
                if (noise.Length > 0)
                    noise[0] = 1; // the version, so that the rest is read
                Assert.NotNull(serializer.FromBinary(noise, manifest));
            }
        }
        Assert.True(unreadable > Samples.Count);
    }

    [Fact]
    public async Task What_a_later_version_sends_is_logged_once_for_a_node_and_harms_nothing()
    {
        var bytes = Serializer.ToBinary(new FrameTaken(1, 2));
        bytes[0]++;
        var later = Assert.IsType<Unreadable>(Serializer.FromBinary(bytes, "FT"));
        Assert.Contains("later", later.Reason, StringComparison.Ordinal);
        Assert.Contains("does not know", Assert.IsType<Unreadable>(Serializer.FromBinary([1], "ZZ")).Reason, StringComparison.Ordinal);
        var log = Sys.ActorOf(UnreadableLog.Props());
        await EventFilter.Warning(contains: "cannot read").ExpectOneAsync(() =>
        {
            for (var at = 0; at < 3; at++)
                log.Tell(new global::Akka.Event.UnhandledMessage(later, TestActor, log));
            return Task.CompletedTask;
        });
    }

    private static string Folder([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "wire-samples");
}
