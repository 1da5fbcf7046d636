using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Server.Tests.Routing;

public class SharedGroupSpec
{
    private static readonly ActorTarget[] Targets =
        [.. Enumerable.Range(0, 4).Select(at => new ActorTarget($"c{at}", ActorRefs.Nobody, 10) { IsConnected = true })];

    private readonly SharedGroup _group = new SharedGroup("g", "t").With(Targets.Aggregate(
        SubscriberSet.Empty, (set, target) => set.With(new Subscriber(target, QualityOfService.AtMostOnce, false, false, 0))));

    private string Choose(SharedSubscriptionStrategy strategy, string publisher = "p", string topic = "t", DeliveryTarget? except = null) =>
        _group.Choose(strategy, publisher, topic, except)!.Target.ClientId;

    [Fact]
    public void Round_robin_gives_each_its_turn() => Assert.Equal(
        ["c0", "c1", "c2", "c3", "c0", "c1"], Enumerable.Range(0, 6).Select(_ => Choose(SharedSubscriptionStrategy.RoundRobin)));

    [Fact]
    public void Random_comes_to_all() => Assert.Equal(
        4, Enumerable.Range(0, 500).Select(_ => Choose(SharedSubscriptionStrategy.Random)).Distinct().Count());

    [Fact]
    public void Sticky_stays_until_the_member_disconnects()
    {
        var first = Choose(SharedSubscriptionStrategy.Sticky);
        Assert.All(Enumerable.Range(0, 20), _ => Assert.Equal(first, Choose(SharedSubscriptionStrategy.Sticky)));
        var target = Targets.Single(each => each.ClientId == first);
        target.IsConnected = false;
        try
        {
            var second = Choose(SharedSubscriptionStrategy.Sticky);
            Assert.NotEqual(first, second);
            target.IsConnected = true;
            Assert.Equal(second, Choose(SharedSubscriptionStrategy.Sticky));
        }
        finally
        {
            target.IsConnected = true;
        }
    }

    [Fact]
    public void Hashes_send_one_publisher_or_one_topic_to_one_member_and_spread_many()
    {
        Assert.Single(Enumerable.Range(0, 20).Select(at => Choose(SharedSubscriptionStrategy.HashClient, "p", $"{at}")).Distinct());
        Assert.Single(Enumerable.Range(0, 20).Select(at => Choose(SharedSubscriptionStrategy.HashTopic, $"{at}", "t")).Distinct());
        Assert.Equal(4, Enumerable.Range(0, 100).Select(at => Choose(SharedSubscriptionStrategy.HashClient, $"{at}")).Distinct().Count());
        Assert.Equal(4, Enumerable.Range(0, 100).Select(at => Choose(SharedSubscriptionStrategy.HashTopic, "p", $"{at}")).Distinct().Count());
    }

    [Theory]
    [InlineData(SharedSubscriptionStrategy.RoundRobin)]
    [InlineData(SharedSubscriptionStrategy.Random)]
    [InlineData(SharedSubscriptionStrategy.Sticky)]
    [InlineData(SharedSubscriptionStrategy.HashTopic)]
    public void The_one_that_left_is_passed_over(SharedSubscriptionStrategy strategy) =>
        Assert.All(Enumerable.Range(0, 50), _ => Assert.NotEqual("c1", Choose(strategy, except: Targets[1])));

    [Fact]
    public void With_nobody_else_there_is_nobody()
    {
        var alone = new SharedGroup("g", "t").With(SubscriberSet.Empty.With(new Subscriber(Targets[0], QualityOfService.AtMostOnce, false, false, 0)));
        Assert.Null(alone.Choose(SharedSubscriptionStrategy.RoundRobin, "p", "t", Targets[0]));
    }
}
