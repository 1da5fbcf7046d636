using System.Net;
using System.Net.Sockets;

namespace Akka.Mqtt.Cli.Tests;

/// <summary>More connections than the process may have file descriptors: they wait, nothing ends, and newcomers get in when descriptors are free.</summary>
public class DescriptorSpec
{
    private static readonly byte[] Connect = [0x10, 13, 0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 4, 2, 0, 60, 0, 1, (byte)'c'];

    [Theory]
    [InlineData(300, false)]
    [InlineData(400, false)]
    [InlineData(400, true)]
    public async Task More_silent_connections_than_descriptors_end_nothing_and_keep_nobody_out(int limit, bool webSocket)
    {
        if (!OperatingSystem.IsLinux())
            return;
        await using var serve = await ServeProcess.StartWithDescriptorsAsync(limit, "--port", "0", "--ws-port", "0");
        var attacked = serve.Addresses.First(address => address.Scheme == (webSocket ? "ws" : "mqtt"));
        var good = serve.Addresses.First(address => address.Scheme == "mqtt");
        for (var round = 0; round < 2; round++)
        {
            var silent = new List<Socket>();
            for (var i = 0; i < limit; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, attacked.Port);
                silent.Add(socket);
            }

            for (var i = 0; i < silent.Count; i++)
            {
                if (i % 2 == 0)
                    silent[i].LingerState = new LingerOption(true, 0); // a reset
                silent[i].Dispose();
            }

            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(IPAddress.Loopback, good.Port);
            await client.SendAsync(Connect);
            var answer = new byte[4];
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            Assert.Equal(4, await client.ReceiveAsync(answer, deadline.Token));
            Assert.Equal([0x20, 2, 0, 0], answer);
        }

        await serve.SignalAsync("TERM");
        var (exitCode, _, errors) = await serve.ExitAsync();
        Assert.Equal(0, exitCode);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.InRange(errors.Split('\n').Length, 1, 12);
    }
}
