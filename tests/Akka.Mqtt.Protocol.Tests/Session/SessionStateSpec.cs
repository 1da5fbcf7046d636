using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Protocol.Tests;

public class SessionStateSpec
{
    [Fact]
    public void An_identical_filter_replaces_and_says_that_it_is_not_new()
    {
        var state = new SessionState(10, 1024);
        Assert.Null(state.Subscribe(new SessionSubscription(new Subscription("a/+"), 1)));
        Assert.NotNull(state.Subscribe(new SessionSubscription(new Subscription("a/+", QualityOfService.AtLeastOnce), 2)));
        Assert.Equal(2u, Assert.Single(state.Subscriptions).Identifier);
    }

    [Fact]
    public void Unsubscribing_compares_character_by_character()
    {
        var state = new SessionState(10, 1024);
        state.Subscribe(new SessionSubscription(new Subscription("a/b"), 0));
        Assert.Null(state.Unsubscribe("a/+"));
        Assert.Null(state.Unsubscribe("A/b"));
        Assert.NotNull(state.Unsubscribe("a/b"));
        Assert.False(state.IsSubscribed("a/b"));
    }
}
