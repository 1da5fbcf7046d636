using System.Net;
using System.Net.Sockets;
using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>Where a server listens.</summary>
public class ListenSpec(ITestOutputHelper output) : ServerSpec(output)
{
    [Theory]
    [InlineData("localhost")]
    [InlineData("*")]
    [InlineData("::")]
    public async Task It_is_reached_by_IPv4_and_by_IPv6_at_the_same_port(string host)
    {
        await using var server = await MqttServer.StartAsync(Sys, Settings($"allow-anonymous = on, listeners.tcp.host = \"{host}\""));
        var ports = server.Endpoints.Select(each => ((IPEndPoint)each.Address).Port).Distinct();
        foreach (var address in Socket.OSSupportsIPv6 ? (IPAddress[])[IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback])
        {
            using var client = await PacketClient.DialAsync(new IPEndPoint(address, Assert.Single(ports)), MqttVersion.V311);
            await client.SendAsync(new Connect { ClientId = "c", Version = MqttVersion.V311 });
            Assert.Equal(ReasonCode.Success, (await client.ExpectAsync<ConnAck>()).ReasonCode);
        }
    }

    [Theory]
    [InlineData("127.0.0.1", AddressFamily.InterNetworkV6)]
    [InlineData("::1", AddressFamily.InterNetwork)]
    [InlineData("ipv6", AddressFamily.InterNetwork)]
    public async Task An_address_of_one_protocol_is_not_reached_by_the_other(string host, AddressFamily other)
    {
        if (!Socket.OSSupportsIPv6)
            return;
        await using var server = await MqttServer.StartAsync(Sys, Settings($"allow-anonymous = on, listeners.tcp.host = \"{host}\""));
        var port = ((IPEndPoint)Assert.Single(server.Endpoints).Address).Port;
        var address = other == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback;
        using var socket = new Socket(other, SocketType.Stream, ProtocolType.Tcp);
        await Assert.ThrowsAsync<SocketException>(async () => await socket.ConnectAsync(address, port));
    }

    [Fact]
    public async Task A_second_address_that_is_in_use_fails_the_start()
    {
        if (!Socket.OSSupportsIPv6)
            return;
        using var taken = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        taken.Listen();
        var settings = Settings() with
        {
            Listeners = [new ListenerSettings("both", MqttTransport.Tcp, new IPEndPoint(IPAddress.Loopback, 0)) { SecondAddress = (IPEndPoint)taken.LocalEndPoint! }],
        };
        var error = await Assert.ThrowsAsync<MqttServerException>(() => MqttServer.StartAsync(Sys, settings));
        Assert.Contains($"both cannot listen on {taken.LocalEndPoint}", error.Message, StringComparison.Ordinal);
    }
}
