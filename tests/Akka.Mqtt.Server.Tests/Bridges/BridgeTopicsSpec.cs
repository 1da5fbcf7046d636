using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Bridges;

namespace Akka.Mqtt.Server.Tests;

/// <summary>Which messages a bridge carries, and what their topics are called on the other side. Without actors.</summary>
public class BridgeTopicsSpec
{
    [Theory]
    [InlineData("plant/#", "", "", "plant/1/heat", "plant/1/heat")]
    [InlineData("#", "here/", "there/", "here/a/b", "there/a/b")]
    [InlineData("#", "here/", "there/", "here", "there")] // "here/#" matches "here" too
    [InlineData("#", "here/", "", "here/a", "a")]
    [InlineData("#", "here/", "", "here", null)] // nothing would be left
    [InlineData("", "door", "house/door", "door", "house/door")]
    [InlineData("+/state", "", "far/", "lamp/state", "far/lamp/state")]
    [InlineData("+/state", "", "far/", "lamp/power", null)]
    [InlineData("#", "", "far/", "$SYS/uptime", null)]
    public void A_topic_has_the_other_prefix_on_the_other_side(string filter, string local, string remote, string topic, string? expected)
    {
        var entry = new MqttBridgeTopic(filter) { LocalPrefix = local, RemotePrefix = remote, Direction = MqttBridgeDirection.Both };
        entry.Validate("topics[0]");
        Assert.Equal(expected, new BridgeTopics([entry], isOut: true).Map(topic, out _));
        if (expected is not null)
            Assert.Equal(topic, new BridgeTopics([entry], isOut: false).Map(expected, out _));
    }

    [Fact]
    public void The_first_entry_that_matches_counts_and_each_direction_has_its_own()
    {
        MqttList<MqttBridgeTopic> entries =
        [
            new MqttBridgeTopic("a/b") { RemotePrefix = "one/", QoS = QualityOfService.ExactlyOnce },
            new MqttBridgeTopic("a/#") { RemotePrefix = "two/", QoS = QualityOfService.AtMostOnce },
            new MqttBridgeTopic("c") { Direction = MqttBridgeDirection.In },
        ];
        var topics = new BridgeTopics(entries, isOut: true);
        Assert.Equal(("one/a/b", QualityOfService.ExactlyOnce), (topics.Map("a/b", out var first), first));
        Assert.Equal(("two/a/c", QualityOfService.AtMostOnce), (topics.Map("a/c", out var second), second));
        Assert.Null(topics.Map("c", out _));
        Assert.Equal(["a/b", "a/#"], topics.Subscriptions(isV5: true).Select(each => each.Filter));
        Assert.Equal(["c"], new BridgeTopics(entries, isOut: false).Subscriptions(isV5: false).Select(each => each.Filter));
    }

    [Fact]
    public void Names_that_are_remembered_are_bounded()
    {
        var topics = new BridgeTopics([new MqttBridgeTopic("#") { RemotePrefix = "far/" }], isOut: true);
        for (var round = 0; round < 2; round++)
        {
            for (var at = 0; at < 10_000; at++)
                Assert.Equal($"far/{at}", topics.Map($"{at}", out _));
        }
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var at = 0; at < 1000; at++)
            Assert.NotNull(topics.Map($"{at}/{new string('x', 60_000)}", out _)); // 240 MB, if they were kept
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 20 << 20);
    }

    [Theory]
    [InlineData("client.servers = []", "client.servers")]
    [InlineData("client.servers = [nowhere]", "client.servers")]
    [InlineData("client.keep-alive = -1 s", "client.keep-alive")]
    [InlineData("topics = []", "topics is empty")]
    [InlineData("topics = plant", "topics is not a list")]
    [InlineData("topics = [plant]", "topics[0]")]
    [InlineData("topics = [{ direction = out }]", "topics[0]: filter is missing")]
    [InlineData("topics = [{ filter = a, way = out }]", "topics[0].way")]
    [InlineData("topics = [{ filter = a, direction = up }]", "topics[0]: direction = up")]
    [InlineData("topics = [{ filter = a, qos = 3 }]", "topics[0]: qos = 3")]
    [InlineData("topics = [{ filter = \"a#\" }]", "topics[0]: topics: filter")]
    [InlineData("topics = [{ filter = \"$share/g/a\" }]", "topics[0]")]
    [InlineData("topics = [{ filter = \"\" }]", "topics[0]: local-prefix")]
    [InlineData("topics = [{ filter = \"#\", local-prefix = a }]", "topics[0]: local-prefix")]
    [InlineData("topics = [{ filter = a, remote-prefix = \"b/+/\" }]", "remote-prefix")]
    [InlineData("notifications = perhaps", "notifications")]
    [InlineData("notification-topic = \"a/#\"", "notification-topic")]
    [InlineData("ca-file = nowhere.pem", "nowhere.pem")]
    [InlineData("key-file = key.pem", "key-file needs cert-file")]
    [InlineData("enabled = perhaps", "enabled")]
    public void What_is_wrong_with_a_bridge_is_an_error_that_names_the_key(string config, string expected)
    {
        var error = Assert.Throws<ConfigurationException>(() => Create(config));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bridge_that_is_off_is_none_and_two_need_two_names()
    {
        Assert.Empty(Create("enabled = off").Bridges);
        var one = Assert.Single(Create("").Bridges);
        var twice = Create("") with { Bridges = [one, one] };
        Assert.Contains("bridges", Assert.Throws<ConfigurationException>(twice.Validate).Message, StringComparison.Ordinal);
        Assert.Throws<ConfigurationException>(() => one with { Name = "a/b" });
    }

    [Fact]
    public void The_session_at_the_other_server_is_kept_unless_somebody_says_otherwise()
    {
        var client = Assert.Single(Create("").Bridges).Client;
        Assert.Equal((false, TimeSpan.FromDays(7)), (client.CleanStart, client.SessionExpiry));
    }

    private static MqttServerSettings Create(string config) => MqttServerSettings.Create(ConfigurationFactory.ParseString(
        $"akka.mqtt.server.bridges.b {{ client.servers = [\"mqtt://far.example\"], topics = [{{ filter = a }}] \n {config} }}"));
}
