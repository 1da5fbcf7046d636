using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Akka.Mqtt.Cluster.Devices;
using Akka.Mqtt.Server;
using Akka.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>Which events of devices are lost when somebody is too slow, and that they are counted; and how lists of nodes become one.</summary>
public sealed class DeviceEventsSpec(ITestOutputHelper output) : global::Akka.TestKit.Xunit2.TestKit(TestSystem.Configured(""), null, output)
{
    private static readonly UniqueAddress Here = new(new Address("akka.tcp", "mqtt", "here", 1), 1);
    private static readonly UniqueAddress There = new(new Address("akka.tcp", "mqtt", "there", 1), 2);

    private static MqttDevices.TakenOver Event(int number) => new MqttDevices.TakenOver(There.Address, $"{number}");

    [Fact]
    public async Task Events_that_a_node_has_no_room_for_are_counted_there_when_it_takes_events_again()
    {
        var (probe, node) = (CreateTestProbe(), new Nodes());
        var source = new DeviceEventSource(node);
        source.Wanted(new EventsWanted(There, 7, 0, true), probe);
        for (var at = 0; at < 5; at++)
            source.Add(Event(at));
        source.Flush();
        var first = await probe.ExpectMsgAsync<DeviceEvents>();
        Assert.Equal((7, 0, 4), (first.Stream, first.First, first.Events.Length)); // the window is 4
        source.Wanted(new EventsWanted(There, 7, 4, true), probe);
        Assert.Equal((5, 0), await probe.ExpectMsgAsync<DeviceEvents>() is var empty ? (empty.First, empty.Events.Length) : default);
        source.Add(Event(5));
        source.Flush();
        Assert.Equal(5, (await probe.ExpectMsgAsync<DeviceEvents>()).First);

        var subscriber = CreateTestProbe();
        var subscribers = new DeviceSubscribers(node);
        subscribers.Add(subscriber);
        await subscriber.ExpectMsgAsync<MqttDevices.Subscribed>();
        var stream = node.Sent.OfType<EventsWanted>().Last().Stream;
        subscribers.Take(new DeviceEvents(There, stream, 0, [Event(0)]));
        subscribers.Take(new DeviceEvents(There, stream, 0, [Event(0)])); // twice
        subscribers.Take(new DeviceEvents(There, stream, 3, [Event(3)]));
        Assert.Equal(4, node.Sent.OfType<EventsWanted>().Last().Taken);
        Assert.Equal(Event(0), await EventAsync(subscriber));
        Assert.Equal(new MqttDevices.EventsLost(There.Address, 2), await EventAsync(subscriber));
        Assert.Equal(Event(3), await EventAsync(subscriber));
    }

    [Fact]
    public async Task A_subscriber_that_is_behind_misses_events_and_is_told_how_many()
    {
        var (subscriber, node) = (CreateTestProbe(), new Nodes());
        var subscribers = new DeviceSubscribers(node);
        subscribers.Add(subscriber);
        for (var at = 0; at < 10; at++)
            subscribers.Tell(Event(at));
        subscribers.HasHandled(subscriber); // the first
        subscribers.HasHandled(subscriber); // the other three
        subscribers.Tell(Event(10));
        var told = new List<MqttDevices.Event>();
        while (await subscriber.ReceiveOneAsync(TimeSpan.FromMilliseconds(50)) is { } message)
        {
            if (message is MqttDevices.Event each)
                told.Add(each);
        }
        Assert.Equal([Event(0), Event(1), Event(2), Event(3), new MqttDevices.EventsLost(Here.Address, 6), Event(10)], told);
    }

    [Fact]
    public void A_page_of_all_nodes_ends_where_that_of_a_node_ends_that_has_more()
    {
        var one = ClientPages.Of(Here.Address, [Client("a"), Client("d"), Client("g")], 9, isFull: true, most: 100_000);
        var other = ClientPages.Of(There.Address, [Client("b"), Client("c"), Client("h")], 3, isFull: false, most: 100_000);
        Assert.Equal(("g", null), (one.Next, other.Next));
        var page = ClientPages.Join([one, other], 10, []);
        Assert.Equal(["a", "b", "c", "d", "g"], page.Clients.Select(each => each.Client.ClientId));
        Assert.Equal(("g", 12), (page.Next, page.Total));
        Assert.Equal("b", ClientPages.Join([one, other], 2, []).Next);
        Assert.Null(ClientPages.Join([other], 3, []).Next);
        var small = ClientPages.Of(Here.Address, [Client(new string('x', 60_000)), Client("y")], 2, isFull: false, most: 1000);
        Assert.Equal(small.Clients[0].Client.ClientId, small.Next);
        Assert.Single(small.Clients);
    }

    private static ClientInfo Client(string clientId) => new(clientId, null, 0, 0);

    private static async Task<object> EventAsync(TestProbe subscriber)
    {
        while (true)
        {
            if (await subscriber.ReceiveOneAsync(TimeSpan.FromSeconds(5)) is var message and not Identify)
                return message;
        }
    }

    private sealed class Nodes : IDeviceNodes
    {
        public List<DeviceMessage> Sent { get; } = [];

        public UniqueAddress Self => Here;

        public MqttClusterSettings Settings { get; } = MqttClusterSettings.Create((Config?)null) with { MaxDeviceEvents = 4 };

        public bool HasServer => true;

        public IEnumerable<(UniqueAddress Node, bool IsReachable)> Others => [(There, true)];

        public void Send(UniqueAddress to, DeviceMessage message) => Sent.Add(message);

        public void After(TimeSpan time, object message)
        {
        }

        public void Forget(object message)
        {
        }
    }
}
