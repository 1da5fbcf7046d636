using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Transport;

public sealed class ReadinessSocketPortSpec(ITestOutputHelper output) : SocketPortSpec(output, "socket");

public sealed class CompletionSocketPortSpec(ITestOutputHelper output) : SocketPortSpec(output, "socket-completions");

/// <summary>A connection that reads and writes its socket itself: nothing is lost, doubled or mixed up, however the bytes come and go.</summary>
public abstract class SocketPortSpec(ITestOutputHelper output, string engine) : MqttSpec(output)
{
    private MqttConnectionSettings Defaults { get; } = MqttConnectionSettings.Create((Configuration.Config?)null) with { TcpEngine = engine };

    /// <summary>Around what fits the buffer that waits, a burst, a quarter less than a chunk, and a chunk.</summary>
    public static TheoryData<int> Sizes => [1, 511, 512, 513, 4096, 8191, 8192, 8193, 12288, 12289, 16384, 16385, 70_000];

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task Packets_arrive_whole_whatever_their_size(int size)
    {
        var (peer, connection, handler) = await OpenAsync(Defaults with { ReadChunkSize = 16 * 1024, WriteChunkSize = 16 * 1024 });
        var payload = new byte[size];
        new Random(size).NextBytes(payload);
        var publish = new Publish("t", payload);
        var bytes = new byte[size + 16];
        MqttEncoder.TryMeasure(publish, MqttVersion.V311, MqttRole.Client, out var length, out _);
        MqttEncoder.Write(publish, MqttVersion.V311, bytes);
        for (var i = 0; i < 3; i++)
        {
            await peer.SendAsync(bytes.AsMemory(0, length));
            await handler.ExpectMsgAsync(publish, Soon); // alone: what follows comes after it
        }

        for (var i = 0; i < 3; i++)
            await peer.SendAsync(bytes.AsMemory(0, length));
        for (var i = 0; i < 3; i++)
            await handler.ExpectMsgAsync(publish, Soon);
        connection.Tell(Mqtt.Close.Instance);
        peer.Dispose();
    }

    [Theory]
    [InlineData(100, 150_000)] // copied into chunks
    [InlineData(30_000, 600)] // written from where they lie
    public async Task What_a_slow_peer_does_not_take_at_once_follows_in_order(int size, int count)
    {
        var (peer, connection, handler) = await OpenAsync(Defaults with { MaxQueuedWriteBytes = 64 << 20 });
        peer.ReceiveBufferSize = 128 * 1024;
        var commander = CreateTestProbe();
        var expected = new MemoryStream();
        var bytes = new byte[size + 16];
        for (var i = 0; i < count; i++)
        {
            var payload = new byte[size];
            new Random(i).NextBytes(payload);
            var publish = new Publish("t", payload);
            expected.Write(bytes, 0, MqttEncoder.Write(publish, MqttVersion.V311, bytes));
            connection.Tell(i == count - 1 ? new Mqtt.Write(publish, "all") : publish, commander);
        }

        var received = new byte[expected.Length];
        for (var at = 0; at < received.Length;)
        {
            var read = await peer.ReceiveAsync(received.AsMemory(at, Math.Min(50_000, received.Length - at)));
            Assert.NotEqual(0, read);
            at += read;
        }

        Assert.True(received.AsSpan().SequenceEqual(expected.ToArray()));
        await commander.ExpectMsgAsync("all", Soon);
        peer.Dispose();
        await handler.ExpectMsgAsync<Mqtt.ConnectionClosed>(Soon);
    }

    [Fact]
    public async Task What_comes_right_before_the_end_is_delivered_before_it()
    {
        for (var i = 0; i < 20; i++)
        {
            var (peer, _, handler) = await OpenAsync(Defaults);
            var payload = new byte[600 * i];
            var publish = new Publish("t", payload);
            var bytes = new byte[payload.Length + 16];
            var length = MqttEncoder.Write(publish, MqttVersion.V311, bytes);
            await peer.SendAsync(bytes.AsMemory(0, length));
            peer.Shutdown(SocketShutdown.Send);
            await handler.ExpectMsgAsync(publish, Soon);
            await handler.ExpectMsgAsync<Mqtt.PeerClosed>(Soon);
            peer.Dispose();
        }
    }

    [Fact]
    public async Task An_idle_connection_that_ends_leaves_nothing_under_way()
    {
        var (peer, connection, handler) = await OpenAsync(Defaults);
        await WatchAsync(connection);
        connection.Tell(Mqtt.Abort.Instance, handler);
        await handler.ExpectMsgAsync<Mqtt.Aborted>(Soon);
        await ExpectTerminatedAsync(connection, Soon);
        var reset = await Assert.ThrowsAsync<SocketException>(async () => await peer.ReceiveAsync(new byte[1]));
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
        peer.Dispose();
    }

    private async Task<(Socket Peer, IActorRef Connection, Akka.TestKit.TestProbe Handler)> OpenAsync(MqttConnectionSettings settings)
    {
        var acceptor = CreateTestProbe();
        var handler = CreateTestProbe();
        Sys.Mqtt().Tell(new Mqtt.Bind(acceptor, new IPEndPoint(IPAddress.Loopback, 0)) { Settings = settings }, acceptor);
        var bound = await acceptor.ExpectMsgAsync<Mqtt.Bound>(Soon);
        var peer = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await peer.ConnectAsync((IPEndPoint)bound.LocalAddress);
        var connection = (await acceptor.ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
        connection.Tell(new Mqtt.Register(handler));
        await peer.SendAsync(new byte[] { 0x10, 13, 0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 4, 2, 0, 0, 0, 1, (byte)'c' });
        await handler.ExpectMsgAsync<Connect>(Soon);
        connection.Tell(new ConnAck(), handler);
        var answer = new byte[4];
        Assert.Equal(4, await peer.ReceiveAsync(answer));
        return (peer, connection, handler);
    }
}
