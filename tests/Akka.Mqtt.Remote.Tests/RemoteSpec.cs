using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Remote.Tests;

/// <summary>Two actor systems that know each other by Akka.Remote: <c>Sys</c>, where the connections are, and <see cref="Other"/>.</summary>
public abstract class RemoteSpec : Akka.TestKit.Xunit2.TestKit
{
    protected static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static readonly Config Remoting = ConfigurationFactory.ParseString(
        """
        akka.actor.provider = remote
        akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
        akka.loglevel = INFO
        akka.test.single-expect-default = 20s
        """);

    private TestKitBase? _other;

    protected RemoteSpec(ITestOutputHelper output, string config = "", bool startsExtension = true)
        : base(TestSystem.ConfiguredWithRemoting(ConfigurationFactory.ParseString(config).WithFallback(Remoting)), "near", output)
    {
        _ = Sys.Mqtt();
        var far = ConfigurationFactory.ParseString(config).WithFallback(Remoting);
        Other = ActorSystem.Create("far", TestSystem.ConfiguredWithRemoting(startsExtension ? far : far.WithFallback(MqttExt.DefaultConfig())));
        if (startsExtension)
            _ = Other.Mqtt();
    }

    /// <summary>The other node.</summary>
    protected ActorSystem Other { get; }

    /// <summary>Makes probes on the other node.</summary>
    protected TestKitBase Far => _other ??= new Akka.TestKit.Xunit2.TestKit(Other);

    /// <summary>The manager of the near node as the other node knows it.</summary>
    protected async Task<IActorRef> ManagerAsync() => await FarRefAsync(Sys.Mqtt());

    /// <summary>An actor of the near node as the other node knows it.</summary>
    protected async Task<IActorRef> FarRefAsync(IActorRef near)
    {
        var address = ((ExtendedActorSystem)Sys).Provider.DefaultAddress;
        return await Other.ActorSelection(near.Path.ToStringWithAddress(address)).ResolveOne(Soon);
    }

    /// <summary>
    /// A client side that the other node dialled and handles, joined in memory with a server side that this node handles. CONNECT and CONNACK
    /// have been exchanged.
    /// </summary>
    protected async Task<Pair> OpenAsync(
        MqttDelivery delivery = MqttDelivery.EachPacket, MqttConnectionSettings? settings = null, IActorRef? handler = null)
    {
        var acceptor = CreateTestProbe();
        var address = new InMemoryEndPoint($"remote-{Guid.NewGuid():N}");
        acceptor.Send(Sys.Mqtt(), new Mqtt.Bind(acceptor, address));
        await acceptor.ExpectMsgAsync<Mqtt.Bound>(Soon);
        var commander = Far.CreateTestProbe();
        var probe = Far.CreateTestProbe();
        commander.Send(await ManagerAsync(), new Mqtt.Connect(address) { Settings = settings });
        var connected = await commander.ExpectMsgAsync<Mqtt.Connected>(Soon);
        var accepted = await acceptor.ExpectMsgAsync<Mqtt.Connected>(Soon);
        var server = CreateTestProbe();
        acceptor.Send(accepted.Connection, new Mqtt.Register(server));
        commander.Send(connected.Connection, new Mqtt.Register(handler ?? probe) { Delivery = delivery });
        commander.Send(connected.Connection, new Connect { ClientId = "c" });
        await server.ExpectMsgAsync(new Connect { ClientId = "c" }, Soon);
        server.Send(accepted.Connection, new ConnAck());
        return new Pair(connected, commander, probe, accepted, server);
    }

    protected override void AfterAll()
    {
        var other = Other.Terminate(); // remoting takes a second to stop: both systems at the same time
        base.AfterAll();
        Assert.True(other.Wait(Soon), "The other node does not stop.");
    }

    /// <param name="Client">The client side as the other node was told of it.</param>
    /// <param name="Commander">Who dialled it, on the other node.</param>
    /// <param name="Handler">Its handler, on the other node.</param>
    /// <param name="Server">The server side.</param>
    /// <param name="Peer">Its handler, on this node.</param>
    protected sealed record Pair(Mqtt.Connected Client, TestProbe Commander, TestProbe Handler, Mqtt.Connected Server, TestProbe Peer)
    {
        /// <summary>Tells the client side from the other node.</summary>
        public void Tell(object message) => Commander.Send(Client.Connection, message);

        /// <summary>Tells the server side from this node.</summary>
        public void Answer(object message) => Peer.Send(Server.Connection, message);
    }
}
