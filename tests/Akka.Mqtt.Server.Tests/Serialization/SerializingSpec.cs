using System.Net;
using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Serialization;

/// <summary>
/// One way through the server with every message and every Props serialized, as AKKA_MQTT_SERIALIZE=on does for all tests. It fails when a message
/// between our actors is neither serializable nor marked as staying in the process.
/// </summary>
public sealed class SerializingSpec(ITestOutputHelper output)
    : global::Akka.TestKit.Xunit2.TestKit(TestSystem.Serializing, null, output)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public void The_switch_serializes_in_this_system()
    {
        Assert.True(Sys.Settings.SerializeAllMessages);
        Assert.True(Sys.Settings.SerializeAllCreators);
        Assert.Equal(Environment.GetEnvironmentVariable(TestSystem.Variable) == "on", TestSystem.Configured().GetBoolean("akka.actor.serialize-messages"));
    }

    [Fact]
    public async Task A_message_that_can_neither_travel_nor_stays_is_lost_with_an_error()
    {
        var errors = CreateTestProbe();
        Sys.EventStream.Subscribe(errors, typeof(Error));
        TestActor.Tell(new Unmarked { Stream = new MemoryStream() });
        Assert.Contains(nameof(Unmarked), $"{(await errors.ExpectMsgAsync<Error>(Soon)).Cause}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_of_each_QoS_pass_through_a_server_and_it_can_be_administered()
    {
        var errors = CreateTestProbe();
        Sys.EventStream.Subscribe(errors, typeof(Error));
        await using var server = await MqttServer.StartAsync(Sys, MqttServerSettings.Create(
            Akka.Configuration.ConfigurationFactory.ParseString("akka.mqtt.server { listeners.tcp.port = 0, sys-interval = 100ms }")));
        using var client = await MqttProbe.ConnectAsync(this, (IPEndPoint)server.Endpoints[0].Address);
        await client.SendPacketAsync(new Connect { ClientId = "c", CleanStart = false, Properties = new ConnectProperties { SessionExpiryInterval = 100 } });
        await client.ExpectPacketAsync<ConnAck>(Soon);
        await client.SubscribeAsync("t", QualityOfService.ExactlyOnce);
        await client.SendPacketAsync(
            new Publish("t", "0"),
            new Publish("t", "1") { QoS = QualityOfService.AtLeastOnce, PacketId = 1, Retain = true },
            new Publish("t", "2") { QoS = QualityOfService.ExactlyOnce, PacketId = 2 });
        foreach (var payload in (string[])["0", "1", "2"])
            await client.FishForPacketAsync<Publish>(packet => packet.Payload.ToText() == payload, Soon);
        await server.SubscribeAsync("u", TestActor);
        await server.PublishAsync(new Publish("u", "in process"));
        Assert.Equal("in process", (await ExpectMsgAsync<MqttServer.Messages>(Soon)).Packets[0].Payload.ToText());
        Assert.Equal("c", (await server.Admin.Ask<MqttServer.ClientList>(new MqttServer.GetClients(), Soon)).Clients[0].ClientId);
        Assert.Equal("c", (await server.Admin.Ask<ClientState>(new MqttServer.InspectClient("c"), Soon)).ClientId);
        await server.ReloadSecurityAsync();

        // Another connection takes the session over, with what was not acknowledged.
        using var second = await MqttProbe.ConnectAsync(this, (IPEndPoint)server.Endpoints[0].Address);
        await second.SendPacketAsync(new Connect { ClientId = "c", CleanStart = false });
        Assert.True((await second.ExpectPacketAsync<ConnAck>(Soon)).SessionPresent);
        Assert.True((await second.FishForPacketAsync<Publish>(null, Soon)).Dup);
        Assert.Equal(ReasonCode.SessionTakenOver, (await client.FishForPacketAsync<Disconnect>(null, Soon)).ReasonCode);
        await server.Admin.Ask<MqttServer.ClientDisconnecting>(new MqttServer.DisconnectClient("c") { EndSession = true }, Soon);
        await second.FishForPacketAsync<Disconnect>(null, Soon);
        await errors.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    private sealed class Unmarked
    {
        public Stream? Stream { get; init; }
    }
}
