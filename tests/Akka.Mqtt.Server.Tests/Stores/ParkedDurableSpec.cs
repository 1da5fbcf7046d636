using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Clients;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>A durable session that only the storage has: the server keeps its routes and the hash of its key, and everything else works as before.</summary>
public class ParkedDurableSpec(ITestOutputHelper output) : DurableServerFixture(output)
{
    private static void Sweep(MqttServer server)
    {
        server.Context.Targets.Sweep(1000);
        server.Context.Targets.Sweep(1000);
    }

    private static string Text(Publish packet) => packet.Payload.ToText();

    [Fact]
    public async Task It_has_no_target_until_somebody_publishes_to_it_and_none_again_when_nobody_does()
    {
        var server = await StartAsync();
        await LeaveAsync(server, await SubscribedAsync(server, "c"));
        server = await RestartAsync(server);
        Assert.Equal((0, 1), (server.Context.Targets.Count, server.Context.Clients.Parked.Count));
        Assert.Equal(ReasonCode.Success, await server.PublishAsync(Message("1")));
        Assert.Equal(1, server.Context.Targets.Count);
        Sweep(server);
        Assert.Equal(0, server.Context.Targets.Count);
        Assert.Equal(1, server.Context.Waiting().Messages);
        Assert.Equal(ReasonCode.Success, await server.PublishAsync(Message("2")));
        Assert.Equal(2, server.Context.Waiting().Messages);
        var probe = await ClientAsync(server, present: true);
        Assert.Equal("1", Text(await probe.ExpectPacketAsync<Publish>(Soon)));
        Assert.Equal("2", Text(await probe.ExpectPacketAsync<Publish>(Soon)));
        Assert.Equal((0, 0L), (server.Context.Clients.Parked.Count, server.Context.Waiting().Messages));
    }

    [Fact]
    public async Task When_its_client_goes_it_becomes_as_small_as_one_that_was_loaded()
    {
        var server = await StartAsync();
        await LeaveAsync(server, await SubscribedAsync(server, "c"));
        await AwaitAssertAsync(() => Assert.Equal(1, server.Context.Clients.Parked.Count), Soon);
        Sweep(server);
        Assert.Equal(0, server.Context.Targets.Count);
        Assert.Empty(server.Context.Clients);
        await server.PublishAsync(Message("1"));
        Assert.Equal("1", Text(await (await ClientAsync(server, present: true)).ExpectPacketAsync<Publish>(Soon)));
    }

    [Fact]
    public async Task A_publisher_whose_route_has_a_target_that_was_forgotten_reaches_the_client_that_came_back()
    {
        var server = await StartAsync();
        var subscriber = await SubscribedAsync(server, "c");
        await LeaveAsync(server, subscriber);
        var publisher = await ClientAsync(server, present: false, "publisher");
        await PublishAsync(publisher, "1");
        Sweep(server);
        await PublishAsync(publisher, "2"); // by the same route, to a session that is parked
        Sweep(server);
        subscriber = await ClientAsync(server, present: true);
        Assert.Equal("1", Text(await subscriber.ExpectPacketAsync<Publish>(Soon)));
        Assert.Equal("2", Text(await subscriber.ExpectPacketAsync<Publish>(Soon)));
        await PublishAsync(publisher, "3"); // by the same route, to one that an actor holds
        Assert.Equal("3", Text(await subscriber.ExpectPacketAsync<Publish>(Soon)));
    }

    [Fact]
    public async Task It_is_listed_inspected_and_ended_by_an_administrator()
    {
        var server = await StartAsync();
        foreach (var client in (string[])["b", "a", "d"])
            await LeaveAsync(server, await SubscribedAsync(server, client), client);
        server = await RestartAsync(server);
        await ClientAsync(server, present: false, "c");
        await server.PublishAsync(Message("1"));
        var page = await server.Admin.Ask<MqttServer.ClientList>(new MqttServer.GetClients { Limit = 3 }, Soon);
        Assert.Equal(4, page.Total);
        Assert.Equal([("a", 1), ("b", 1), ("c", 0)], page.Clients.Select(each => (each.ClientId, each.QueuedMessages)));
        page = await server.Admin.Ask<MqttServer.ClientList>(new MqttServer.GetClients { After = "b", Limit = 3 }, Soon);
        Assert.Equal(["c", "d"], page.Clients.Select(each => each.ClientId));
        var state = await server.Admin.Ask<ClientState>(new MqttServer.InspectClient("d"), Soon);
        Assert.Equal((1, 1), (state.QueuedMessages, state.Subscriptions.Count));
        await server.Admin.Ask<MqttServer.ClientDisconnecting>(new MqttServer.DisconnectClient("d") { EndSession = true }, Soon);
        await AwaitAssertAsync(() => Assert.Equal(3, server.Context.Stats.Sessions), Soon);
        await server.Admin.Ask<MqttServer.ClientNotFound>(new MqttServer.InspectClient("d"), Soon);
        await ClientAsync(server, present: false, "d");
    }

    [Fact]
    public async Task Sums_say_after_a_restart_what_waits_in_all_sessions_and_count_none_twice()
    {
        var server = await StartAsync();
        await LeaveAsync(server, await SubscribedAsync(server, "a"), "a");
        await LeaveAsync(server, await SubscribedAsync(server, "b"), "b");
        await server.PublishAsync(Message("1"));
        await server.PublishAsync(Message("2"));
        var before = server.Context.Waiting();
        Assert.Equal(4, before.Messages);
        server = await RestartAsync(server);
        await AwaitAssertAsync(() => Assert.Equal(before, server.Context.Waiting()), Soon);
        await server.PublishAsync(Message("3"));
        Assert.Equal(6, server.Context.Waiting().Messages);
        var (probe, _) = await ConnectAsync(server, Kept("a"));
        foreach (var text in (string[])["1", "2", "3"])
            Assert.Equal(text, (await probe.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
        await AwaitAssertAsync(() => Assert.Equal(3, server.Context.Waiting().Messages), Soon); // what is in flight does not wait
    }

    [Fact]
    public async Task Lists_say_what_waited_in_it_before_a_restart_also_while_the_storage_fails_as_far_as_that_is_known()
    {
        var server = await StartAsync();
        await LeaveAsync(server, await SubscribedAsync(server, "a"), "a");
        await server.PublishAsync(Message("1"));
        await server.PublishAsync(Message("2"));
        server = await RestartAsync(server);
        Assert.Equal(2, await QueuedAsync());
        Engine.Fail();
        Assert.Equal(2, await QueuedAsync());

        async Task<int> QueuedAsync() =>
            Assert.Single((await server.Admin.Ask<MqttServer.ClientList>(new MqttServer.GetClients { Limit = 3 }, Soon)).Clients).QueuedMessages;
    }

    [Fact]
    public async Task Two_clients_whose_keys_have_the_same_hash_have_sessions_of_their_own()
    {
        var server = await StartAsync();
        server.Context.Clients.Parked = new ParkedSessions(_ => 7);
        foreach (var client in (string[])["a", "b"])
            await LeaveAsync(server, await SubscribedAsync(server, client, client), client);
        await server.PublishAsync(Message("for a", topic: "a"));
        await server.PublishAsync(Message("for b", topic: "b"));
        await ClientAsync(server, present: false, "c");
        foreach (var client in (string[])["b", "a"])
        {
            var probe = await ClientAsync(server, present: true, client);
            Assert.Equal($"for {client}", Text(await probe.ExpectPacketAsync<Publish>(Soon)));
        }
        Assert.Equal(0, server.Context.Clients.Parked.Count);
    }

    [Fact]
    public async Task Rules_that_name_its_client_and_a_topic_are_kept_although_only_the_storage_has_it()
    {
        const string Rules = """durability { rules = [{ client = "archive", class = durable }, { topic = "t", client = "archive", class = durable }, { topic = "t", class = memory }] }""";
        var server = await MqttServerAsync(Rules);
        foreach (var client in (string[])["archive", "other"])
            await LeaveAsync(server, await SubscribedAsync(server, client), client);
        server = await RestartAsync(server, Rules);
        await server.PublishAsync(Message("1"));
        Assert.Equal([SessionOf(server, "archive")], Assert.Single(Engine.Operations.OfType<StoreOp.Queued>()).Sessions);
        Assert.Equal("1", Text(await (await ClientAsync(server, present: true, "other")).ExpectPacketAsync<Publish>(Soon)));
    }

    [Fact]
    public async Task When_the_storage_has_lost_it_its_routes_and_its_memory_are_given_back()
    {
        var server = await StartAsync();
        var probe = await SubscribedAsync(server, "c");
        await SubscribeAsync(probe, "t/+/x");
        await SubscribeAsync(probe, "$share/g/s/1");
        var session = SessionOf(server);
        await LeaveAsync(server, probe);
        server.Context.Engine!.Append(new StoreUnit([new StoreOp.Ended(session)], null));
        (probe, var answer) = await ConnectAsync(server, Kept(expiry: 0, clean: false));
        Assert.False(answer.SessionPresent);
        foreach (var topic in (string[])["t", "t/1/x", "s/1"])
            Assert.Equal(ReasonCode.NoMatchingSubscribers, await server.PublishAsync(Message("1", topic: topic)));
        await probe.SendPacketAsync(new Disconnect());
        var memory = server.Context.Memory;
        await AwaitAssertAsync(() => Assert.Equal((0L, 0L), (memory.Used(MemoryKind.Sessions), memory.Used(MemoryKind.Subscriptions))), Soon);
        Assert.Equal((0, 0), (server.Context.Stats.Sessions, server.Context.Stats.Subscriptions));
    }

    private async Task<MqttProbe> SubscribedAsync(MqttServer server, string clientId, string filter = "t")
    {
        var probe = await ClientAsync(server, present: false, clientId);
        await SubscribeAsync(probe, filter);
        return probe;
    }

    private static async Task PublishAsync(MqttProbe publisher, string text)
    {
        await publisher.SendPacketAsync(Message(text, id: 1));
        await publisher.ExpectPacketAsync<PubAck>(Soon);
    }
}
