using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Cluster.Devices;
using Akka.Mqtt.Protocol;
using Akka.Remote.Transport;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>Clients as addresses while nodes come and go.</summary>
public sealed class DeviceFailureSpec(ITestOutputHelper output)
    : ClusterSpec(output, config: "akka.cluster.roles = [mqtt]\nakka.mqtt.cluster { role = mqtt, device-timeout = 200 ms }")
{
    [Fact]
    public async Task A_node_without_a_server_reaches_clients_and_hears_that_a_node_has_left()
    {
        var config = ConfigurationFactory.ParseString("akka.cluster.roles = [app]").WithFallback(Sys.Settings.Config);
        var system = ActorSystem.Create("mqtt", config);
        var app = global::Akka.Cluster.Cluster.Get(system);
        app.Join(Nodes[0].Cluster.SelfAddress);
        var devices = MqttDevices.Get(system);
        var client = await ClientAsync(Second, "lamp");
        await AwaitAssertAsync(async () => Assert.IsType<MqttDevices.Reached>(await devices.SendAsync("lamp", new Publish("a", "x"))), Soon);
        Assert.Equal("x", (await client.ExpectAsync<Publish>()).Payload.ToText());
        var probe = CreateTestProbe(system);
        devices.Actor.Tell(new MqttDevices.Subscribe(probe));
        await probe.ExpectMsgAsync<MqttDevices.Subscribed>();
        Nodes[0].Cluster.Down(Nodes[1].Cluster.SelfAddress);
        Assert.NotNull(await probe.FishForMessageAsync(each => each is MqttDevices.NodeLost lost && lost.Node.Equals(Nodes[1].Cluster.SelfAddress), Soon));
        await system.Terminate();
    }
}

/// <summary>Calls for a client whose node does not answer, each ended by the test in place of <c>device-timeout</c>.</summary>
public sealed class DeviceTimeoutSpec(ITestOutputHelper output) : ClusterSpec(output, config: "akka.mqtt.cluster.device-timeout = 10 minutes")
{
    private MqttDevices Devices => MqttDevices.Get(Sys);

    [Fact]
    public async Task A_client_on_a_node_that_does_not_answer_is_unreachable()
    {
        await ClientAsync(First, "here");
        await ClientAsync(Second, "lamp");
        Assert.IsType<MqttDevices.Reached>(await Devices.SendAsync("lamp", new Publish("a", "x"))); // call 1
        var transport = ((global::Akka.Remote.RemoteActorRefProvider)((ExtendedActorSystem)Sys).Provider).Transport;
        Assert.True(await transport.ManagementCommand(new SetThrottle(Nodes[1].Cluster.SelfAddress, ThrottleTransportAdapter.Direction.Both, Blackhole.Instance)));
        var lamp = Devices.SendAsync("lamp", new Publish("a", "x"));
        var other = Devices.SendAsync("other", new Publish("a", "x"));
        var list = Devices.GetClientsAsync(new MqttDevices.GetClients());
        Assert.IsType<MqttDevices.Reached>(await Devices.DisconnectAsync("here")); // this node has answered what was asked before
        for (var call = 2; call <= 4; call++)
            Devices.Actor.Tell(new DeviceCalls.Expired(call));
        Assert.Equal(new MqttDevices.Unreachable("lamp"), await lamp);
        Assert.Equal(new MqttDevices.Unreachable("other"), await other);
        Assert.Equal(Nodes[1].Cluster.SelfAddress, Assert.Single(Assert.IsType<MqttDevices.ClientPage>(await list).Missing));
        Assert.True(await transport.ManagementCommand(new SetThrottle(Nodes[1].Cluster.SelfAddress, ThrottleTransportAdapter.Direction.Both, Unthrottled.Instance)));
    }
}
