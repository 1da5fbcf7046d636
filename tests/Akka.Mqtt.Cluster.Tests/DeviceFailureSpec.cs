using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Remote.Transport;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>Clients as addresses while nodes come and go.</summary>
public sealed class DeviceFailureSpec(ITestOutputHelper output)
    : ClusterSpec(output, config: "akka.cluster.roles = [mqtt]\nakka.mqtt.cluster { role = mqtt, device-timeout = 200 ms }")
{
    private MqttDevices Devices => MqttDevices.Get(Sys);

    [Fact]
    public async Task A_client_on_a_node_that_does_not_answer_is_unreachable()
    {
        await ClientAsync(Second, "lamp");
        Assert.IsType<MqttDevices.Reached>(await Devices.SendAsync("lamp", new Publish("a", "x")));
        var transport = ((global::Akka.Remote.RemoteActorRefProvider)((ExtendedActorSystem)Sys).Provider).Transport;
        Assert.True(await transport.ManagementCommand(new SetThrottle(Nodes[1].Cluster.SelfAddress, ThrottleTransportAdapter.Direction.Both, Blackhole.Instance)));
        Assert.Equal(new MqttDevices.Unreachable("lamp"), await Devices.SendAsync("lamp", new Publish("a", "x")));
        Assert.Equal(new MqttDevices.Unreachable("other"), await Devices.SendAsync("other", new Publish("a", "x")));
        var page = Assert.IsType<MqttDevices.ClientPage>(await Devices.GetClientsAsync(new MqttDevices.GetClients()));
        Assert.Equal(Nodes[1].Cluster.SelfAddress, Assert.Single(page.Missing));
        Assert.True(await transport.ManagementCommand(new SetThrottle(Nodes[1].Cluster.SelfAddress, ThrottleTransportAdapter.Direction.Both, Unthrottled.Instance)));
    }

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
