using Akka.Actor;
using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

public class AdminSpec(ITestOutputHelper output) : ProbeServerSpec(output)
{
    [Fact]
    public async Task Sessions_are_listed_in_order_and_page_by_page()
    {
        var server = await StartAsync();
        foreach (var id in (string[])["c", "a", "d"])
            await ClientAsync(server, id);
        var away = await ClientAsync(server, "b", MqttVersion.V5, expiry: 100);
        away.Close();
        await AwaitAssertAsync(() => Assert.Equal(3, server.Context.Stats.Connected), Soon);

        var all = await server.Admin.Ask<MqttServer.ClientList>(new MqttServer.GetClients(), Soon);
        Assert.Equal(["a", "b", "c", "d"], all.Clients.Select(client => client.ClientId));
        Assert.Null(all.Clients[1].Connection);
        Assert.Equal(MqttVersion.V5, all.Clients[0].Connection!.Version);
        var page = await server.Admin.Ask<MqttServer.ClientList>(
            new MqttServer.GetClients { ConnectedOnly = true, After = "a", Limit = 1 }, Soon);
        Assert.Equal(["c"], page.Clients.Select(client => client.ClientId));
        Assert.Equal(3, page.Total);
    }

    [Fact]
    public async Task Sessions_are_found_by_a_part_of_their_client_identifier()
    {
        var server = await StartAsync();
        foreach (var id in (string[])["pump-1", "PUMP-2", "valve-1"])
            await ClientAsync(server, id);
        var found = await server.Admin.Ask<MqttServer.ClientList>(new MqttServer.GetClients { Search = "pump", Limit = 1 }, Soon);
        Assert.Equal(["PUMP-2"], found.Clients.Select(client => client.ClientId));
        Assert.Equal(2, found.Total);
    }

    [Fact]
    public async Task A_client_can_be_inspected_connected_and_away()
    {
        var server = await StartAsync("max-inflight-messages = 1, last-packets = 3");
        var client = await ClientAsync(server, "a", expiry: 100);
        await client.SubscribeAsync("t", QualityOfService.AtLeastOnce);
        await client.SendPacketAsync(new Publish("own", "x"));
        await ExpectNothingAsync(client);
        for (var at = 0; at < 3; at++)
            await server.PublishAsync(new Publish("t", "12345") { QoS = QualityOfService.AtLeastOnce });
        await client.ExpectPacketAsync<Publish>(Soon);
        ClientState state = null!;
        await AwaitAssertAsync(
            async () =>
            {
                state = await server.Admin.Ask<ClientState>(new MqttServer.InspectClient("a"), Soon);
                Assert.Equal(2, state.QueuedMessages);
            },
            Soon);
        Assert.Equal(1, state.InflightMessages);
        Assert.Equal(1, state.InflightQuota);
        Assert.Equal(100u, state.SessionExpiryInterval);
        Assert.Equal("t", Assert.Single(state.Subscriptions).Filter);
        Assert.Equal(1, state.MessagesReceived);
        Assert.Equal(1, state.MessagesSent);
        Assert.True(TestSystem.Serializes || (state.BytesReceived > 20 && state.BytesSent > 10)); // a copy of the transport counts no bytes
        Assert.Contains(state.LastPackets, note => note is { Received: true, Type: MqttPacketType.Publish, Topic: "own", Size: 1 });
        Assert.Contains(state.LastPackets, note => note is { Received: false, Type: MqttPacketType.Publish, Topic: "t", PacketId: 1, Size: 5 });
        Assert.True(state.LastPackets.Count <= 6);

        client.Close();
        await AwaitAssertAsync(
            async () =>
            {
                state = await server.Admin.Ask<ClientState>(new MqttServer.InspectClient("a"), Soon);
                Assert.Null(state.Connection);
            },
            Soon);
        Assert.Equal(2, state.QueuedMessages);
    }

    [Fact]
    public async Task A_client_that_is_not_there_is_not_found()
    {
        var server = await StartAsync();
        Assert.Equal(
            new MqttServer.ClientNotFound("x"), await server.Admin.Ask<MqttServer.ClientNotFound>(new MqttServer.InspectClient("x"), Soon));
        Assert.Equal(
            new MqttServer.ClientNotFound("x"), await server.Admin.Ask<MqttServer.ClientNotFound>(new MqttServer.DisconnectClient("x"), Soon));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_can_be_disconnected_with_its_session_or_without(bool endSession)
    {
        var server = await StartAsync();
        var client = await ClientAsync(server, "a", expiry: 100);
        await client.SubscribeAsync("t");
        var answer = await server.Admin.Ask<MqttServer.ClientDisconnecting>(new MqttServer.DisconnectClient("a") { EndSession = endSession }, Soon);
        Assert.Equal(new MqttServer.ClientDisconnecting("a", true), answer);
        Assert.Equal(ReasonCode.AdministrativeAction, (await client.ExpectPacketAsync<Disconnect>(Soon)).ReasonCode);
        await client.ExpectEndAsync(Soon);
        await AwaitAssertAsync(() => Assert.Equal(endSession ? 0 : 1, server.Context.Stats.Sessions), Soon);
        Assert.Equal(endSession ? 0 : 1, server.Context.Stats.Subscriptions);
    }

    [Fact]
    public async Task The_session_of_a_client_that_is_away_can_be_ended()
    {
        var server = await StartAsync();
        var client = await ClientAsync(server, "a", expiry: 100);
        client.Close();
        await AwaitAssertAsync(() => Assert.Equal(0, server.Context.Stats.Connected), Soon);
        var answer = await server.Admin.Ask<MqttServer.ClientDisconnecting>(new MqttServer.DisconnectClient("a") { EndSession = true }, Soon);
        Assert.False(answer.WasConnected);
        await AwaitAssertAsync(() => Assert.Equal(0, server.Context.Stats.Sessions), Soon);
    }

    [Fact]
    public async Task The_event_stream_tells_who_comes_subscribes_and_goes()
    {
        var events = CreateTestProbe();
        Sys.EventStream.Subscribe(events, typeof(MqttServerEvent));
        var server = await StartAsync();
        var client = await ClientAsync(server, "a");
        var connected = await events.ExpectMsgAsync<ClientConnected>(Soon);
        Assert.Equal(("a", server.Admin, server.Name), (connected.ClientId, connected.Admin, connected.ServerName));
        Assert.Equal($"{client.LocalAddress}", $"{connected.Connection.Transport.RemoteAddress}");

        await client.SendPacketAsync(new Subscribe(1, "x", "y"));
        Assert.Equal(["x", "y"], (await events.ExpectMsgAsync<SubscriptionChanged>(Soon)).Added.Select(each => each.Filter));
        await client.SendPacketAsync(new Unsubscribe(2, "x", "unknown"));
        Assert.Equal(["x"], (await events.ExpectMsgAsync<SubscriptionChanged>(Soon)).Removed);
        await client.SendPacketAsync(new Disconnect());
        List<MqttServerEvent> last = [await events.ExpectMsgAsync<MqttServerEvent>(Soon), await events.ExpectMsgAsync<MqttServerEvent>(Soon)];
        Assert.Equal(ReasonCodes.NormalDisconnection, Assert.Single(last.OfType<ClientDisconnected>()).Reason);
        Assert.Equal(["y"], Assert.Single(last.OfType<SubscriptionChanged>()).Removed);

        var lost = await ClientAsync(server, "lost");
        await events.ExpectMsgAsync<ClientConnected>(Soon);
        lost.Abort();
        Assert.Equal(ReasonCode.UnspecifiedError, (await events.ExpectMsgAsync<ClientDisconnected>(Soon)).Reason);

        await ClientAsync(server, "twice");
        await events.ExpectMsgAsync<ClientConnected>(Soon);
        await ClientAsync(server, "twice");
        var both = new List<MqttServerEvent> { await events.ExpectMsgAsync<MqttServerEvent>(Soon), await events.ExpectMsgAsync<MqttServerEvent>(Soon) };
        Assert.Equal(ReasonCode.SessionTakenOver, Assert.Single(both.OfType<ClientDisconnected>()).Reason);
    }

    [Fact]
    public async Task Dropped_messages_are_told_once_for_many()
    {
        var events = CreateTestProbe();
        Sys.EventStream.Subscribe(events, typeof(MessageDropped));
        var server = await StartAsync("drop-report-interval = 300ms");
        var client = await ClientAsync(server, "a", expiry: 100);
        await client.SubscribeAsync("t");
        client.Close();
        await AwaitAssertAsync(() => Assert.Equal(0, server.Context.Stats.Connected), Soon);
        await server.PublishAsync([.. Enumerable.Range(0, 1000).Select(_ => new Publish("t"))]);
        var told = new List<MessageDropped>();
        while (told.Sum(each => each.Count) < 1000) // reports come by the clock, also while messages are published
            told.Add(await events.ExpectMsgAsync<MessageDropped>(Soon));
        Assert.Equal(1000, told.Sum(each => each.Count));
        Assert.All(told, each => Assert.Equal((server.Admin, DropReason.Offline), (each.Admin, each.Reason)));
        Assert.InRange(told.Count, 1, 100);
    }
}
