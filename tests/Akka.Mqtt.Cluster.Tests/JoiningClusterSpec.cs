using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Storage;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>A node that joins takes no clients before it knows the filters of all members.</summary>
public sealed class JoiningClusterSpec(ITestOutputHelper output)
    : ClusterSpec(output, nodes: 1, config: "akka.mqtt.cluster { takeover-timeout = 30 s, join-timeout = 5 minutes }")
{
    private string? _directory;
    private bool _hasStorage; // the node that starts next

    protected override MqttServerStorage? Storage => _hasStorage ? new SqliteStorage(_directory!) : null;

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (_directory is not null)
            System.IO.Directory.Delete(_directory, recursive: true);
    }

    /// <summary>A node that has a durable session, and joins a cluster in which a member has no server yet: that one sends no filters.</summary>
    private async Task<(Node Node, ActorSystem Silent)> RestartAsync()
    {
        (_directory, _hasStorage) = (System.IO.Directory.CreateTempSubdirectory("akka-mqtt-").FullName, true);
        var before = await JoinAsync();
        Assert.Equal(ReasonCode.Success, (await ConnectAsync(before)).ReasonCode);
        await before.Server.StopAsync();
        await before.System.Terminate();
        Nodes[0].Cluster.Down(before.Cluster.SelfAddress);
        var silent = JoinSystem();
        var node = await StartAsync(JoinSystem());
        _hasStorage = false;
        await AwaitAssertAsync(() => Assert.Contains("does not know the filters", node.Server.Health.Detail, StringComparison.Ordinal), Soon);
        Assert.Equal(MqttServerState.Starting, node.Server.Health.State);
        return (node, silent);
    }

    private async Task<ConnAck> ConnectAsync(Node node)
    {
        var client = await DialAsync(node.Server);
        await client.SendAsync(new Connect { ClientId = "client", CleanStart = false, Properties = new ConnectProperties { SessionExpiryInterval = 600 } });
        return await client.ExpectAsync<ConnAck>();
    }

    [Fact]
    public async Task Clients_wait_also_for_sessions_of_the_node_until_it_knows_the_filters_of_each_member()
    {
        var (node, silent) = await RestartAsync();
        var answer = ConnectAsync(node);
        await Task.WhenAny(answer, ExpectNoMsgAsync(TimeSpan.FromMilliseconds(300)).AsTask());
        Assert.False(answer.IsCompleted);
        await StartAsync(silent);
        Assert.True((await answer).SessionPresent);
        await AwaitAssertAsync(() => Assert.Equal(new MqttServerHealth(MqttServerState.Ready, null), node.Server.Health), Soon);
    }

    [Fact]
    public async Task A_member_that_is_removed_is_not_waited_for()
    {
        var (node, silent) = await RestartAsync();
        var answer = ConnectAsync(node);
        await Task.WhenAny(answer, ExpectNoMsgAsync(TimeSpan.FromMilliseconds(300)).AsTask());
        Assert.False(answer.IsCompleted);
        await silent.Terminate();
        Nodes[0].Cluster.Down(global::Akka.Cluster.Cluster.Get(silent).SelfAddress);
        Assert.True((await answer).SessionPresent);
    }

    [Fact]
    public async Task A_node_that_is_no_member_of_a_cluster_is_not_ready_and_says_so()
    {
        await JoinAsync();
        Nodes[0].Cluster.Down(Nodes[1].Cluster.SelfAddress);
        await AwaitAssertAsync(() => Assert.Contains("no longer a member", Second.Health.Detail, StringComparison.Ordinal), Soon);
        Assert.False(Second.Health.IsReady);
        Assert.True(First.Health.IsReady);
    }
}

/// <summary>A node that joins, and another one that never sends its filters.</summary>
public sealed class JoinTimeoutSpec(ITestOutputHelper output) : ClusterSpec(output, nodes: 1, config: "akka.mqtt.cluster.join-timeout = 300 ms")
{
    [Fact]
    public async Task A_node_whose_join_timeout_has_passed_takes_clients_and_names_the_members_whose_filters_are_missing()
    {
        var silent = global::Akka.Cluster.Cluster.Get(JoinSystem()).SelfAddress;
        // A member before the node is one: who becomes a member later waits for the node, and not the other way round.
        await AwaitAssertAsync(
            () => Assert.Contains(Nodes[0].Cluster.State.Members, each => each.Address.Equals(silent) && each.Status == global::Akka.Cluster.MemberStatus.Up), Soon);
        var system = JoinSystem();
        var log = CreateTestProbe();
        system.EventStream.Subscribe(log, typeof(Warning));
        var node = await StartAsync(system);
        // On a busy machine those of the first node may be missing still.
        await log.FishForMessageAsync<Warning>(each => $"{each.Message}".Split(" have not arrived")[0] is var missing
            && missing.StartsWith("The filters of ", StringComparison.Ordinal) && missing.Contains($"{silent}", StringComparison.Ordinal), Soon);
        await AwaitAssertAsync(() => Assert.True(node.Server.Health.IsReady, node.Server.Health.Detail), Soon);
    }
}
