using Akka.Mqtt.Protocol.Session;
using CsCheck;

namespace Akka.Mqtt.Protocol.Tests;

public class OutboundWindowSpec
{
    private static Publish Message(QualityOfService qos, string topic = "t") => new(topic) { QoS = qos };

    private static OutboundWindow Open(int quota)
    {
        var window = new OutboundWindow();
        window.BeginConnection(quota);
        return window;
    }

    private static List<MqttPacket> Resend(OutboundWindow window)
    {
        var packets = new List<MqttPacket>();
        while (window.TryPeekResend(out var id, out var message))
        {
            packets.Add(message is { } kept ? kept.Packet with { PacketId = id, Dup = true } : new PubRel(id));
            window.Resent();
        }
        return packets;
    }

    private static Publish Add(OutboundWindow window, Publish message) => window.Add(new QueuedMessage(message, 0), message);

    [Fact]
    public void New_messages_get_rising_identifiers_and_no_DUP()
    {
        var window = Open(10);
        Assert.Equal(1, Add(window, Message(QualityOfService.AtLeastOnce) with { Dup = true }).PacketId);
        var second = Add(window, Message(QualityOfService.ExactlyOnce));
        Assert.Equal(2, second.PacketId);
        Assert.False(second.Dup);
    }

    [Fact]
    public void No_new_message_goes_once_so_many_bytes_are_unacknowledged_and_acknowledgements_make_room()
    {
        var window = new OutboundWindow(maxBytes: 500);
        window.BeginConnection(10);
        Add(window, Message(QualityOfService.AtLeastOnce) with { Payload = new byte[1000] }); // one of any size may always go
        Assert.False(window.HasRoom);
        Assert.Equal(AckResult.Done, window.PubAck(1));
        Assert.Equal(0, window.Bytes);
        Add(window, Message(QualityOfService.ExactlyOnce) with { Payload = new byte[500] });
        Assert.False(window.HasRoom);
        window.PubRec(2, accepted: true); // the message is not kept any more
        Assert.True(window.HasRoom);
        window.PubComp(2);
        Assert.Equal(0, window.Bytes);
    }

    [Fact]
    public void An_identifier_in_use_is_passed_over_when_the_count_comes_round()
    {
        var window = Open(ushort.MaxValue);
        Add(window, Message(QualityOfService.AtLeastOnce)); // 1 stays
        var taken = new HashSet<ushort>();
        for (var at = 0; at <= ushort.MaxValue; at++)
        {
            var id = Add(window, Message(QualityOfService.AtLeastOnce)).PacketId;
            taken.Add(id);
            Assert.Equal(AckResult.Done, window.PubAck(id));
        }
        Assert.DoesNotContain((ushort)0, taken);
        Assert.DoesNotContain((ushort)1, taken);
        Assert.Superset(new HashSet<ushort> { 2, 3, ushort.MaxValue }, taken);
    }

    [Fact]
    public void All_65535_identifiers_can_be_in_use_and_each_message_is_found_by_its_own()
    {
        var window = Open(ushort.MaxValue);
        var ids = new HashSet<ushort>();
        for (var at = 0; at < ushort.MaxValue; at++)
            Assert.True(ids.Add(Add(window, Message(QualityOfService.AtLeastOnce)).PacketId));
        Assert.False(window.HasRoom);
        Assert.Equal(ushort.MaxValue, window.Count);
        foreach (var id in ids.OrderBy(id => id * 40503 % 65536))
            Assert.Equal(AckResult.Done, window.PubAck(id));
        Assert.Equal((0, 0), (window.Count, window.Bytes));
        Assert.True(window.HasRoom);
    }

    [Fact]
    public void Chunks_that_unacknowledged_messages_lie_in_are_held_up_to_a_limit_then_messages_are_copied_out()
    {
        var window = Open(1000);
        var chunks = Enumerable.Range(0, 40).Select(_ => new byte[100_000]).ToArray();
        var sent = chunks.SelectMany(chunk => new[]
        {
            Add(window, new Publish("t", MqttBinary.Wrap(new ReadOnlyMemory<byte>(chunk, 0, 10))) { QoS = QualityOfService.AtLeastOnce }),
            Add(window, new Publish("t", MqttBinary.Wrap(new ReadOnlyMemory<byte>(chunk, 10, 10))) { QoS = QualityOfService.AtLeastOnce }),
        }).ToList();
        Assert.Equal(5, Held());
        Assert.Equal(10, sent.Count(packet => packet.Payload.Memory.Length == 10 && Holds(packet)));

        // The first message of a chunk goes, the second still holds it; both gone, there is room for another chunk.
        window.PubAck(1);
        Assert.Equal(5, Held());
        Assert.False(Holds(Add(window, new Publish("t", MqttBinary.Wrap(new ReadOnlyMemory<byte>(new byte[100_000], 0, 10))) { QoS = QualityOfService.AtLeastOnce })));
        window.PubAck(2);
        Assert.True(Holds(Add(window, new Publish("t", MqttBinary.Wrap(new ReadOnlyMemory<byte>(new byte[100_000], 0, 10))) { QoS = QualityOfService.AtLeastOnce })));

        int Held() => sent.Where(Holds).Select(packet => Segment(packet).Array).Distinct().Count();
        static bool Holds(Publish packet) => Segment(packet).Array!.Length > 10;
        static ArraySegment<byte> Segment(Publish packet) =>
            System.Runtime.InteropServices.MemoryMarshal.TryGetArray(packet.Payload.Memory, out var segment) ? segment : default;
    }

    [Fact]
    public void A_full_quota_has_no_room_until_an_acknowledgement()
    {
        var window = Open(2);
        Add(window, Message(QualityOfService.AtLeastOnce));
        Add(window, Message(QualityOfService.ExactlyOnce));
        Assert.False(window.HasRoom);
        Assert.Equal(AckResult.Done, window.PubAck(1));
        Assert.True(window.HasRoom);
    }

    [Fact]
    public void QoS_2_holds_its_quota_until_PUBCOMP_but_not_after_a_refusing_PUBREC()
    {
        var window = Open(1);
        Add(window, Message(QualityOfService.ExactlyOnce));
        Assert.Equal(AckResult.Release, window.PubRec(1, accepted: true));
        Assert.False(window.HasRoom);
        Assert.Equal(AckResult.Done, window.PubComp(1));
        Assert.True(window.HasRoom);
        Add(window, Message(QualityOfService.ExactlyOnce));
        Assert.Equal(AckResult.Done, window.PubRec(2, accepted: false));
        Assert.True(window.HasRoom);
    }

    /// <summary>3.1.1 section 4.8, 5.0 section 4.13: a protocol error; an identifier that no message has is none [MQTT-4.3.3-7 v5].</summary>
    [Fact]
    public void Acknowledgements_of_the_wrong_kind_are_told_from_unknown_ones_and_change_nothing()
    {
        var window = Open(10);
        Add(window, Message(QualityOfService.AtLeastOnce));
        Add(window, Message(QualityOfService.ExactlyOnce));
        Add(window, Message(QualityOfService.ExactlyOnce));
        Assert.Equal(AckResult.Release, window.PubRec(3, accepted: true));
        Assert.Equal(AckResult.WrongKind, window.PubRec(1, accepted: true));
        Assert.Equal(AckResult.WrongKind, window.PubRec(1, accepted: false));
        Assert.Equal(AckResult.WrongKind, window.PubComp(1));
        Assert.Equal(AckResult.WrongKind, window.PubAck(2));
        Assert.Equal(AckResult.WrongKind, window.PubComp(2));
        Assert.Equal(AckResult.WrongKind, window.PubAck(3));
        Assert.Equal(AckResult.Unknown, window.PubAck(9));
        Assert.Equal(AckResult.Unknown, window.PubRec(9, accepted: true));
        Assert.Equal(AckResult.Unknown, window.PubComp(9));
        Assert.Equal(3, window.Count);
    }

    [Fact]
    public void A_message_that_must_not_be_sent_again_counts_as_delivered_and_QoS_2_is_completed()
    {
        var window = Open(10);
        Add(window, Message(QualityOfService.AtLeastOnce));
        Add(window, Message(QualityOfService.ExactlyOnce));
        window.BeginConnection(10);
        Assert.True(window.TryPeekResend(out _, out _));
        Assert.False(window.Skip()); // QoS 1: gone [MQTT-3.1.2-25 v5]
        Assert.True(window.TryPeekResend(out var id, out _));
        Assert.True(window.Skip()); // QoS 2: the client may remember the identifier, so PUBREL completes the exchange
        Assert.False(window.TryPeekResend(out _, out _));
        Assert.True(window.HasRoom);
        Assert.Equal(AckResult.Done, window.PubComp(id));
        Assert.Equal((0, 0), (window.Count, window.Bytes));
    }

    [Fact]
    public void A_new_connection_sends_again_in_order_with_DUP_and_PUBREL_for_what_was_received()
    {
        var window = Open(10);
        Add(window, Message(QualityOfService.AtLeastOnce, "a"));
        Add(window, Message(QualityOfService.ExactlyOnce, "b"));
        Add(window, Message(QualityOfService.ExactlyOnce, "c"));
        window.PubRec(2, accepted: true);
        window.BeginConnection(10);
        Assert.False(window.HasRoom);
        MqttPacket[] expected =
        [
            new Publish("a") { QoS = QualityOfService.AtLeastOnce, PacketId = 1, Dup = true },
            new PubRel(2),
            new Publish("c") { QoS = QualityOfService.ExactlyOnce, PacketId = 3, Dup = true },
        ];
        Assert.Equal(expected, Resend(window));
        Assert.True(window.HasRoom);
    }

    [Fact]
    public void Sending_again_keeps_to_the_quota_of_the_new_connection()
    {
        var window = Open(10);
        for (var at = 0; at < 3; at++)
            Add(window, Message(QualityOfService.AtLeastOnce));
        window.BeginConnection(2);
        Assert.Equal(2, Resend(window).Count);
        Assert.True(window.IsResending);
        Assert.Equal(AckResult.Done, window.PubAck(1));
        Assert.Equal(3, ((Publish)Assert.Single(Resend(window))).PacketId);
        Assert.False(window.HasRoom);
    }

    [Fact]
    public void An_acknowledgement_ends_a_message_that_waits_to_be_sent_again()
    {
        var window = Open(10);
        Add(window, Message(QualityOfService.AtLeastOnce));
        window.BeginConnection(1);
        Assert.Equal(AckResult.Done, window.PubAck(1));
        Assert.Empty(Resend(window));
        Assert.True(window.HasRoom);
    }

    /// <summary>Against a plain list: any mix of sending, acknowledging and reconnecting.</summary>
    [Fact]
    public void It_equals_a_list_in_order_whatever_happens()
    {
        Gen.Int[0, 4].Array[0, 80].Select(Gen.Int[1, 4]).Sample((steps, quota) =>
        {
            var window = Open(quota);
            var model = new List<(ushort Id, QualityOfService QoS, bool Released)>();
            var at = 0;
            foreach (var step in steps)
            {
                at++;
                switch (step)
                {
                    case 0 or 1 when window.HasRoom:
                        var qos = step == 0 ? QualityOfService.AtLeastOnce : QualityOfService.ExactlyOnce;
                        var sent = Add(window, Message(qos));
                        Assert.DoesNotContain(model, each => each.Id == sent.PacketId);
                        model.Add((sent.PacketId, qos, false));
                        break;
                    case 2 or 3 when model.Count > 0:
                        var index = at % model.Count;
                        var (id, kind, released) = model[index];
                        if (kind == QualityOfService.AtLeastOnce)
                            Assert.Equal(AckResult.Done, window.PubAck(id));
                        else if (!released)
                            Assert.Equal(AckResult.Release, window.PubRec(id, accepted: true));
                        else
                            Assert.Equal(AckResult.Done, window.PubComp(id));
                        if (kind == QualityOfService.ExactlyOnce && !released)
                            model[index] = (id, kind, true);
                        else
                            model.RemoveAt(index);
                        break;
                    case 4:
                        window.BeginConnection(ushort.MaxValue);
                        var again = Resend(window).Select(each => each is PubRel release ? (release.PacketId, true) : (((Publish)each).PacketId, false));
                        Assert.Equal(model.Select(each => (each.Id, each.Released)), again);
                        break;
                }
                Assert.Equal(model.Count, window.Count);
            }
        });
    }
}
