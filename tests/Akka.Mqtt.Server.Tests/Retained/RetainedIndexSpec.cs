using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Retained;
using CsCheck;

namespace Akka.Mqtt.Server.Tests;

public class RetainedIndexSpec
{
    private static Publish Message(string topic, string payload = "x") => new(topic, payload) { Retain = true };

    private static IEnumerable<string> Topics(RetainedIndex index, string filter) => index.Match(filter).Select(each => each.Message.Packet.Topic).Order();

    [Fact]
    public void A_later_message_replaces_and_an_empty_one_removes()
    {
        var index = new RetainedIndex(10, 1 << 20);
        index.Set(Message("a/b", "1"), 0);
        index.Set(Message("a/b", "2"), 0);
        Assert.Equal("2", Assert.Single(index.Match("a/b")).Message.Packet.Payload.ToText());
        Assert.Equal(1, index.Count);
        index.Set(Message("a/b", ""), 0);
        Assert.Empty(index.Match("#"));
        Assert.Equal((0, 0L), (index.Count, index.Bytes));
    }

    [Fact]
    public void The_levels_below_a_topic_are_those_with_messages_and_those_on_the_way_to_them()
    {
        var index = new RetainedIndex(10, 1 << 20);
        foreach (var topic in (string[])["a", "a/b", "a/c/d", "$x/y", "/e"])
            index.Set(Message(topic), 0);
        Assert.Equal(
            [("", false, true), ("$x", false, true), ("a", true, true)],
            index.Below(null).Select(each => (each.Level, each.Message is not null, each.HasMore)).OrderBy(each => each.Level, StringComparer.Ordinal));
        Assert.Equal(
            [("b", true, false), ("c", false, true)],
            index.Below("a").Select(each => (each.Level, each.Message is not null, each.HasMore)).OrderBy(each => each.Level, StringComparer.Ordinal));
        Assert.Equal("e", Assert.Single(index.Below("")).Level);
        Assert.Empty(index.Below("a/b"));
        Assert.Empty(index.Below("nowhere"));
        Assert.Equal("a/b", index.Get("a/b")!.Message.Packet.Topic);
        Assert.Null(index.Get("a/c"));
    }

    [Fact]
    public void It_is_bounded_by_messages_and_by_bytes()
    {
        var index = new RetainedIndex(2, 1 << 20);
        Assert.True(index.Set(Message("a"), 0));
        Assert.True(index.Set(Message("b"), 0));
        Assert.False(index.Set(Message("c"), 0));
        Assert.True(index.Set(Message("b", "changed"), 0));
        Assert.False(new RetainedIndex(10, 100).Set(Message("a", new string('x', 200)), 0));
    }

    [Fact]
    public void An_expired_message_is_removed_unless_it_was_replaced()
    {
        var index = new RetainedIndex(10, 1 << 20);
        index.Set(Message("a", "1"), 0);
        var old = index.Match("a").Single();
        index.Set(Message("a", "2"), 0);
        index.RemoveExpired(old);
        Assert.Equal(1, index.Count);
        index.RemoveExpired(index.Match("a").Single());
        Assert.Equal(0, index.Count);
    }

    [Fact]
    public void It_equals_a_naive_matcher_after_any_changes()
    {
        Gen.Select(Gen.Select(GenText.Topic, Gen.Bool).Array[0, 40], GenText.Filter.Array[1, 20]).Sample((changes, filters) =>
        {
            var index = new RetainedIndex(1000, 1 << 20);
            var naive = new HashSet<string>();
            foreach (var (name, add) in changes)
            {
                index.Set(Message(name, add ? "x" : ""), 0);
                _ = add ? naive.Add(name) : naive.Remove(name);
            }
            foreach (var text in filters)
                Assert.Equal(naive.Where(name => TopicFilter.Matches(text, name)).Order(), Topics(index, text));
            Assert.Equal(naive.Count, index.Count);
        });
    }

    [Fact]
    public void A_sweep_removes_what_has_expired_and_nothing_else()
    {
        var index = new RetainedIndex(100, 1 << 20);
        index.Set(new Publish("a/short", "x") { Retain = true, Properties = new PublishProperties { MessageExpiryInterval = 10 } }, 0);
        index.Set(new Publish("a/long", "x") { Retain = true, Properties = new PublishProperties { MessageExpiryInterval = 100 } }, 0);
        index.Set(new Publish("b", "x") { Retain = true }, 0);
        Assert.Equal(0, index.Sweep(9_999));
        Assert.Equal(1, index.Sweep(10_000));
        Assert.Equal(["a/long", "b"], index.Match("#").Select(each => each.Message.Packet.Topic).Order());
        Assert.Equal(1, index.Sweep(1_000_000));
        Assert.Equal((1, 0), (index.Count, index.Sweep(long.MaxValue / 2)));
    }
}
