using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Cluster.Nodes;
using Akka.Mqtt.Cluster.Serialization;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Serialization;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Retained;
using Akka.Mqtt.Server.Routing;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>What nodes tell each other, as bytes.</summary>
public sealed class FrameSpec(ITestOutputHelper output) : global::Akka.TestKit.Xunit2.TestKit(TestSystem.Configured(""), null, output)
{
    private readonly RetainedIndex _retained = new(100, 1 << 20);

    private ExtendedActorSystem System => (ExtendedActorSystem)Sys;

    private FrameWriter Writer(int size = 1 << 16) => new(System, size, _retained);

    [Fact]
    public void A_frame_says_what_was_written()
    {
        var retained = new Publish("r", "kept") { Retain = true };
        _retained.Set(retained, 42, "someone");
        var writer = Writer();
        writer.BeginFilters();
        writer.Filter(new FilterChange("a/+", null, true));
        writer.Filter(new FilterChange("b", "group", true));
        writer.EndOfFilters();
        writer.Filter(new FilterChange("a/+", null, false));
        writer.Retained(_retained.Match("r").Single());
        Publish[] packets =
        [
            new("t", "x") { QoS = QualityOfService.ExactlyOnce },
            new("t", default) { Properties = new PublishProperties { ContentType = "y", UserProperties = [new("k", "v")] } },
            retained,
        ];
        Assert.Equal(3, writer.Messages(new Deliver(new NodeTarget(1), new MessageBatch(packets, false), 7, [null, new SharedKey("group", "b"), null]) { Source = new DeliverySource("me", null, 5) }, 0));
        writer.ForSession(new SessionKey("m/", "user", "client"), 9, new Deliver(new NodeTarget(1), new MessageBatch(packets[..2], false), 7, [null, new SharedKey("group", "b")]));
        Assert.Equal(
            [
                "begin", "a/+ of  True", "b of group True", "end", "a/+ of  False", "retained r kept 42 someone", "turn 5", $"{packets[0]} to  at  by me",
                $"{packets[1]} to SharedKey {{ Name = group, Filter = b }} at  by me", $"{packets[2]} to  at 42 by me",
                $"{packets[0]}, {packets[1]} to client by 9 of user in m/ by , SharedKey {{ Name = group, Filter = b }} at 7",
            ],
            Read(writer.Take()));
        Assert.True(writer.IsEmpty);
    }

    [Fact]
    public void A_frame_says_what_a_node_has_for_the_heir_of_a_lost_one()
    {
        var writer = Writer();
        writer.Step(new HeirStep(HeirStepKind.Wanted, 5, 6, ["one", "two"]));
        writer.Inherited(new InheritedFrame(5, "one", 7, 8, new byte[] { 1, 2 }));
        var frame = writer.Take();
        Assert.Equal("0A02", Convert.ToHexString(frame.AsSpan(0, 2)));
        Assert.Equal(["Wanted 5 6 one, two", "5 one 7 8 0102"], Read(frame));
    }

    [Fact]
    public void Messages_that_do_not_fit_go_into_the_next_frame()
    {
        var writer = Writer(100);
        var delivery = new Deliver(
            new NodeTarget(1), new MessageBatch([.. Enumerable.Range(0, 10).Select(at => new Publish("t", new byte[30]))], false), 7);
        var frames = 0;
        var read = 0;
        for (var at = 0; at < 10; frames++)
        {
            at = writer.Messages(delivery, at);
            read += Read(writer.Take()).Count;
        }
        Assert.Equal((10, 4), (read, frames));
    }

    [Fact]
    public void Topics_that_repeat_are_read_as_one_text_and_others_as_they_are()
    {
        var topic = string.Concat("a", "/b");
        Publish[] packets = [new(topic, "1"), new(topic, "2"), new("a", "3"), new("a/b/c", "4"), new(string.Concat("a/b", "/c"), "5"), new("", "6"), new(topic, "7")];
        var writer = Writer();
        writer.Messages(new Deliver(new NodeTarget(1), new MessageBatch(packets, false), 7), 0);
        var handler = new Handler();
        FrameReader.Read(System, writer.Take(), handler);
        Assert.Equal(packets.Select(static each => (each.Topic, each.Payload)), handler.Packets.Select(static each => (each.Topic, each.Payload)));
        Assert.Same(handler.Packets[0].Topic, handler.Packets[1].Topic);
    }

    [Fact]
    public void A_frame_begins_without_the_topics_of_the_one_before()
    {
        var writer = Writer();
        var delivery = new Deliver(new NodeTarget(1), new MessageBatch([new Publish("topic", "x")], false), 7);
        writer.Messages(delivery, 0);
        var first = writer.Take();
        writer.Messages(delivery, 0);
        Assert.Equal(first, writer.Take());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(16_383)]
    [InlineData(16_384)]
    [InlineData(2_097_152)]
    public void The_size_of_bytes_is_known_before_they_are_written(int length)
    {
        var writer = new WireWriter(System, 16);
        writer.Bytes(new byte[length]);
        Assert.Equal(writer.Count, WireWriter.SizeOfBytes(length));
    }

    [Fact]
    public void A_damaged_frame_is_an_exception_for_the_reader_and_nothing_else()
    {
        var writer = Writer();
        writer.Filter(new FilterChange("a/+", null, true));
        writer.Messages(new Deliver(new NodeTarget(1), new MessageBatch([new Publish("t", "x")], false), 7), 0);
        var frame = writer.Take();
        for (var at = 0; at < frame.Length; at++)
        {
            var damaged = frame.ToArray();
            damaged[at] ^= 0xFF;
            var error = Record.Exception(() => Read(damaged));
            Assert.True(error is null or SerializationException or ArgumentException, $"{at}: {error}");
            Assert.True(Record.Exception(() => Read(frame[..at])) is null or SerializationException or ArgumentException);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a#")]
    public void A_filter_that_is_none_is_not_taken(string? filter)
    {
        var writer = Writer();
        writer.Filter(new FilterChange(filter!, null, true));
        var frame = writer.Take();
        Assert.Throws<SerializationException>(() => Read(frame));
    }

    [Fact]
    public void Akka_finds_the_serializer_of_what_travels()
    {
        ClusterSerializer.Register(System);
        foreach (var type in ClusterSerializer.Types)
            Assert.IsType<ClusterSerializer>(Sys.Serialization.FindSerializerForType(type));
    }

    [Fact]
    public void What_travels_arrives_as_it_was()
    {
        var serializer = new ClusterSerializer(System);
        object[] messages =
        [
            new OpenLink(new global::Akka.Cluster.UniqueAddress(new Address("akka.tcp", "mqtt", "host", 1), 5), 6),
            new OpenLink(new global::Akka.Cluster.UniqueAddress(new Address("akka.tcp", "mqtt", "host", 1), 5), 6, 7),
            new OpenLink(new global::Akka.Cluster.UniqueAddress(new Address("akka.tcp", "mqtt", "host", 1), 5), 6, 7, 8),
            new LinkOpened(1, 2, 3),
            new LinkOpened(1, 2, 3, 4),
            new FrameTaken(4, 5),
        ];
        foreach (var message in messages)
            Assert.Equal(message, serializer.FromBinary(serializer.ToBinary(message), serializer.Manifest(message)));
        var opened = new LinkOpened(1, 2, 3, 4, new FramePort("host", 4, new byte[] { 5, 6 }));
        var port = ((LinkOpened)serializer.FromBinary(serializer.ToBinary(opened), serializer.Manifest(opened))).Port!;
        Assert.Equal(("host", 4), (port.Host, port.Port));
        Assert.Equal([5, 6], port.Secret.ToArray());
        var frame = new Frame(7, 8, true, new byte[] { 1, 2, 3 });
        var copy = (Frame)serializer.FromBinary(serializer.ToBinary(frame), serializer.Manifest(frame));
        Assert.Equal((7, 8, true), (copy.Link, copy.Number, copy.Continues));
        Assert.Equal([1, 2, 3], copy.Content.ToArray());
    }

    private List<string> Read(byte[] frame)
    {
        var handler = new Handler();
        FrameReader.Read(System, frame, handler);
        return handler.Read;
    }

    private sealed class Handler : IFrameHandler
    {
        public void Turn(long number) => Read.Add($"turn {number}");

        public void Step(MoveStep step) => Read.Add($"{step}");

        public void Step(HeirStep step) => Read.Add($"{step.What} {step.Run} {step.Turn} {string.Join(", ", step.Nodes)}");

        public void Inherited(InheritedFrame frame) =>
            Read.Add($"{frame.Run} {frame.Node} {frame.Link} {frame.Number} {Convert.ToHexString(frame.Content.Span)}");

        public List<string> Read { get; } = [];

        public List<Publish> Packets { get; } = [];

        public void BeginFilters() => Read.Add("begin");

        public void EndOfFilters() => Read.Add("end");

        public void Filter(string filter, string? shareName, bool isThere) => Read.Add($"{filter} of {shareName} {isThere}");

        public void Retained(Publish packet, long retainedAt, string publisher) =>
            Read.Add($"retained {packet.Topic} {packet.Payload.ToText()} {retainedAt} {publisher}");

        public void BeginMessages()
        {
        }

        public void Message(Publish packet, SharedKey? share, long? retainedAt, string publisher)
        {
            Packets.Add(packet);
            Read.Add($"{packet} to {share} at {retainedAt} by {publisher}");
        }

        public void ForSession(SessionKey key, long epoch, Publish[] packets, SharedKey?[]? shares, long receivedAt) =>
            Read.Add($"{string.Join<Publish>(", ", packets)} to {key.ClientId} by {epoch} of {key.User} in {key.MountPoint} by {string.Join<SharedKey?>(", ", shares ?? [])} at {receivedAt}");
    }
}
