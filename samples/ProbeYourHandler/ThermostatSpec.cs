using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Xunit;

namespace ProbeYourHandler;

/// <summary>The thermostat against a probe that plays the server, in memory: no broker, no port, no waiting.</summary>
public sealed class ThermostatSpec : Akka.TestKit.Xunit2.TestKit
{
    #region doc:handler
    [Fact]
    public async Task A_command_is_acknowledged_and_the_new_target_published()
    {
        var thermostat = Sys.ActorOf(Props.Create(() => new Thermostat("t1")));
        using var server = this.AttachMqttProbe(thermostat, MqttRole.Client);
        await server.AcceptClientAsync();
        await server.ExpectPacketAsync<Subscribe>();
        await server.SendPacketAsync(Any.SubAck(reasonCode: ReasonCode.GrantedQoS1));
        await server.ExpectPacketAsync(new Publish("home/t1/target", "20.0") { Retain = true });

        await server.SendPacketAsync(Any.Publish("home/t1/target/set", "21.5", QualityOfService.AtLeastOnce, packetId: 7));

        await server.ExpectPacketAsync(new PubAck(7));
        await server.ExpectPacketAsync(new Publish("home/t1/target", "21.5") { Retain = true });
    }
    #endregion

    [Fact]
    public async Task A_command_that_is_no_temperature_is_answered_by_an_error()
    {
        using var server = await ReadyAsync();
        await server.SendPacketAsync(Any.Publish("home/t1/target/set", "hot"));
        await server.ExpectPacketAsync(new Publish("home/t1/error", "'hot' is no temperature from 5 to 30"));
    }

    [Fact]
    public async Task A_refused_thermostat_closes_and_stops()
    {
        var thermostat = Watch(Sys.ActorOf(Props.Create(() => new Thermostat("t1"))));
        using var server = this.AttachMqttProbe(thermostat, MqttRole.Client);
        await server.AcceptClientAsync(new ConnAck(ReasonCode.NotAuthorized));
        await server.ExpectClosedAsync();
        server.Close();
        await ExpectTerminatedAsync(thermostat);
    }

    [Fact]
    public async Task The_network_may_cut_packets_anywhere()
    {
        using var server = await ReadyAsync(FaultPlan.ByteByByte);
        for (ushort id = 1; id <= 20; id++)
        {
            await server.SendPacketAsync(Any.Publish("home/t1/target/set", $"{id + 5}", QualityOfService.AtLeastOnce, id));
            await server.ExpectPacketAsync(new PubAck(id));
            await server.ExpectPacketAsync<Publish>(publish => publish.Payload == $"{id + 5}.0");
        }
    }

    #region doc:malformed
    [Fact]
    public async Task A_server_that_sends_nonsense_does_not_harm_the_thermostat()
    {
        using var server = await ReadyAsync();
        await server.SendBytesAsync("30 05 00 09 61 62 63  // a topic of 9 bytes in a packet of 5");
        await server.ExpectEndAsync();
    }
    #endregion

    private async Task<MqttProbe> ReadyAsync(FaultPlan? faults = null)
    {
        var server = this.AttachMqttProbe(Sys.ActorOf(Props.Create(() => new Thermostat("t1"))), MqttRole.Client, faults);
        var connect = await server.AcceptClientAsync();
        Assert.Equal("offline", connect.Will?.Payload.ToText());
        await server.ExpectPacketAsync<Subscribe>();
        await server.SendPacketAsync(Any.SubAck(reasonCode: ReasonCode.GrantedQoS1));
        await server.ExpectPacketAsync<Publish>();
        return server;
    }
}
