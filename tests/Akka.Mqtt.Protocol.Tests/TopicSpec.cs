using System.Text;
using Akka.Mqtt.Protocol.Codec;

namespace Akka.Mqtt.Protocol.Tests;

public sealed class TopicSpec
{
    public static IEnumerable<object[]> Rows(string kind) =>
        VectorTable.Rows("topic-vectors.tsv").Where(row => row[0] == kind).Select(row => (object[])[row[1], row[2], row[3]]);

    // [MQTT-4.7.2-1], [MQTT-4.7.3-4]
    [Theory]
    [MemberData(nameof(Rows), "match")]
    public void Filter_must_match_as_the_table_says(string filter, string topic, string expected) =>
        Assert.Equal(expected == "match", TopicFilter.Matches(filter, topic));

    // 5.0 [MQTT-4.7.1-1], [MQTT-4.7.1-2], [MQTT-4.7.3-1]
    [Theory]
    [MemberData(nameof(Rows), "filter")]
    public void Filter_must_be_valid_as_the_table_says(string filter, string unused, string expected)
    {
        Assert.Equal("", unused);
        Assert.Equal(expected == "valid", TopicFilter.IsValid(filter));
        Assert.Equal(expected == "valid", TopicFilter.IsValid(Encoding.UTF8.GetBytes(filter)));
    }

    // 5.0 [MQTT-4.8.2-1], [MQTT-4.8.2-2]
    [Theory]
    [MemberData(nameof(Rows), "shared-filter-5.0")]
    public void Shared_filter_must_be_valid_as_the_table_says(string filter, string unused, string expected)
    {
        Assert.Equal("", unused);
        Assert.True(SharedFilter.IsShared(filter));
        Assert.Equal(expected == "valid", SharedFilter.IsValid(filter));
        Assert.Equal(expected == "valid", SharedFilter.TryParse(filter, out var shared));
        if (expected == "valid")
            Assert.Equal(filter, shared.ToString());
    }

    // 5.0 [MQTT-4.7.0-1], 3.1.1 [MQTT-4.7.1-1]
    [Theory]
    [MemberData(nameof(Rows), "name")]
    public void Name_must_be_valid_as_the_table_says(string name, string unused, string expected)
    {
        Assert.Equal("", unused);
        Assert.Equal(expected == "valid", TopicName.IsValid(name));
        Assert.Equal(expected == "valid", TopicName.IsValid(Encoding.UTF8.GetBytes(name)));
    }

    // [MQTT-4.7.3-2], [MQTT-4.7.3-3]
    [Fact]
    public void Name_and_filter_must_hold_the_string_rules()
    {
        foreach (var bad in (string[])["a\0b", "a\uD800", "\uDC00a", new string('a', 65_536), new string('é', 32_768)])
        {
            Assert.False(TopicName.IsValid(bad));
            Assert.False(TopicFilter.IsValid(bad));
        }

        Assert.True(TopicName.IsValid(new string('é', 32_767)));
        Assert.True(TopicFilter.IsValid(new string('a', 65_535)));
        Assert.False(TopicName.IsValid((string?)null));
        Assert.False(TopicFilter.IsValid((string?)null));
    }

    [Fact]
    public void Shared_filter_must_be_split()
    {
        Assert.True(SharedFilter.TryParse("$share/group//a/#", out var shared));
        Assert.Equal("group", shared.ShareName);
        Assert.Equal("/a/#", shared.Filter);
        Assert.False(SharedFilter.TryParse("a/b", out _));
    }

    [Fact]
    public void Topic_cache_must_give_the_same_string_again_and_stay_bounded()
    {
        var cache = TextCache.OfTopics();
        Assert.Equal(0, cache.Capacity);
        foreach (var topic in (string[])["a", "sensors/1/temperature", "日本/é"])
            Assert.Same(cache.Get(Encoding.UTF8.GetBytes(topic)), cache.Get(Encoding.UTF8.GetBytes(topic)));
        Assert.Equal(4, cache.Capacity);

        for (var round = 0; round < 3; round++)
        {
            for (var topic = 0; topic < 20_000; topic++)
                Assert.Equal($"topic/{topic}", cache.Get(Encoding.UTF8.GetBytes($"topic/{topic}")));
        }

        Assert.Equal(TextCache.MaxTopics, cache.Capacity);
        Assert.Null(cache.Get("a/+"u8));
        Assert.Null(cache.Get([]));
        Assert.Null(cache.Get([0xFF]));
        Assert.Equal(new string('x', 1000), cache.Get(Encoding.UTF8.GetBytes(new string('x', 1000))));
    }
}
