using System.Net;
using System.Net.Sockets;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Tests;

namespace Akka.Mqtt.Cli.Tests;

/// <summary><c>akka-mqtt serve --cluster-port</c>: several processes, one server for clients.</summary>
public class ClusterServeSpec
{
    private static async Task<PacketClient> ConnectAsync(ServeProcess serve, string clientId)
    {
        var client = await PacketClient.DialAsync(new IPEndPoint(IPAddress.Loopback, serve.Addresses[0].Port), MqttVersion.V5);
        await client.SendAsync(new Connect { ClientId = clientId });
        Assert.Equal(ReasonCode.Success, (await client.ExpectAsync<ConnAck>()).ReasonCode);
        return client;
    }

    [Fact]
    public async Task A_message_that_is_published_to_one_process_reaches_a_subscriber_of_another()
    {
        var port = FreePort();
        await using var first = await ServeProcess.StartAsync("--port", "0", "--warm-up", "0", "--cluster-port", $"{port}");
        await using var second = await ServeProcess.StartAsync("--port", "0", "--warm-up", "0", "--cluster-port", "0", "--seed", $"127.0.0.1:{port}");
        using var subscriber = await ConnectAsync(second, "subscriber");
        await subscriber.SendAsync(new Subscribe(1, new Subscription("a", QualityOfService.AtLeastOnce)));
        await subscriber.ExpectAsync<SubAck>();
        using var publisher = await ConnectAsync(first, "publisher");
        // Until the nodes know each other, nobody wants the message, which the answer says.
        var until = Environment.TickCount64 + 60_000;
        for (ushort at = 1; ; at++)
        {
            await publisher.SendAsync(new Publish("a", $"{at}") { QoS = QualityOfService.AtLeastOnce, PacketId = at });
            if ((await publisher.ExpectAsync<PubAck>()).ReasonCode == ReasonCode.Success)
                break;
            Assert.True(Environment.TickCount64 < until, "the nodes do not find each other");
        }
        Assert.Equal("a", (await subscriber.ExpectAsync<Publish>()).Topic);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
