using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Publishing;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>
/// A retained message that is published while another client subscribes comes once, live or as retained [MQTT-3.3.1-5] [MQTT-3.3.1-9 v5]: every
/// order of storing, routing and replaying.
/// </summary>
public class RetainedOnceSpec : global::Akka.TestKit.Xunit2.TestKit
{
    private static readonly Publish Message = new("t", "x") { Retain = true };

    private readonly ServerContext _context = ServerContext.Create(MqttServerSettings.Create(ConfigurationFactory.Empty));
    private readonly Publisher _publisher;
    private readonly ActorTarget _target;
    private long _version;

    public RetainedOnceSpec()
        : base(TestSystem.Configured())
    {
        _publisher = new Publisher(_context, "publisher");
        _target = new ActorTarget("s", TestActor, 1000);
    }

    [Fact]
    public async Task Subscribed_before_it_is_stored_it_comes_live()
    {
        Subscribe();
        _publisher.Add(Message);
        _publisher.Flush();
        Assert.Empty(Replay());
        await ExpectMsgAsync<Deliver>();
    }

    [Fact]
    public async Task Subscribed_between_storing_and_delivering_it_comes_as_retained()
    {
        _publisher.Add(Message); // stored and routed, not yet told
        Subscribe();
        _publisher.Flush();
        Assert.Single(Replay());
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(20));
    }

    [Fact]
    public async Task Subscribed_after_it_was_delivered_it_comes_as_retained()
    {
        _publisher.Add(Message);
        _publisher.Flush();
        Subscribe();
        Assert.Single(Replay());
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(20));
    }

    [Fact]
    public async Task Replayed_before_a_publisher_with_an_older_index_has_stored_it_waits_for_that()
    {
        Task<int> replay;
        lock (_context.Routing.Retaining)
        {
            var index = _context.Routing.Current;
            Subscribe();
            replay = Task.Run(() => Replay().Count());
            Assert.False(replay.IsCompleted);
            _context.Retained.Set(Message, 0, routedBy: index.Version);
        }
        Assert.Equal(1, await replay);
    }

    [Fact]
    public async Task A_message_that_takes_its_place_during_the_replay_comes_live()
    {
        _publisher.Add(Message);
        _publisher.Flush();
        Subscribe();
        _publisher.Add(Message with { Payload = "y" });
        _publisher.Flush();
        Assert.Empty(Replay());
        Assert.Equal("y", (await ExpectMsgAsync<Deliver>()).Packets[0].Payload.ToText());
    }

    private void Subscribe()
    {
        _context.Routing.Current = _context.Routing.Current.With("t", null, new Subscriber(_target, default, false, false, 0));
        _version = _context.Routing.Current.Version;
    }

    private IEnumerable<Publish> Replay()
    {
        _context.Routing.AwaitRetaining();
        return _context.Retained.Match("t").Where(each => each.RoutedBy < _version).Select(each => each.Message.Packet);
    }
}

/// <summary>The same from outside: two clients that do not know of each other.</summary>
public class RetainedRaceSpec(ITestOutputHelper output) : ServerSpec(output)
{
    [Fact]
    public async Task A_message_that_is_retained_while_another_client_subscribes_comes_once()
    {
        var publisher = await ClientAsync("publisher");
        for (var at = 0; at < 100; at++)
        {
            var subscriber = await ClientAsync($"subscriber{at}");
            await Task.WhenAll(
                Task.Run(() => publisher.SendAsync(new Publish($"race/{at}", "x") { Retain = true }, new PingReq())),
                Task.Run(() => subscriber.SendAsync(new Subscribe(1, $"race/{at}"))));
            await publisher.ExpectAsync<PingResp>();
            var got = new List<MqttPacket?> { await subscriber.NextAsync(), await subscriber.NextAsync() };
            Assert.Single(got, packet => packet is SubAck);
            Assert.Single(got, packet => packet is Publish);
            await subscriber.ExpectNothingAsync();
            subscriber.Dispose();
        }
    }
}
