using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Tests;

/// <summary>The subscribers of one filter: at most one for each session, however many there are.</summary>
public class SubscriberSetSpec
{
    private static readonly DurableTargets Table = new();

    private static Subscriber Durable(long session, QualityOfService qos = default) =>
        new(Table, session, (StoredOptions)qos, 0);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_has_who_was_added_last_and_not_removed(bool inPlace)
    {
        var targets = Enumerable.Range(0, 300).Select(at => new ActorTarget($"{at}", ActorRefs.Nobody, 1)).ToArray();
        var set = SubscriberSet.Empty;
        var model = new Dictionary<SubscriberId, Subscriber>();
        var random = new Random(2);
        for (var step = 0; step < 20_000; step++)
        {
            var number = random.Next(300);
            var qos = (QualityOfService)random.Next(3);
            var subscriber = number % 2 == 0 ? Durable(1 + number, qos) : new Subscriber(targets[number], qos, false, false, 0);
            if (random.Next(step is > 8_000 and < 12_000 ? 9 : 2) == 0)
            {
                model[subscriber.Id] = subscriber;
                set = set.With(subscriber, inPlace);
            }
            else
            {
                model.Remove(subscriber.Id);
                set = set.Without(subscriber.Id);
            }
            Assert.Equal(model.Count, set.Count);
            Assert.Equal(model.ContainsKey(subscriber.Id), set.Contains(subscriber.Id));
        }
        Assert.Equal(model.Values.ToHashSet(ReferenceEqualityComparer.Instance), set.All.ToArray().ToHashSet(ReferenceEqualityComparer.Instance));
    }

    [Fact]
    public void A_change_leaves_the_set_before_it_as_it_was()
    {
        var before = SubscriberSet.Empty;
        for (var session = 1; session <= 1_000; session++)
            before = before.With(Durable(session));
        var after = before.Without(Durable(7).Id).With(Durable(8, QualityOfService.ExactlyOnce)).With(Durable(2_000));
        Assert.Equal((1_000, 1_000), (before.Count, after.Count));
        Assert.True(before.Contains(Durable(7).Id));
        Assert.All(before.All.ToArray(), each => Assert.Equal(QualityOfService.AtMostOnce, each.QoS));
    }

    [Fact]
    public void A_durable_subscriber_makes_no_target_to_be_found_or_to_say_that_it_is_not_connected()
    {
        var subscriber = Durable(5);
        Assert.False(subscriber.IsConnected);
        Assert.True(SubscriberSet.Empty.With(subscriber).Contains(subscriber.Id));
        Assert.Equal(0, Table.Count);
    }
}
