using Akka.Actor;
using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>The code of docs/operations.md.</summary>
public class OperationsSnippetsSpec(ITestOutputHelper output) : ProbeServerSpec(output)
{
    [Fact]
    public async Task Code_in_the_process_publishes_and_subscribes()
    {
        var server = await StartAsync();
        var thermostat = CreateTestProbe();
        #region doc:server-local
        // The actor is told MqttServer.Messages: what a publisher sent in one go.
        using var subscription = await server.SubscribeAsync(new Subscription("room/+/temperature"), thermostat);

        var code = await server.PublishAsync(new Publish("room/1/temperature", "21.5") { Retain = true });
        #endregion
        Assert.Equal(ReasonCode.Success, code);
        Assert.Equal("21.5", Assert.Single((await thermostat.ExpectMsgAsync<MqttServer.Messages>(Soon)).Packets).Payload.ToText());
    }

    [Fact]
    public async Task Clients_are_listed_inspected_and_disconnected()
    {
        var server = await StartAsync();
        var client = await ClientAsync(server, "sensor-7");
        var timeout = Soon;
        #region doc:server-admin
        var list = await server.Admin.Ask<MqttServer.ClientList>(new MqttServer.GetClients { ConnectedOnly = true }, timeout);
        var state = await server.Admin.Ask<ClientState>(new MqttServer.InspectClient("sensor-7"), timeout);
        server.Admin.Tell(new MqttServer.DisconnectClient("sensor-7"));
        #endregion
        Assert.Equal(1, list.Total);
        Assert.Equal("sensor-7", state.ClientId);
        Assert.Equal(ReasonCode.AdministrativeAction, (await client.ExpectPacketAsync<Disconnect>(Soon)).ReasonCode);
    }

    [Fact]
    public async Task Events_come_on_the_event_stream()
    {
        var watcher = CreateTestProbe();
        #region doc:server-events
        Sys.EventStream.Subscribe(watcher, typeof(MqttServerEvent)); // or one of the types below it
        #endregion
        await ClientAsync(await StartAsync(), "sensor-7");
        Assert.Equal("sensor-7", (await watcher.ExpectMsgAsync<ClientConnected>(Soon)).ClientId);
    }
}
