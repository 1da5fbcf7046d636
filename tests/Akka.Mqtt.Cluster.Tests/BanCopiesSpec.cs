using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Cluster.Nodes;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Directories;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>How a node copies the bans of others.</summary>
public sealed class BanCopiesSpec
{
    private static readonly UniqueAddress Other = new(new global::Akka.Actor.Address("akka.tcp", "mqtt", "host", 1), 1);

    private readonly MqttServerBans _bans = new(TimeProvider.System);
    private readonly BanCopies _copies;

    public BanCopiesSpec() => _copies = new BanCopies(_bans, NoLogger.Instance);

    private static Dictionary<UniqueAddress, bool> Nodes(bool isReachable) => new() { [Other] = isReachable };

    private static BanChange Ban(string? client, long seconds = 0, string? address = null) => new(client, address, true, seconds);

    [Fact]
    public void A_node_is_asked_page_by_page_once()
    {
        Assert.Empty(_copies.Find(Nodes(isReachable: false)));
        Assert.Equal([Other], _copies.Find(Nodes(isReachable: true)));
        Assert.Equal(0, _copies.NextOf(Other));
        _copies.Take(Other, new NodeReply.Bans([Ban("a")], 1));
        Assert.Equal(1, _copies.NextOf(Other));
        _copies.Take(Other, new NodeReply.Bans([Ban("b")], 0));
        Assert.Null(_copies.NextOf(Other));
        Assert.Empty(_copies.Find(Nodes(isReachable: true)));
        Assert.Equal(["a", "b"], _bans.List().Select(static each => each.ClientId));
    }

    [Fact]
    public void A_node_that_does_not_answer_is_not_asked_for_ever()
    {
        _copies.Find(Nodes(isReachable: true));
        for (var at = 0; at < BanCopies.MostTries; at++)
        {
            Assert.Equal(0, _copies.NextOf(Other));
            _copies.Take(Other, null);
        }
        Assert.Null(_copies.NextOf(Other));
    }

    [Fact]
    public void The_later_end_of_two_bans_counts_and_what_is_no_ban_is_ignored()
    {
        _bans.Add("long", TimeSpan.FromHours(5));
        _bans.Add("short", TimeSpan.FromMinutes(1));
        Assert.Equal(0, _bans.Copy([Ban("long", 60), Ban("short", long.MaxValue), Ban(null), Ban(""), Ban(null, 0, "nonsense"), Ban(null, 0, "::ffff:192.0.2.1")]));
        Assert.Equal(["long", "short", null], _bans.List().Select(static each => each.ClientId));
        Assert.True(_bans.List()[0].Until > DateTimeOffset.UtcNow.AddHours(4));
        Assert.Null(_bans.List()[1].Until);
        Assert.Equal("192.0.2.1", _bans.List()[2].Address!.ToString());
    }

    [Fact]
    public void Bans_that_do_not_fit_are_counted_and_pages_have_a_limit_of_bytes()
    {
        Assert.Equal(0, _bans.Copy([.. Enumerable.Range(0, MqttServerBans.MaxBans - 1).Select(static at => Ban($"{at}"))]));
        Assert.Equal(2, _bans.Copy([Ban("a"), Ban("b"), Ban("c")]));
        var large = new MqttServerBans(TimeProvider.System);
        Assert.Equal(0, large.Copy([Ban("a" + new string('x', 60_000), 10), Ban("b")]));
        var page = BanCopies.Page(large, 0, DateTimeOffset.UtcNow);
        Assert.Equal((1, 1), (page.All.Count, page.Next));
        Assert.InRange(page.All[0].Seconds, 9, 10);
        page = BanCopies.Page(large, 1, DateTimeOffset.UtcNow);
        Assert.Equal((1, 0, 0L), (page.All.Count, page.Next, page.All[0].Seconds));
        Assert.Empty(BanCopies.Page(large, 7, DateTimeOffset.UtcNow).All);
    }
}
