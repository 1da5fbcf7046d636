using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Cluster.Nodes;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Tests;
using Akka.Remote.Transport;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>Base of the specs with several nodes in one process: each has an actor system, joined by Akka.Cluster on loopback, and a server.</summary>
public abstract class ClusterSpec : global::Akka.TestKit.Xunit2.TestKit, IAsyncLifetime
{
    protected static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static readonly Config Clustering = ConfigurationFactory.ParseString(
        """
        akka {
          loglevel = INFO
          actor.provider = cluster
          coordinated-shutdown { run-by-actor-system-terminate = off, run-by-clr-shutdown-hook = off } # leaving a cluster takes time
          test.single-expect-default = 20s
          remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0, applied-adapters = ["trttl"] }
          cluster {
            min-nr-of-members = 1
            gossip-interval = 20ms
            leader-actions-interval = 20ms
            unreachable-nodes-reaper-interval = 200ms
            publish-stats-interval = off
            downing-provider-class = ""
            failure-detector {
              implementation-class = "Akka.Mqtt.CountingFailureDetector, Akka.Mqtt.Cluster.Tests"
              heartbeat-interval = 200ms
              unanswered = 10
            }
            run-coordinated-shutdown-when-down = off
          }
        }
        """);

    private readonly List<PacketClient> _clients = [];
    private readonly List<Node> _nodes = [];
    private readonly List<ActorSystem> _systems = [];
    private readonly int _count;
    private readonly string _settings;
    private readonly string _config;

    protected ClusterSpec(ITestOutputHelper output, int nodes = 2, string settings = "", string config = "")
        : base(TestSystem.ConfiguredWithRemoting(ConfigurationFactory.ParseString(config).WithFallback(Clustering)), "mqtt", output) =>
        (_count, _settings, _config) = (nodes, settings, config);

    protected IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>The storage of the node that starts next; null for none.</summary>
    protected virtual MqttServerStorage? Storage => null;

    /// <summary>Who may connect to the node that starts next; null for everybody, without a user.</summary>
    protected virtual IAuthenticator? Authenticator => null;

    protected MqttServer First => _nodes[0].Server;

    protected MqttServer Second => _nodes[1].Server;

    public async Task InitializeAsync()
    {
        for (var at = 0; at < _count; at++)
            await JoinAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var client in _clients)
            client.Dispose();
        foreach (var node in _nodes)
            await node.Server.StopAsync();
        foreach (var system in _systems.Where(each => each != Sys))
            await system.Terminate();
    }

    /// <summary>One more node joins, and all know all.</summary>
    protected async Task<Node> JoinAsync()
    {
        var node = await StartAsync(JoinSystem());
        await AwaitAssertAsync(
            () =>
            {
                foreach (var each in _nodes)
                {
                    Assert.Equal(_nodes.Count - 1, each.Server.Context.Routing.Nodes.Length);
                    Assert.True(each.Server.Health.IsReady, each.Server.Health.Detail);
                }
            },
            Soon);
        return node;
    }

    /// <summary>One more member, without a server.</summary>
    protected ActorSystem JoinSystem()
    {
        var system = _systems.Count == 0
            ? Sys
            : ActorSystem.Create("mqtt", TestSystem.ConfiguredWithRemoting(ConfigurationFactory.ParseString(_config).WithFallback(Clustering)));
        _systems.Add(system);
        var cluster = global::Akka.Cluster.Cluster.Get(system);
        cluster.Join(global::Akka.Cluster.Cluster.Get(_systems[0]).SelfAddress);
        return system;
    }

    /// <summary>Starts the server of a member.</summary>
    protected async Task<Node> StartAsync(ActorSystem system)
    {
        var settings = MqttServerSettings.Create(ConfigurationFactory.ParseString(
            $"akka.mqtt.server {{ sys-interval = off\n {_settings}\n listeners.tcp.port = 0 }}"));
        var server = await MqttServer.StartAsync(system, settings, new MqttServerHooks { Cluster = new MqttCluster(), Storage = Storage, Authenticator = Authenticator });
        _nodes.Add(new Node(system, server, global::Akka.Cluster.Cluster.Get(system)));
        return _nodes[^1];
    }

    /// <summary>A node stops its server and leaves the cluster, as akka-mqtt serve does at SIGTERM.</summary>
    protected async Task LeaveAsync(Node node)
    {
        await node.Server.StopAsync().WaitAsync(Soon);
        _nodes.Remove(node);
        node.Cluster.Leave(node.Cluster.SelfAddress);
        await AwaitAssertAsync(
            () => Assert.All(_nodes, each => Assert.DoesNotContain(each.Cluster.State.Members, member => member.UniqueAddress.Equals(node.Cluster.SelfUniqueAddress))), Soon);
        _systems.Remove(node.System);
        if (node.System != Sys)
            await node.System.Terminate();
    }

    /// <summary>What the first node sends to the second one and back is lost from now on, or arrives again.</summary>
    protected async Task CutAsync(bool isCut)
    {
        ThrottleMode mode = isCut ? Blackhole.Instance : Unthrottled.Instance;
        foreach (var (from, to) in new[] { (_nodes[0], _nodes[1]), (_nodes[1], _nodes[0]) })
        {
            var transport = ((global::Akka.Remote.RemoteActorRefProvider)((ExtendedActorSystem)from.System).Provider).Transport;
            Assert.True(await transport.ManagementCommand(new SetThrottle(to.Cluster.SelfAddress, ThrottleTransportAdapter.Direction.Both, mode)));
        }
    }

    /// <summary>What one node sends to another one is lost from now on, or arrives again.</summary>
    protected static async Task CutAsync(Node from, Node to, bool isCut)
    {
        ThrottleMode mode = isCut ? Blackhole.Instance : Unthrottled.Instance;
        var transport = ((global::Akka.Remote.RemoteActorRefProvider)((ExtendedActorSystem)from.System).Provider).Transport;
        Assert.True(await transport.ManagementCommand(new SetThrottle(to.Cluster.SelfAddress, ThrottleTransportAdapter.Direction.Send, mode)));
    }

    /// <summary>Waits until a node sends what is published to a topic to so many other nodes.</summary>
    protected async Task RouteAsync(MqttServer from, string filter, int nodes = 1, string? share = null) => await AwaitAssertAsync(
        () => Assert.Equal(nodes, RoutesOf(from, filter, share)), Soon);

    private static int RoutesOf(MqttServer from, string filter, string? share)
    {
        var matches = new Akka.Mqtt.Server.Routing.SubscriptionIndex.Matches();
        from.Context.Routing.Current.Match(filter.Replace('+', 'x').Replace("#", "x", StringComparison.Ordinal), matches);
        return matches.Found.Sum(each => each switch
        {
            Akka.Mqtt.Server.Routing.Subscriber { Target: NodeTarget } => share is null ? 1 : 0,
            Akka.Mqtt.Server.Routing.ManySubscribers many => share is null
                ? many.Members.All.ToArray().Count(member => member.Target is NodeTarget)
                : many.Groups.Where(group => group.Key.Name == share).Sum(group => group.Members.All.ToArray().Count(member => member.Target is NodeTarget)),
            _ => 0,
        });
    }

    /// <summary>Opens a connection without a packet.</summary>
    protected async Task<PacketClient> DialAsync(MqttServer server, MqttVersion version = MqttVersion.V5)
    {
        var client = await PacketClient.DialAsync((IPEndPoint)server.Endpoints[0].Address, version);
        lock (_clients)
            _clients.Add(client);
        return client;
    }

    protected async Task<PacketClient> ClientAsync(MqttServer server, string clientId, MqttVersion version = MqttVersion.V5)
    {
        var client = await DialAsync(server, version);
        await client.SendAsync(new Connect { ClientId = clientId, Version = version });
        Assert.Equal(ReasonCode.Success, (await client.ExpectAsync<ConnAck>()).ReasonCode);
        return client;
    }

    /// <summary>A client of a node that has subscribed.</summary>
    protected async Task<PacketClient> SubscriberAsync(
        MqttServer server, string clientId, string filter, QualityOfService qos = QualityOfService.ExactlyOnce, MqttVersion version = MqttVersion.V5)
    {
        var client = await ClientAsync(server, clientId, version);
        await client.SendAsync(new Subscribe(1, new Subscription(filter, qos)));
        await client.ExpectAsync<SubAck>();
        return client;
    }

    /// <summary>One node of the cluster.</summary>
    protected sealed record Node(ActorSystem System, MqttServer Server, global::Akka.Cluster.Cluster Cluster);
}
