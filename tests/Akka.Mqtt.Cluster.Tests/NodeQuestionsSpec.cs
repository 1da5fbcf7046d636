using System.Net;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Directories;
using Akka.Remote.Transport;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>What an administrator of one node sees of the others, and has them do.</summary>
public sealed class NodeQuestionsSpec(ITestOutputHelper output) : ClusterSpec(output, nodes: 2, config: "akka.mqtt.cluster.device-timeout = 2s")
{
    private IClusterNodes AtFirst => First.Context.Owners!.Nodes;

    [Fact]
    public async Task Each_node_is_listed_with_its_state_and_what_it_counts_and_the_one_that_is_asked_comes_first()
    {
        await ClientAsync(Second, "one");
        await ClientAsync(Second, "two");
        await ClientAsync(First, "three");
        var reports = await AtFirst.ReportAsync(default);
        Assert.Equal([AddressOf(0), AddressOf(1)], reports.Select(static each => each.Node));
        Assert.Equal([true, false], reports.Select(static each => each.IsSelf));
        Assert.Equal([1, 2], reports.Select(static each => each.Figures!.Counts.Clients));
        Assert.All(reports, static each =>
        {
            Assert.Equal((NodeReach.Answered, MqttServerState.Ready, "Normal"), (each.Reach, each.Figures!.State, each.Figures.LoadLevel));
            Assert.True(each.Figures.Counts.ProcessMemory > 0);
        });
    }

    [Fact]
    public async Task Sessions_of_all_nodes_are_searched_from_any_of_them()
    {
        await ClientAsync(First, "pump-1");
        await ClientAsync(Second, "pump-2");
        await ClientAsync(Second, "valve");
        await ClientAsync(Second, "pump-3");
        var page = await AtFirst.ListAsync(new MqttServer.GetClients { Search = "PUMP", Limit = 2 }, default);
        Assert.Equal([(AddressOf(0), "pump-1"), (AddressOf(1), "pump-2")], page.Clients.Select(static each => (each.Node, each.Client.ClientId)));
        Assert.Equal((3, "pump-2", 0), (page.Total, page.Next, page.Missing.Count));
        page = await AtFirst.ListAsync(new MqttServer.GetClients { Search = "PUMP", Limit = 2, After = page.Next! }, default);
        Assert.Equal("pump-3", Assert.Single(page.Clients).Client.ClientId);
    }

    [Fact]
    public async Task A_client_of_another_node_is_disconnected_and_one_that_nobody_has_is_unknown()
    {
        var client = await ClientAsync(Second, "unwanted");
        Assert.Equal(ClientFate.Ended, await AtFirst.DisconnectAsync(new MqttServer.DisconnectClient("unwanted"), default));
        Assert.Equal(ReasonCode.AdministrativeAction, (await client.ExpectAsync<Disconnect>()).ReasonCode);
        Assert.Equal(ClientFate.Unknown, await AtFirst.DisconnectAsync(new MqttServer.DisconnectClient("nobody"), default));
    }

    [Fact]
    public async Task A_node_that_joins_refuses_the_clients_that_were_banned_before()
    {
        First.Bans.Add("banned", TimeSpan.FromHours(1));
        First.Bans.Add(IPAddress.Parse("192.0.2.1"));
        for (var at = 0; at < 1200; at++)
            First.Bans.Add($"many {at}"); // more than one page
        Second.Bans.Add("at the second");
        var third = (await JoinAsync()).Server;
        await AwaitAssertAsync(() => Assert.Equal(1203, third.Bans.List().Count), Soon);
        Assert.Equal(["banned", null], third.Bans.List().Where(static each => each.Until is not null || each.Address is not null).Select(static each => each.ClientId));
        Assert.InRange(Assert.Single(third.Bans.List(), static each => each.ClientId == "banned").Until!.Value - DateTimeOffset.UtcNow, TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(61));
        var refused = await DialAsync(third);
        await refused.SendAsync(new Connect { ClientId = "banned" });
        Assert.Equal(ReasonCode.Banned, (await refused.ExpectAsync<ConnAck>()).ReasonCode);
    }

    [Fact]
    public async Task A_ban_is_made_and_ended_on_the_other_nodes()
    {
        Assert.Equal((1, 0), Counts(await AtFirst.ChangeBanAsync(new BanChange("banned", null, Adds: true, Seconds: 60), default)));
        Assert.Empty(First.Bans.List()); // the caller does that
        Assert.Equal("banned", Assert.Single(Second.Bans.List()).ClientId);
        Assert.NotNull(Second.Bans.List()[0].Until);
        Assert.Equal((1, 0), Counts(await AtFirst.ChangeBanAsync(new BanChange(null, "192.0.2.1", Adds: true), default)));
        Assert.Equal(IPAddress.Parse("192.0.2.1"), Second.Bans.List()[1].Address);
        Assert.Null(Second.Bans.List()[1].Until);
        Assert.Equal((1, 0), Counts(await AtFirst.ChangeBanAsync(new BanChange("banned", null, Adds: false), default)));
        Assert.Equal((0, 0), Counts(await AtFirst.ChangeBanAsync(new BanChange("banned", null, Adds: false), default)));
        Assert.Single(Second.Bans.List());
    }

    [Fact]
    public async Task Another_node_is_drained_and_is_said_to_have_left()
    {
        var client = await ClientAsync(Second, "moves");
        Assert.Null(await AtFirst.DrainAsync("akka.tcp://mqtt@127.0.0.1:1", default));
        Assert.True(await AtFirst.DrainAsync(AddressOf(1), default));
        Assert.Equal(ReasonCode.UseAnotherServer, (await client.ExpectAsync<Disconnect>()).ReasonCode);
        client.Dispose();
        await AwaitAssertAsync(
            async () => Assert.Equal([(AddressOf(0), NodeReach.Answered), (AddressOf(1), NodeReach.Left)], (await AtFirst.ReportAsync(default)).Select(static each => (each.Node, each.Reach))), Soon);
        Assert.Equal(MqttServerState.Draining, Second.Health.State);
        Assert.False(await AtFirst.DrainAsync(AddressOf(1), default));
    }

    [Fact]
    public async Task A_node_that_cannot_be_reached_is_listed_as_such_and_named_where_it_is_missing()
    {
        await ClientAsync(Second, "there");
        await CutAsync();
        await AwaitAssertAsync(async () => Assert.Equal(NodeReach.Unreachable, (await AtFirst.ReportAsync(default))[1].Reach), Soon);
        Assert.Equal([AddressOf(1)], (await AtFirst.ChangeBanAsync(new BanChange("banned", null, Adds: true), default)).Missing);
        Assert.Equal([AddressOf(1)], (await AtFirst.ListAsync(new MqttServer.GetClients(), default)).Missing);
        Assert.Equal(ClientFate.Unreachable, await AtFirst.DisconnectAsync(new MqttServer.DisconnectClient("there"), default));
        Assert.False(await AtFirst.DrainAsync(AddressOf(1), default));
    }

    /// <summary>What the nodes send each other by Akka.Remote is lost from now on.</summary>
    private async Task CutAsync()
    {
        foreach (var (from, to) in new[] { (Nodes[0], Nodes[1]), (Nodes[1], Nodes[0]) })
        {
            var transport = ((global::Akka.Remote.RemoteActorRefProvider)((ExtendedActorSystem)from.System).Provider).Transport;
            Assert.True(await transport.ManagementCommand(new SetThrottle(to.Cluster.SelfAddress, ThrottleTransportAdapter.Direction.Both, Blackhole.Instance)));
        }
    }

    private static (int, int) Counts(BanOutcome outcome) => (outcome.Changed, outcome.Missing.Count);

    private string AddressOf(int node) => Nodes[node].Cluster.SelfAddress.ToString();
}
