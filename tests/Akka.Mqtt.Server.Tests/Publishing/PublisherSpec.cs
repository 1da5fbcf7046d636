using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Publishing;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Tests;

public class PublisherSpec : global::Akka.TestKit.Xunit2.TestKit
{
    private readonly ServerContext _context = ServerContext.Create(MqttServerSettings.Create(ConfigurationFactory.Empty));
    private readonly Publisher _publisher;

    public PublisherSpec()
        : base(TestSystem.Configured()) => _publisher = new Publisher(_context, "publisher");

    private ActorTarget Target(string clientId = "c") => new(clientId, TestActor, 1_000_000);

    private static Subscriber By(ActorTarget target, QualityOfService qos = QualityOfService.AtMostOnce, uint identifier = 0) =>
        new(target, qos, false, false, identifier);

    private void Subscribe(string filter, Subscriber subscriber) => _context.Routing.Current = _context.Routing.Current.With(filter, null, subscriber);

    private void Publish(params IEnumerable<string> topics)
    {
        foreach (var topic in topics)
            _publisher.Add(new Publish(topic, "x") { QoS = QualityOfService.ExactlyOnce, PacketId = 1 });
    }

    private async Task<Deliver> NextAsync() => await ExpectMsgAsync<Deliver>();

    [Fact]
    public async Task A_client_whose_filters_overlap_gets_a_message_once_with_the_highest_qos_and_all_identifiers()
    {
        var (target, other) = (Target(), Target("other"));
        Subscribe("a/#", By(target, QualityOfService.AtMostOnce, 1));
        Subscribe("a/#", By(other));
        Subscribe("a/+", By(target, QualityOfService.ExactlyOnce, 2));
        Subscribe("a/b", By(target, QualityOfService.AtLeastOnce, 3));
        Publish("a/b");
        _publisher.Flush();
        var deliveries = new[] { await NextAsync(), await NextAsync() };
        var packet = Assert.Single(deliveries.Single(each => each.Target == target).Packets);
        Assert.Equal(QualityOfService.ExactlyOnce, packet.QoS);
        Assert.Equal([1u, 2u, 3u], packet.Properties!.SubscriptionIdentifiers.Order());
        Assert.Single(deliveries.Single(each => each.Target == other).Packets);
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task A_walk_through_more_topics_than_are_remembered_keeps_the_order_of_each_session()
    {
        var (all, some) = (Target("all"), Target("some"));
        Subscribe("t/#", By(all));
        for (var at = 0; at < 2000; at += 7)
            Subscribe($"t/{at}", By(some));
        for (var round = 0; round < 3; round++)
        {
            var topics = Enumerable.Range(0, 2000).Select(at => $"t/{at}").ToList();
            Publish(topics);
            _publisher.Flush();
            var deliveries = new[] { await NextAsync(), await NextAsync() };
            Assert.Equal(topics, deliveries.Single(each => each.Target == all).Packets.Select(each => each.Topic));
            Assert.Equal(topics.Where((_, at) => at % 7 == 0), deliveries.Single(each => each.Target == some).Packets.Select(each => each.Topic));
        }
    }

    [Fact]
    public async Task Changes_of_the_index_within_a_chunk_count_from_the_next_message_on_and_keep_the_order()
    {
        var first = Target("first");
        Subscribe("a", By(first));
        var expected = new List<string>();
        for (var at = 0; at < 1000; at++) // more changes than routes are kept for
        {
            Publish("a", $"b/{at}");
            Subscribe($"b/{at}", By(first));
            Publish($"b/{at}");
            expected.AddRange(["a", $"b/{at}"]);
        }
        _publisher.Flush();
        Assert.Equal(expected, (await NextAsync()).Packets.Select(each => each.Topic));
        _context.Routing.Current = _context.Routing.Current.Without("a", null, first);
        Publish("a");
        _publisher.Flush();
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task More_subscribers_than_are_remembered_get_a_message_each_on_every_topic()
    {
        var targets = Enumerable.Range(0, 5000).Select(at => Target($"c{at}")).ToArray();
        foreach (var target in targets)
            Subscribe("t/#", By(target));
        Subscribe("t/2", By(targets[0], QualityOfService.AtLeastOnce));
        Publish("t/1", "t/2", "t/3");
        _publisher.Flush();
        for (var at = 0; at < targets.Length; at++)
            Assert.Equal(["t/1", "t/2", "t/3"], (await NextAsync()).Packets.Select(each => each.Topic));
    }
}
