using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Cluster.Nodes;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>What a link keeps until it is confirmed, and what becomes of it when its node is lost.</summary>
public sealed class LostLinkSpec
{
    private readonly LinkFrames _frames = new(1000);

    [Fact]
    public void What_a_node_has_not_confirmed_is_taken_whole_and_in_order()
    {
        var waits = new LinkDelivery(null, 1).Begin();
        _frames.Add(new byte[] { 1 }, false, null, false);
        _frames.Add(new byte[] { 2 }, true, null, false);
        _frames.Add(new byte[] { 3 }, false, [waits], false);
        _frames.Add(new byte[] { 4 }, false, null, false);
        SendAll();
        Assert.True(_frames.TryConfirm(1, out _));
        var taken = _frames.TakeAll().ToList();
        Assert.Equal([3L, 4L], taken.Select(static each => each.Number));
        Assert.Equal([2, 3], taken[0].Content.ToArray());
        Assert.Same(waits, Assert.Single(taken[0].Items));
        Assert.Equal([4], taken[1].Content.ToArray());
        Assert.True(_frames.IsEmpty);
    }

    [Fact]
    public void What_was_confirmed_alone_is_not_taken()
    {
        _frames.Add(new byte[] { 1 }, false, null, false);
        _frames.Add(new byte[] { 2 }, true, null, false);
        _frames.Add(new byte[] { 3 }, false, null, false);
        SendAll();
        Assert.True(_frames.TryConfirmAlone(3, out _));
        Assert.Equal([1L], _frames.TakeAll().Select(static each => each.Number));
    }

    [Fact]
    public void The_bytes_of_messages_that_the_heir_gets_count_once_for_it()
    {
        var delivery = new LinkDelivery(null, 7);
        Assert.Equal(7, delivery.Move());
        Assert.Equal(0, delivery.Move());
    }

    [Fact]
    public void A_message_that_two_lost_nodes_were_to_get_is_passed_over_when_one_of_them_has_committed_it()
    {
        var inheritance = new Inheritance(
            2, ["heir#2", "first#1"], [], new Dictionary<(string, string), LinkPosition>
            {
                [("heir#2", "self#3")] = new LinkPosition(20, 7, 2),
                [("first#1", "self#3")] = new LinkPosition(10, 4, 1),
            },
            100);
        var positions = new InheritedPositions("self#3");
        positions.Begin(new InheritedFrame(2, "heir#2", 20, 7, default));
        positions.Begin(new InheritedFrame(1, "first#1", 10, 5, default));
        Assert.True(positions.IsNextTaken(inheritance)); // by the heir
        Assert.True(positions.IsNextTaken(inheritance));
        Assert.False(positions.IsNextTaken(inheritance));
        positions.End();
        positions.End();
        positions.Begin(new InheritedFrame(2, "heir#2", 20, 8, default));
        positions.Begin(new InheritedFrame(1, "first#1", 10, 4, default));
        Assert.True(positions.IsNextTaken(inheritance)); // by the first
        Assert.False(positions.IsNextTaken(inheritance));
    }

    private void SendAll()
    {
        while (_frames.TrySend(out _))
        {
        }
    }
}
