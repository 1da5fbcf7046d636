using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.TestKit.Tests;

/// <summary>Probes against the connections of the runtime, both roles, in memory and over TCP, with and without faults.</summary>
public sealed class ProbeAgainstTheRuntimeSpec : MqttSpec
{
    [Fact]
    public async Task A_probe_plays_the_client_of_a_server_side_connection()
    {
        #region doc:attach
        using var client = this.AttachMqttProbe(TestActor, MqttRole.Server);
        var connected = await ExpectMsgAsync<Mqtt.Connected>();
        connected.Connection.Tell(new Mqtt.Register(TestActor));

        await client.SendPacketAsync(new Connect { ClientId = "probe" });
        await ExpectMsgAsync(new Connect { ClientId = "probe" });
        connected.Connection.Tell(new ConnAck());
        await client.ExpectPacketAsync(new ConnAck());

        client.Abort();
        await ExpectMsgAsync<Mqtt.ErrorClosed>();
        #endregion
    }

    [Fact]
    public async Task A_link_is_attached_by_hand()
    {
        #region doc:link
        using var link = new InMemoryLink();
        Sys.Mqtt().Tell(new Mqtt.Attach(link.A, MqttRole.Server), TestActor);
        using var client = this.CreateMqttProbe(link.B);
        #endregion
        var connected = await ExpectMsgAsync<Mqtt.Connected>();
        connected.Connection.Tell(new Mqtt.Register(TestActor));
        client.SendPacket(Any.Connect());
        await ExpectMsgAsync<Connect>();
    }

    [Fact]
    public async Task A_probe_plays_the_server_of_a_client_over_tcp()
    {
        #region doc:fake-server
        using var server = this.CreateMqttServerProbe();
        Sys.Mqtt().Tell(new Mqtt.Connect(server.Host, server.Port), TestActor);
        using var peer = await server.AcceptAsync();

        var connected = await ExpectMsgAsync<Mqtt.Connected>();
        connected.Connection.Tell(new Mqtt.Register(TestActor));
        connected.Connection.Tell(new Connect { ClientId = "under-test", Version = MqttVersion.V311 });
        await peer.AcceptClientAsync();
        await ExpectMsgAsync(new ConnAck());

        connected.Connection.Tell(Mqtt.Close.Instance);
        await peer.ExpectClosedAsync();
        #endregion
    }

    [Theory]
    [InlineData(MqttVersion.V31)]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task A_connection_gives_the_same_packets_however_they_are_cut(MqttVersion version)
    {
        for (var seed = 1; seed <= 5; seed++)
        {
            using var client = this.AttachMqttProbe(TestActor, MqttRole.Server, FaultPlan.Splits(seed));
            var connection = (await ExpectMsgAsync<Mqtt.Connected>()).Connection;
            connection.Tell(new Mqtt.Register(TestActor));
            MqttPacket[] packets = [Any.Connect(version), .. Enumerable.Range(1, 30).Select(id => Any.Publish($"topic/{id}", packetId: (ushort)id, qos: QualityOfService.AtLeastOnce))];
            var sending = client.SendPacketAsync(packets);
            foreach (var packet in packets)
                await ExpectMsgAsync(packet);
            await sending;
            client.Close();
            await ExpectMsgAsync<Mqtt.PeerClosed>();
        }
    }

    [Fact]
    public async Task A_cut_by_plan_ends_the_connection()
    {
        #region doc:faults
        var plan = new FaultPlan { Seed = 7, Outbound = FaultRule.Split(1, 5) with { CutAfter = 10, End = FaultEnd.Reset } };
        using var client = this.AttachMqttProbe(TestActor, MqttRole.Server, plan);
        var connected = await ExpectMsgAsync<Mqtt.Connected>();
        connected.Connection.Tell(new Mqtt.Register(TestActor));
        await client.SendPacketAsync(new Connect { ClientId = "longer than ten bytes" });
        await ExpectMsgAsync<Mqtt.ErrorClosed>();
        #endregion
    }

    [Fact]
    public async Task A_relay_tortures_a_client_over_tcp()
    {
        #region doc:relay
        using var server = this.CreateMqttServerProbe();
        await using var relay = FaultyRelay.Start(server.EndPoint, FaultPlan.ByteByByte);
        Sys.Mqtt().Tell(new Mqtt.Connect(relay.EndPoint), TestActor);
        using var peer = await server.AcceptAsync();
        #endregion
        var connected = await ExpectMsgAsync<Mqtt.Connected>();
        connected.Connection.Tell(new Mqtt.Register(TestActor));
        connected.Connection.Tell(new Connect { ClientId = "under-test" });
        await peer.AcceptClientAsync();
        await ExpectMsgAsync(new ConnAck());
        relay.Cut(FaultEnd.Reset);
        await peer.ExpectResetAsync();
        await ExpectMsgAsync<Mqtt.ErrorClosed>();
    }
}
