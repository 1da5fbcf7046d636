using Akka.Actor;
using Akka.Mqtt.Cluster.Nodes;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>The filters of another node in the routing table.</summary>
public sealed class NodeFiltersSpec
{
    private readonly RoutingTable _routing = new();
    private readonly NodeTarget _node = new(1 << 20);
    private readonly NodeFilters _filters;

    public NodeFiltersSpec() => _filters = new NodeFilters(_routing, _node);

    [Fact]
    public void A_filter_is_in_force_when_it_was_applied()
    {
        _filters.Set("a/+", null, true);
        Assert.Empty(Subscribers("a/b"));
        _filters.Apply();
        Assert.Equal(_node, Assert.Single(Subscribers("a/b")).Target);
        _filters.Set("a/+", null, false);
        _filters.Apply();
        Assert.Empty(Subscribers("a/b"));
        Assert.Equal(0, _filters.Count);
    }

    [Fact]
    public void All_filters_of_a_node_have_one_subscriber_so_that_they_have_one_route()
    {
        _filters.Set("a", null, true);
        _filters.Set("b", null, true);
        _filters.Apply();
        Assert.Same(Subscribers("a").Single(), Subscribers("b").Single());
    }

    [Fact]
    public void A_new_set_removes_what_is_not_in_it_and_keeps_the_rest()
    {
        _filters.Begin();
        _filters.Set("stays", null, true);
        _filters.Set("goes", null, true);
        _filters.Set("stays", "group", true);
        _filters.Set("goes", "group", true);
        _filters.End();
        _filters.Apply();
        var index = _routing.Current;
        _filters.Begin();
        _filters.Set("stays", null, true);
        _filters.Set("stays", "group", true);
        Assert.Same(index, _routing.Current); // nothing is taken out before all have come
        _filters.End();
        _filters.Apply();
        Assert.Equal(2, _filters.Count);
        Assert.Single(Subscribers("stays"));
        Assert.Empty(Subscribers("goes"));
        Assert.NotNull(_routing.Current.Find(new Protocol.Session.SharedKey("group", "stays")));
        Assert.Null(_routing.Current.Find(new Protocol.Session.SharedKey("group", "goes")));
    }

    [Fact]
    public void A_node_that_is_lost_has_no_filters_and_those_of_others_stay()
    {
        var other = new ActorTarget("c", ActorRefs.Nobody, 1);
        _routing.Apply(other, [new RouteChange("topic/1", null, new Subscriber(other, QualityOfService.AtLeastOnce, false, false, 0))]);
        for (var at = 0; at < 2500; at++)
            _filters.Set($"topic/{at}", null, true);
        _filters.Set("topic", "group", true);
        _filters.Apply();
        _filters.Clear();
        Assert.Equal(0, _filters.Count);
        Assert.Equal(other, Assert.Single(Subscribers("topic/1")).Target);
        Assert.Empty(Subscribers("topic/2"));
        Assert.Empty(Subscribers("topic/2499"));
        Assert.Null(_routing.Current.Find(new Protocol.Session.SharedKey("group", "topic")));
    }

    private List<Subscriber> Subscribers(string topic)
    {
        var matches = new SubscriptionIndex.Matches();
        _routing.Current.Match(topic, matches);
        return [.. matches.Found.SelectMany(static each => each is Subscriber one ? [one] : ((ManySubscribers)each).Members.All.ToArray())];
    }
}
