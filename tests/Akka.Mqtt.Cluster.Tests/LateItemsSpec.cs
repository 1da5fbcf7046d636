using System.Diagnostics.CodeAnalysis;
using Akka.Mqtt.Cluster.Nodes;
using Akka.Mqtt.Server.Routing;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>What two nodes know of messages for sessions that are stuck: plain code.</summary>
public sealed class LateItemsSpec(ITestOutputHelper output) : global::Akka.TestKit.Xunit2.TestKit(TestSystem.Configured(""), null, output)
{
    private readonly LateItems _items = new();
    private readonly LateDeliveries _deliveries = new();

    private Receipt Waits()
    {
        var receipt = new Receipt(TestActor);
        receipt.AddStore();
        Assert.True(receipt.Seal());
        return receipt;
    }

    private Receipt Read(long frame, int items, params string[] topics)
    {
        var receipt = Waits();
        _items.BeginFrame(frame);
        for (var at = 0; at < items; at++)
            _items.BeginItem();
        foreach (var topic in topics)
            _items.AddTopic(topic);
        _items.Await(receipt);
        return receipt;
    }

    [Fact]
    public void A_receipt_covers_the_items_since_the_last_flush()
    {
        var (first, second) = (Read(3, 2, "a"), Waits());
        _items.BeginItem();
        _items.Skip();
        _items.BeginItem();
        _items.Await(second);
        Assert.True(_items.TryAdd(first));
        Assert.Equal([new FrameItem(3, 0), new FrameItem(3, 1)], _items.Take(1, again: false)!.Items);
        _items.Remove(first);
        Assert.True(_items.TryAdd(second));
        var late = _items.Take(1, again: false)!;
        Assert.Equal((new FrameItem(3, 3), 0), (late.Items.Single(), late.Topics.Length));
    }

    [Fact]
    public void The_node_is_told_all_that_is_late_when_it_changes_and_again_when_it_may_have_missed_that()
    {
        Assert.Null(_items.Take(1, again: true));
        var receipt = Read(3, 1, "a", "b");
        Assert.True(_items.TryAdd(receipt));
        var late = _items.Take(1, again: false)!;
        Assert.Equal((1L, new FrameItem(3, 0)), (late.Link, late.Items.Single()));
        Assert.Equal(["a", "b"], late.Topics.Order());
        Assert.Null(_items.Take(1, again: false));
        Assert.Single(_items.Take(1, again: true)!.Items);
        _items.Remove(receipt);
        Assert.False(_items.TryAdd(receipt)); // it has been taken
        Assert.Empty(_items.Take(1, again: false)!.Items);
        Assert.Empty(_items.Take(1, again: true)!.Items);
    }

    [Fact]
    public void There_is_room_for_a_number_of_items_and_what_is_said_of_them_is_bounded_too()
    {
        var receipts = Enumerable.Range(0, LateItems.Most).Select(at => Read(at, 1, $"{at}")).ToList();
        foreach (var receipt in receipts)
            Assert.True(_items.TryAdd(receipt));
        var (gone, more) = (Read(LateItems.Most, 1), Read(LateItems.Most + 1, 1));
        Assert.False(_items.TryAdd(gone));
        Assert.False(_items.TryAdd(more));
        Assert.False(_items.TryAddNext(out _));
        var late = _items.Take(1, again: false)!;
        Assert.Equal((LateItems.Most, 500), (late.Items.Length, late.Topics.Length));
        _items.Remove(gone);
        _items.Remove(receipts[0]);
        Assert.True(_items.TryAddNext(out var next));
        Assert.Same(more, next);
        Assert.False(_items.TryAddNext(out _));
    }

    [Fact]
    public async Task A_publisher_waits_until_its_frames_are_confirmed_and_nothing_of_them_is_late()
    {
        var receipt = Waits();
        var delivery = new LinkDelivery(receipt, 7);
        var items = new Dictionary<FrameItem, LinkDelivery> { [new FrameItem(3, 0)] = delivery, [new FrameItem(4, 0)] = delivery };
        _deliveries.Set([new FrameItem(3, 0), new FrameItem(5, 0)], items.TryGetValue);
        _deliveries.Set([new FrameItem(3, 0), new FrameItem(4, 0)], items.TryGetValue);
        delivery.Begin().Begin();
        Assert.False(delivery.Confirm());
        Assert.True(delivery.Confirm());
        _deliveries.Set([new FrameItem(4, 0)], None);
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(20));
        Assert.True(_deliveries.Any);
        _deliveries.Set([], items.TryGetValue);
        Assert.Same(receipt, await ExpectMsgAsync<Receipt>());
        Assert.False(_deliveries.Any);

        static bool None(FrameItem item, [MaybeNullWhen(false)] out LinkDelivery delivery)
        {
            delivery = null;
            return false;
        }
    }
}
