using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Protocol.Tests;

public class MessageQueueSpec
{
    private static QueuedMessage Message(string topic, QualityOfService qos = QualityOfService.AtLeastOnce, int payload = 0) =>
        new(new Publish(topic, new byte[payload]) { QoS = qos }, 0);

    private static List<string> Drain(MessageQueue queue)
    {
        var topics = new List<string>();
        while (queue.TryPeek(out var message))
        {
            topics.Add(message.Packet.Topic);
            queue.Remove();
        }
        return topics;
    }

    [Fact]
    public void Messages_come_out_in_order()
    {
        var queue = new MessageQueue(10, 1 << 20);
        foreach (var topic in (string[])["a", "b", "c"])
            Assert.True(queue.TryAdd(Message(topic)));
        Assert.Equal(["a", "b", "c"], Drain(queue));
        Assert.Equal(0, queue.Bytes);
    }

    [Fact]
    public void It_is_bounded_by_messages()
    {
        var queue = new MessageQueue(2, 1 << 20);
        Assert.True(queue.TryAdd(Message("a")));
        Assert.True(queue.TryAdd(Message("b")));
        Assert.False(queue.TryAdd(Message("c")));
    }

    [Fact]
    public void It_is_bounded_by_bytes_but_takes_one_message_of_any_size()
    {
        var queue = new MessageQueue(100, 1024);
        Assert.True(queue.TryAdd(Message("a", payload: 4000)));
        Assert.False(queue.TryAdd(Message("b")));
    }

    [Theory]
    [InlineData(QueueOverflow.DropQoS0First, QualityOfService.AtLeastOnce, "b c e", 1)]
    [InlineData(QueueOverflow.DropQoS0First, QualityOfService.AtMostOnce, "a b c", 0)]
    [InlineData(QueueOverflow.DropNewest, QualityOfService.AtLeastOnce, "a b c", 0)]
    [InlineData(QueueOverflow.DropOldest, QualityOfService.AtLeastOnce, "b c e", 1)]
    [InlineData(QueueOverflow.DropOldest, QualityOfService.AtMostOnce, "b c e", 1)]
    internal void A_full_queue_gives_up_what_its_rule_says(QueueOverflow overflow, QualityOfService last, string left, int evicted)
    {
        var queue = new MessageQueue(3, 1 << 20, overflow);
        queue.TryAdd(Message("a", QualityOfService.AtMostOnce));
        queue.TryAdd(Message("b"));
        queue.TryAdd(Message("c"));
        Assert.Equal(evicted == 1, queue.TryAdd(Message("e", last)));
        Assert.Equal(evicted, queue.TakeEvicted());
        Assert.Equal(0, queue.TakeEvicted());
        Assert.Equal(left.Split(' '), Drain(queue));
    }

    [Fact]
    public void Without_QoS_0_the_new_message_goes_when_QoS_0_goes_first()
    {
        var queue = new MessageQueue(1, 1 << 20);
        Assert.True(queue.TryAdd(Message("a")));
        Assert.False(queue.TryAdd(Message("b")));
        Assert.Equal(["a"], Drain(queue));
    }

    [Fact]
    public void Dropping_the_oldest_makes_room_in_bytes_too()
    {
        var queue = new MessageQueue(100, 2048, QueueOverflow.DropOldest);
        for (var at = 0; at < 5; at++)
            queue.TryAdd(Message($"{at}", payload: 100));
        Assert.True(queue.TryAdd(Message("large", payload: 1400)));
        Assert.True(queue.Bytes <= 2048);
        Assert.Equal("large", Drain(queue)[^1]);
    }

    [Fact]
    public void What_the_server_has_no_memory_for_is_not_taken_even_when_nothing_else_waits_and_drops_nothing_else()
    {
        var queue = new MessageQueue(100, 1 << 20, QueueOverflow.DropOldest) { AllowedBytes = 1000 };
        Assert.True(queue.TryAdd(Message("a", payload: 500)));
        Assert.False(queue.TryAdd(Message("b", payload: 2000)));
        Assert.Equal(["a"], Drain(queue));
        Assert.False(queue.TryAdd(Message("b", payload: 2000)));
    }

    [Fact]
    public void A_queue_of_no_messages_takes_none() => Assert.False(new MessageQueue(0, 1 << 20).TryAdd(Message("a")));

    [Fact]
    public void Removing_QoS_0_keeps_the_others_in_order()
    {
        var queue = new MessageQueue(100, 1 << 20);
        foreach (var (topic, qos) in ((string, QualityOfService)[])[("a", QualityOfService.AtMostOnce), ("b", QualityOfService.AtLeastOnce), ("c", QualityOfService.AtMostOnce), ("d", QualityOfService.ExactlyOnce)])
            queue.TryAdd(Message(topic, qos));
        Assert.Equal(2, queue.RemoveQoS0());
        Assert.Equal(0, queue.QoS0Count);
        Assert.Equal(["b", "d"], Drain(queue));
        Assert.Equal(0, queue.Bytes);
    }

    [Fact]
    public void A_small_payload_in_a_large_array_is_copied_for_keeping_and_others_are_not()
    {
        var chunk = new byte[1000];
        var small = new QueuedMessage(new Publish("t", MqttBinary.Wrap(chunk.AsMemory(10, 20))), 0);
        var large = new QueuedMessage(new Publish("t", MqttBinary.Wrap(chunk.AsMemory(10, 500))), 0);
        Assert.Equal(small, small.ForKeeping());
        Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(small.ForKeeping().Packet.Payload.Memory, out var kept));
        Assert.Equal(20, kept.Array!.Length);
        Assert.Same(large.Packet, large.ForKeeping().Packet);
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(999, 10)]
    [InlineData(3500, 7)]
    [InlineData(9999, 1)]
    public void The_expiry_interval_is_less_the_time_waited(long waited, uint left)
    {
        var message = new QueuedMessage(new Publish("t") { Properties = new PublishProperties { MessageExpiryInterval = 10 } }, 5000);
        Assert.True(message.TryGet(5000 + waited, out var packet));
        Assert.Equal(left, packet!.Properties!.MessageExpiryInterval);
    }

    [Theory]
    [InlineData(10, 10_000)]
    [InlineData(0, 0)]
    public void An_expired_message_is_not_sent(uint interval, long waited)
    {
        var message = new QueuedMessage(new Publish("t") { Properties = new PublishProperties { MessageExpiryInterval = interval } }, 5000);
        Assert.False(message.TryGet(5000 + waited, out _));
    }
}
