using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Akka.Mqtt.Cli.Commands;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cli.Tests;

public class WarmUpSpec
{
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task It_plays_as_many_clients_as_the_compiler_wants_to_see_twice() =>
        Assert.Equal(640, await WarmUp.RunAsync(Most, () => false, CancellationToken.None));

    [Fact]
    public async Task It_does_not_begin_when_there_is_other_work()
    {
        var asked = 0;
        Assert.Equal(0, await WarmUp.RunAsync(Most, () => ++asked == 3, CancellationToken.None));
        Assert.Equal(3, asked);
    }

    [Fact]
    public async Task It_ends_when_other_work_comes()
    {
        // It waits a second, and for its 40 rounds not less than 20 ms each.
        var watch = Stopwatch.StartNew();
        Assert.InRange(await WarmUp.RunAsync(Most, () => watch.Elapsed > TimeSpan.FromSeconds(1.2), CancellationToken.None), 0, 639);
    }

    [Theory]
    [InlineData(16, 1)]
    [InlineData(1, 256)]
    public async Task Sixteen_clients_or_256_packets_are_other_work(int clients, int packets)
    {
        var config = ServeConfiguration.Create(new ServeOptions { Port = 0 });
        using var system = TestSystem.Create("server", config);
        await using var server = await MqttServer.StartAsync(system, MqttServerSettings.Create(config));
        var sockets = new List<TcpClient>();
        for (var i = 0; i < clients; i++)
        {
            Assert.False(WarmUp.IsBusy(server));
            sockets.Add(new TcpClient());
            await sockets[i].ConnectAsync((IPEndPoint)server.Endpoints[0].Address);
            var stream = sockets[i].GetStream();
            await stream.WriteAsync(new byte[] { 0x10, 13, 0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 4, 2, 0, 0, 0, 1, (byte)('a' + i) });
            for (var pings = packets - 1; pings > 0; pings--)
                await stream.WriteAsync(new byte[] { 0xC0, 0 });
            await stream.ReadExactlyAsync(new byte[4 + (2 * (packets - 1))]); // CONNACK and PINGRESP
        }
        Assert.True(SpinWait.SpinUntil(() => WarmUp.IsBusy(server), Most));
        sockets.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task It_ends_when_it_is_told_to()
    {
        using var end = new CancellationTokenSource();
        var played = await WarmUp.RunAsync(
            Most,
            () =>
            {
                end.Cancel();
                return false;
            },
            end.Token);
        Assert.Equal(0, played);
    }

    [Fact]
    public async Task It_ends_when_its_time_is_over()
    {
        var watch = Stopwatch.StartNew();
        await WarmUp.RunAsync(TimeSpan.FromMilliseconds(1), () => false, CancellationToken.None);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Most / 2);
        Assert.Equal(0, await WarmUp.RunAsync(TimeSpan.Zero, () => false, CancellationToken.None));
    }

    [Fact]
    public async Task A_signal_ends_it_too_and_nothing_is_said_of_it()
    {
        await using var serve = await ServeProcess.StartAsync("--port", "0", "--warm-up", "60");
        await serve.SignalAsync("TERM");
        Assert.Equal((0, "", ""), await serve.ExitAsync());
    }

    [Theory]
    [InlineData("61")]
    [InlineData("-1")]
    [InlineData("soon")]
    public async Task Other_times_are_refused(string seconds)
    {
        var (exitCode, output, errors) = await CommandHost.RunAsync("serve", "--port", "0", "--warm-up", seconds);
        Assert.NotEqual(0, exitCode);
        Assert.Equal("", output);
        Assert.Contains("--warm-up", errors, StringComparison.Ordinal);
        Assert.Contains("0 to 60", errors, StringComparison.Ordinal);
    }
}
