using Akka.Mqtt.Cluster.Nodes;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>Which frames are confirmed, and when.</summary>
public sealed class SafeFramesSpec
{
    private readonly SafeFrames _frames = new();

    private long? Read(long number, params object[] receipts) => Read(number, number, receipts);

    private long? Read(long first, long number, object[] receipts)
    {
        _frames.Begin(first, number);
        foreach (var receipt in receipts)
            _frames.Await(receipt);
        return _frames.End();
    }

    [Fact]
    public void Frames_that_are_safe_at_once_are_confirmed_together()
    {
        Assert.Null(Read(1));
        Assert.Null(Read(2));
        Assert.Equal(2, _frames.Taken);
    }

    [Fact]
    public void A_frame_is_safe_when_all_that_it_carried_is()
    {
        object one = new(), other = new();
        Read(1, one, other);
        Assert.Equal(0, _frames.Taken);
        Assert.Null(_frames.Complete(other));
        Assert.Equal(0, _frames.Taken);
        Assert.Null(_frames.Complete(one));
        Assert.Equal(1, _frames.Taken);
    }

    [Fact]
    public void A_frame_that_is_safe_is_confirmed_alone_while_one_before_it_is_not()
    {
        object first = new(), third = new();
        Read(1, first);
        Assert.Equal(2, Read(2));
        Read(3, third);
        Assert.Equal(3, _frames.Complete(third));
        Assert.Equal(0, _frames.Taken);
        Assert.Null(_frames.Complete(first));
        Assert.Equal(3, _frames.Taken);
    }

    [Fact]
    public void What_is_too_large_for_one_frame_is_confirmed_with_all_of_its_parts()
    {
        object large = new();
        Read(1);
        Read(2, 4, [large]);
        Assert.Equal(1, _frames.Taken);
        Assert.Equal(5, Read(5));
        Assert.Null(_frames.Complete(large));
        Assert.Equal(5, _frames.Taken);
    }

    [Fact]
    public void What_belongs_to_an_earlier_link_says_nothing()
    {
        object early = new();
        Read(1, early);
        _frames.Clear();
        Assert.Null(_frames.Complete(early));
        Assert.Equal(0, _frames.Taken);
        Assert.Null(Read(1));
        Assert.Equal(1, _frames.Taken);
    }
}
