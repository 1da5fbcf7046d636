using System.Net;
using System.Net.Sockets;

namespace Akka.Mqtt.TestKit.Tests;

/// <summary>Probes at byte level and their lifetimes, over TCP and in memory; no packet is decoded here.</summary>
public sealed class MqttProbeBytesSpec : MqttSpec
{
    [Fact]
    public async Task Bytes_pass_between_probes_over_tcp()
    {
        using var server = this.CreateMqttServerProbe();
        using var client = await MqttProbe.ConnectAsync(this, server.Host, server.Port);
        using var peer = await server.AcceptAsync();
        await client.SendBytesAsync("c0 00");
        await peer.ExpectBytesAsync("c0 00");
        await peer.SendBytesAsync("d0 00");
        await client.ExpectBytesAsync("d0 00");
        Assert.Equal(client.LocalAddress, peer.RemoteAddress);
    }

    [Fact]
    public async Task Closing_is_seen_as_closed_over_tcp_and_in_memory()
    {
        await foreach (var (client, server) in BothPairs())
        {
            client.Close();
            await server.ExpectClosedAsync();
        }
    }

    [Fact]
    public async Task An_abort_is_seen_as_a_reset_over_tcp_and_in_memory()
    {
        await foreach (var (client, server) in BothPairs())
        {
            client.Abort();
            await server.ExpectResetAsync();
        }
    }

    [Fact]
    public async Task After_a_half_close_the_other_direction_goes_on()
    {
        await foreach (var (client, server) in BothPairs())
        {
            client.CompleteWrites();
            await server.ExpectClosedAsync();
            await server.SendBytesAsync("01 02");
            await client.ExpectBytesAsync("01 02");
        }
    }

    [Fact]
    public async Task Either_end_is_told_apart()
    {
        var (client, server) = Pair();
        client.Abort();
        Assert.Equal(ConnectionEnd.Reset, await server.ExpectEndAsync());
        Assert.Contains("expected the peer to close, but the peer reset", await FailureOf(() => server.ExpectClosedAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_bytes_fail_with_both_sides_annotated()
    {
        var (client, server) = Pair(Protocol.MqttVersion.V311);
        await client.SendBytesAsync("d0 00");
        Assert.Equal(
            """
            server expected these 2 bytes:
              c0            PINGREQ
              00            remaining length 0
            but from byte 0 on others arrived:
              d0            PINGRESP
              00            remaining length 0
            """.ReplaceLineEndings("\n"),
            await FailureOf(() => server.ExpectBytesAsync("c0 00")));
    }

    [Fact]
    public async Task Too_few_bytes_fail_with_those_that_came()
    {
        var (client, server) = Pair();
        await client.SendBytesAsync("c0");
        var failure = await FailureOf(() => server.ExpectBytesAsync("c0 00", Short));
        Assert.Contains("only this arrived:\n  c0            PINGREQ", failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_a_time_out_left_behind_are_not_lost()
    {
        var (client, server) = Pair();
        await FailureOf(() => server.ExpectBytesAsync("c0 00", Short));
        await client.SendBytesAsync("c0 00");
        await server.ExpectBytesAsync("c0 00");
    }

    [Fact]
    public async Task Silence_is_expected_and_broken_by_a_single_byte()
    {
        var (client, server) = Pair();
        await server.ExpectNoPacketAsync(Short);
        await client.SendBytesAsync("c0");
        Assert.Contains("expected no byte for", await FailureOf(() => server.ExpectNoPacketAsync(Short)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_probe_that_is_not_asked_does_not_read()
    {
        using var link = new InMemoryLink(capacity: 10);
        using var probe = this.CreateMqttProbe(link.B);
        await link.A.WriteAsync(new byte[10]);
        var waiting = link.A.WriteAsync(new byte[1]).AsTask();
        Assert.False(waiting.IsCompleted);
        Assert.Equal(10, (await probe.ReadBytesAsync(10)).Length);
        await waiting;
    }

    [Fact]
    public async Task Sending_to_a_peer_that_takes_nothing_fails_the_test_instead_of_hanging_it()
    {
        using var link = new InMemoryLink(capacity: 10);
        using var probe = this.CreateMqttProbe(link.A);
        var failure = await FailureOf(() => WithinAsync(TimeSpan.FromMilliseconds(100), () => probe.SendBytesAsync(new byte[11])));
        Assert.Contains("could not send 11 bytes: the peer did not accept them", failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_connection_fails_the_test_with_the_address()
    {
        var server = this.CreateMqttServerProbe();
        server.Dispose();
        Assert.Contains($"could not connect to {server.EndPoint}", await FailureOf(() => this.ConnectMqttProbeAsync(server.EndPoint)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_does_not_come_fails_the_test()
    {
        using var server = this.CreateMqttServerProbe();
        Assert.Contains("No client connected", await FailureOf(() => server.AcceptAsync(Short)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Braces_in_a_failure_do_not_break_its_text()
    {
        var (client, server) = Pair();
        await client.SendBytesAsync("30 07 00 03 7b 30 7d 7b 7d");
        Assert.Contains("topic \"{0}\"", await FailureOf(() => server.ExpectBytesAsync("c0 00 00 00 00 00 00 00 00")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_probe_ends_with_its_actor_system()
    {
        using var link = new InMemoryLink();
        _ = this.CreateMqttProbe(link.A);
        var reading = link.B.ReadAsync(new byte[1]).AsTask();
        await Sys.Terminate();
        Assert.Equal(0, await reading);
    }

    [Fact]
    public async Task A_relay_misuses_tcp_by_plan()
    {
        using var server = this.CreateMqttServerProbe();
        await using var relay = FaultyRelay.Start(server.EndPoint, new FaultPlan { Inbound = FaultRule.Cut(3, FaultEnd.Reset) });
        using var client = await this.ConnectMqttProbeAsync(relay.EndPoint);
        using var peer = await server.AcceptAsync();
        await client.SendBytesAsync("c0 00");
        await peer.ExpectBytesAsync("c0 00");
        await peer.SendBytesAsync("01 02 03 04");
        await client.ExpectResetAsync();
        await peer.ExpectResetAsync();
        Assert.Equal(3, relay.Connections[0].Forwarded(FaultDirection.Inbound));
    }

    [Fact]
    public async Task A_relay_in_front_of_nobody_resets()
    {
        using var nobody = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var relay = FaultyRelay.Start(nobody.LocalEndPoint!, FaultPlan.None);
        using var client = new TcpClient();

        // The reset may come as early as in the connect.
        var failure = await Record.ExceptionAsync(async () =>
        {
            await client.ConnectAsync(relay.EndPoint);
            Assert.Equal(0, await client.GetStream().ReadAsync(new byte[1]));
        });
        Assert.True(failure is IOException or SocketException, failure?.ToString());
    }

    private async IAsyncEnumerable<(MqttProbe Client, MqttProbe Server)> BothPairs()
    {
        yield return Pair();
        using var server = this.CreateMqttServerProbe();
        using var client = await this.ConnectMqttProbeAsync(server.EndPoint);
        using var peer = await server.AcceptAsync();
        yield return (client, peer);
    }
}
