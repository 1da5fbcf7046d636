using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.TestKit.Tests;

/// <summary>Probes at packet level: probe against probe, and what failures say.</summary>
public sealed class MqttProbePacketsSpec : MqttSpec
{
    [Fact]
    public async Task A_handshake_and_a_message_pass_over_tcp()
    {
        #region doc:two-probes
        using var server = this.CreateMqttServerProbe();
        using var client = await MqttProbe.ConnectAsync(this, server.Host, server.Port);
        using var peer = await server.AcceptAsync();

        var connecting = client.ConnectAsClientAsync("example", MqttVersion.V31);
        var connect = await peer.AcceptClientAsync();
        await connecting;
        Assert.Equal("example", connect.ClientId);

        await client.SendPacketAsync(new Publish("a/b", "hi"));
        await peer.ExpectPacketAsync(new Publish("a/b", "hi"));
        await client.SendPacketAsync(new Disconnect());
        client.Close();
        await peer.ExpectPacketAsync<Disconnect>();
        await peer.ExpectClosedAsync();
        #endregion
    }

    [Fact]
    public async Task The_fake_server_learns_the_version_from_the_client()
    {
        var (client, server) = Pair();
        await client.SendPacketAsync(Any.Connect(MqttVersion.V31));
        await server.ExpectPacketAsync(Any.Connect(MqttVersion.V31));
        Assert.Equal(MqttVersion.V31, server.Version);
    }

    [Fact]
    public async Task Raw_bytes_of_a_connect_tell_the_version_too()
    {
        var (client, server) = Pair();
        await client.SendBytesAsync("10 0d 00 04 4d 51 54 54 05 02 00 00 00 00 00");
        Assert.Equal(MqttVersion.V5, client.Version);
        Assert.Equal("", (await server.ExpectPacketAsync<Connect>()).ClientId);
    }

    [Fact]
    public async Task A_wrong_packet_fails_with_both_sides_annotated_and_with_what_was_before()
    {
        var (client, server) = Pair(MqttVersion.V311);
        await client.SendPacketAsync(new PingReq(), new Publish("a/b", "hi"));
        await server.ExpectPacketAsync<PingReq>();
        var failure = await FailureOf(() => server.ExpectPacketAsync(new Publish("a/c", "hi")));
        Assert.Equal(
            """
            server expected Publish { a/c, QoS=0, Payload=2 bytes 6869 }
              30            PUBLISH QoS 0
              07            remaining length 7
              00 03         topic length 3
              61 2f 63      topic "a/c"
              68 69         payload (2 bytes) "hi"
            but received Publish { a/b, QoS=0, Payload=2 bytes 6869 }:
              30            PUBLISH QoS 0
              07            remaining length 7
              00 03         topic length 3
              61 2f 62      topic "a/b"
              68 69         payload (2 bytes) "hi"
            Before that:
              received PingReq
              received Publish { a/b, QoS=0, Payload=2 bytes 6869 }
            """.ReplaceLineEndings("\n"),
            failure);
    }

    [Fact]
    public async Task A_packet_that_does_not_match_fails_with_what_came()
    {
        var (client, server) = Pair(MqttVersion.V5);
        await client.SendPacketAsync(new PubAck(7, ReasonCode.NoMatchingSubscribers));
        var failure = await FailureOf(() => server.ExpectPacketAsync<PubAck>(ack => ack.PacketId == 8));
        Assert.StartsWith("server expected PubAck that matches, but received PubAck { 7, NoMatchingSubscribers }:\n  40            PUBACK", failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silence_fails_with_how_long_it_was()
    {
        var (_, server) = Pair(MqttVersion.V5);
        Assert.Equal("server expected ConnAck, but nothing arrived for 00:00:00.0500000.", await FailureOf(() => server.ExpectPacketAsync<ConnAck>(Short)));
    }

    [Fact]
    public async Task A_malformed_packet_fails_with_the_place_where_it_breaks()
    {
        var (client, server) = Pair(MqttVersion.V311);
        await client.SendBytesAsync("30 05 00 09 61 62 63");
        var failure = await FailureOf(() => server.ExpectPacketAsync<Publish>());
        Assert.Contains("received bytes that are not a packet, 0x81", failure, StringComparison.Ordinal);
        Assert.Contains("!! ends here: topic needs 9 bytes, 3 are left", failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_ends_within_a_packet_fails_with_its_beginning()
    {
        var (client, server) = Pair(MqttVersion.V311);
        await client.SendBytesAsync("30 05 00");
        client.Close();
        Assert.Contains("the peer closed in the middle of:\n  30            PUBLISH QoS 0", await FailureOf(() => server.ExpectClosedAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_packet_where_an_end_was_expected_fails_with_the_packet()
    {
        var (client, server) = Pair(MqttVersion.V311);
        await client.SendPacketAsync(new PingReq());
        Assert.StartsWith("server expected the peer to close, but received PingReq", await FailureOf(() => server.ExpectClosedAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_packet_within_silence_fails_with_the_packet()
    {
        var (client, server) = Pair(MqttVersion.V311);
        await client.SendPacketAsync(new PingReq());
        Assert.Contains(", but received PingReq", await FailureOf(() => server.ExpectNoPacketAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fishing_skips_what_does_not_match()
    {
        var (client, server) = Pair(MqttVersion.V311);
        await client.SendPacketAsync(new PingReq(), Any.Publish("a"), Any.Publish("b"), Any.Publish("c"));
        Assert.Equal("b", (await server.FishForPacketAsync<Publish>(publish => publish.Topic == "b")).Topic);
        await server.ExpectPacketAsync(Any.Publish("c"));
        Assert.StartsWith("server expected eventually PubAck, but nothing arrived", await FailureOf(() => server.FishForPacketAsync<PubAck>(timeout: Short)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ignored_packets_are_not_seen()
    {
        var (client, server) = Pair(MqttVersion.V311);
        server.IgnorePackets(packet => packet is PingReq);
        await client.SendPacketAsync(new PingReq(), Any.Publish(), new PingReq());
        await server.ExpectPacketAsync<Publish>();
        await server.ExpectNoPacketAsync();
    }

    [Fact]
    public async Task A_refused_client_fails_the_handshake_with_the_reason()
    {
        var (client, server) = Pair();
        var connecting = FailureOf(() => client.ConnectAsClientAsync());
        await server.AcceptClientAsync(Any.ConnAck(ReasonCode.NotAuthorized));
        Assert.Contains("received ConnAck { NotAuthorized", await connecting, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Subscribing_takes_a_granted_answer()
    {
        var (client, server) = Pair(MqttVersion.V5);
        var subscribing = client.SubscribeAsync("a/#", QualityOfService.AtLeastOnce);
        var subscribe = await server.ExpectPacketAsync(Any.Subscribe("a/#", QualityOfService.AtLeastOnce));
        await server.SendPacketAsync(new SubAck(subscribe.PacketId, ReasonCode.GrantedQoS1));
        Assert.Equal(1, (await subscribing).PacketId);
    }

    [Fact]
    public void The_twins_that_block_do_the_same()
    {
        var (client, server) = Pair(MqttVersion.V311);
        client.SendPacket(Any.Publish());
        server.ExpectPacket(Any.Publish());
        client.SendBytes("c0 00");
        server.ExpectPacket<PingReq>();
        client.SendPacket(Any.Publish(), Any.PingReq());
        server.FishForPacket<PingReq>();
        server.ExpectNoPacket();
        client.Close();
        Assert.Equal(ConnectionEnd.Closed, server.ExpectEnd());
    }

    [Theory]
    [InlineData(MqttVersion.V31)]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task Packets_of_all_types_pass_cut_in_any_way(MqttVersion version)
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            using var link = new InMemoryLink();
            var plan = FaultPlan.Splits(seed);
            await using var faulty = FaultyTransport.Wrap(link.A, plan);
            using var client = this.CreateMqttProbe(faulty.Stream, version);
            using var server = this.CreateMqttProbe(link.B, version, $"server ({plan})");
            MqttPacket[] packets = [.. Any.OneOfEach(version), .. Any.Packets(seed, 50, version)];
            var sending = client.SendPacketAsync(packets);
            foreach (var packet in packets)
                await server.ExpectPacketAsync(packet);
            await sending;
        }
    }
}
