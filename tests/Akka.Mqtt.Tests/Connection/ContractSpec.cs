using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Akka.Mqtt.Transport;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>What the conversation promises its user, tried as a user would.</summary>
public sealed class ContractSpec(ITestOutputHelper output) : MqttSpec(output)
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    public static TheoryData<MqttVersion, MqttRole, string> Cuts
    {
        get
        {
            var data = new TheoryData<MqttVersion, MqttRole, string>();
            foreach (var version in new[] { MqttVersion.V31, MqttVersion.V311, MqttVersion.V5 })
            {
                foreach (var role in new[] { MqttRole.Client, MqttRole.Server })
                {
                    foreach (var cut in new[] { "one chunk", "byte by byte", "anywhere" })
                        data.Add(version, role, cut);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cuts))]
    public async Task Every_packet_arrives_with_its_fixed_header_however_it_is_cut(MqttVersion version, MqttRole role, string cut)
    {
        var plan = cut switch { "byte by byte" => FaultPlan.ByteByByte, "anywhere" => FaultPlan.Splits(7), _ => null };
        using var peer = this.AttachMqttProbe(TestActor, role, plan);
        var connection = (await ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
        connection.Tell(new Mqtt.Register(TestActor));
        var hello = new Connect { ClientId = "c", Version = version, Will = new Will("w", "gone"), UserName = "u", Password = "p" };
        if (role == MqttRole.Client)
        {
            connection.Tell(hello);
            await peer.ExpectPacketAsync(hello);
        }

        MqttPacket first = role == MqttRole.Server ? hello : new ConnAck();
        var packets = Any.OneOfEach(version).Where(packet => MayCome(packet, role)).Prepend(first).ToArray();
        var wire = packets.Select(packet => MqttEncoder.Encode(packet, version)).ToArray();

        await peer.SendBytesAsync(wire.SelectMany(bytes => bytes).ToArray());

        for (var at = 0; at < packets.Length; at++)
        {
            var received = await ExpectMsgAsync<MqttPacket>(Soon);
            Assert.Equal(packets[at], received);
            Assert.Equal(new FixedHeader(wire[at][0], wire[at].Length - 2), received.Header); // none is longer than 127 bytes
        }
    }

    [Fact]
    public async Task Each_side_of_a_tcp_connection_knows_both_addresses()
    {
        Sys.Mqtt().Tell(new Mqtt.Bind(TestActor, AnyPort), TestActor);
        var bound = await ExpectMsgAsync<Mqtt.Bound>(Soon);
        var commander = CreateTestProbe();
        commander.Send(Sys.Mqtt(), new Mqtt.Connect(bound.LocalAddress));

        var client = await commander.ExpectMsgAsync<Mqtt.Connected>(Soon);
        var server = await ExpectMsgAsync<Mqtt.Connected>(Soon);

        Assert.Equal((client.Connection, server.Connection), (commander.LastSender, LastSender));
        Assert.Equal(bound.LocalAddress, client.RemoteAddress);
        Assert.Equal((client.LocalAddress, client.RemoteAddress), (server.RemoteAddress, server.LocalAddress));
        Assert.Null(server.PeerCertificate);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Socket_options_go_in_with_the_dial_and_with_the_bind(bool tls)
    {
        var options = new MqttSocketOptions { ReceiveBufferSize = 10_000, TcpKeepAliveTime = TimeSpan.FromMinutes(5), TcpKeepAliveRetries = 3 };
        Sys.Mqtt().Tell(
            new Mqtt.Bind(TestActor, AnyPort)
            {
                SocketOptions = options,
                Tls = tls ? new TlsServerSettings { Certificate = TestCertificates.Shared.Server() } : null,
            },
            TestActor);
        var bound = await ExpectMsgAsync<Mqtt.Bound>(Soon);
        var commander = CreateTestProbe();
        commander.Send(Sys.Mqtt(), new Mqtt.Connect(bound.LocalAddress)
        {
            SocketOptions = options,
            LocalAddress = AnyPort,
            Tls = tls ? new TlsClientSettings { TargetHost = "localhost", TrustedAuthorities = TestCertificates.Shared.Authorities } : null,
        });

        await commander.ExpectMsgAsync<Mqtt.Connected>(Soon);
        await ExpectMsgAsync<Mqtt.Connected>(Soon);
    }

    [Fact]
    public void Socket_options_are_set_on_sockets_that_listen_connect_and_were_accepted()
    {
        ISocketOptions options = new MqttSocketOptions
        {
            ReceiveBufferSize = 10_000,
            SendBufferSize = 20_000,
            TcpKeepAliveTime = TimeSpan.FromMinutes(5),
            TcpKeepAliveInterval = TimeSpan.FromSeconds(7),
            TcpKeepAliveRetries = 3,
        };
        using var fresh = SocketDialer.Create(AnyPort);
        var (receive, send) = (fresh.ReceiveBufferSize, fresh.SendBufferSize);
        foreach (var set in new Action<Socket>[] { options.BeforeListen, options.BeforeConnect, options.AfterConnect })
        {
            using var socket = SocketDialer.Create(AnyPort);
            set(socket);
            Assert.NotEqual((receive, send), (socket.ReceiveBufferSize, socket.SendBufferSize));
        }

        options.AfterConnect(fresh);
        int[] kept =
        [
            (int)fresh.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime)!,
            (int)fresh.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval)!,
            (int)fresh.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount)!,
        ];
        Assert.Equal([300, 7, 3], kept);
    }

    [Fact]
    public void Socket_options_out_of_range_are_refused_by_name()
    {
        Assert.Equal(nameof(MqttSocketOptions.ReceiveBufferSize), NameOf(() => new MqttSocketOptions { ReceiveBufferSize = 0 }));
        Assert.Equal(nameof(MqttSocketOptions.SendBufferSize), NameOf(() => MqttSocketOptions.Default with { SendBufferSize = -1 }));
        Assert.Equal(nameof(MqttSocketOptions.TcpKeepAliveTime), NameOf(() => new MqttSocketOptions { TcpKeepAliveTime = TimeSpan.Zero }));
        Assert.Equal(nameof(MqttSocketOptions.TcpKeepAliveInterval), NameOf(() => new MqttSocketOptions { TcpKeepAliveInterval = TimeSpan.Zero }));
        Assert.Equal(nameof(MqttSocketOptions.TcpKeepAliveRetries), NameOf(() => new MqttSocketOptions { TcpKeepAliveRetries = 0 }));

        static string? NameOf(Func<object> make) => Assert.Throws<ArgumentOutOfRangeException>(make).ParamName;
    }

    [Fact]
    public async Task Secrets_are_in_no_text_that_is_made_for_a_log()
    {
        using var peer = this.AttachMqttProbe(TestActor, MqttRole.Server);
        var connection = (await ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
        var hello = new Connect { UserName = "u", Password = "geheim" };
        foreach (var command in new object[] { hello, new Mqtt.Write(hello, 1), new Mqtt.WriteBatch([hello]) })
        {
            connection.Tell(command, TestActor);
            var failed = await ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
            Assert.DoesNotContain("geheim", $"{failed} {failed.Command}", StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToHexStringLower("geheim"u8), $"{failed} {failed.Command}", StringComparison.Ordinal);
        }

        var url = new Mqtt.Connect(new Uri("wss://user:geheim@host.example:8443/mqtt?a=b"));
        Assert.Equal("wss://host.example:8443/mqtt?…", url.RemoteAddress.ToString());
        Assert.DoesNotContain("geheim", $"{url} {new Mqtt.CommandFailed(url, CommandFailure.ConnectFailed, "")}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_is_closed_already_ends_in_one_event()
    {
        using var link = new InMemoryLink();
        await link.A.DisposeAsync();
        Sys.Mqtt().Tell(new Mqtt.Attach(link.A, MqttRole.Server), TestActor);
        var connection = (await ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
        await WatchAsync(connection);

        connection.Tell(new Mqtt.Register(TestActor));

        Assert.Equal(CloseReason.TransportError, (await ExpectMsgAsync<Mqtt.ErrorClosed>(Soon)).Reason);
        await ExpectTerminatedAsync(connection, Soon);
        await ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task A_stream_of_one_direction_ends_in_one_event_when_the_other_is_needed(bool reads, bool writes)
    {
        Sys.Mqtt().Tell(new Mqtt.Attach(new OneWay(reads, writes), MqttRole.Client), TestActor);
        var connection = (await ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
        await WatchAsync(connection);
        connection.Tell(new Mqtt.Register(TestActor));
        connection.Tell(new Connect { ClientId = "c" }, TestActor);
        if (reads && writes)
        {
            await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(10));
            return;
        }

        Assert.Equal(CloseReason.TransportError, (await ExpectMsgAsync<Mqtt.ErrorClosed>(Soon)).Reason);
        await ExpectTerminatedAsync(connection, Soon);
        await ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_connection_that_is_stopped_from_outside_tells_its_handler()
    {
        using var peer = this.AttachMqttProbe(TestActor, MqttRole.Server);
        var connection = (await ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
        connection.Tell(new Mqtt.Register(TestActor));
        await WatchAsync(connection);

        Sys.Stop(connection);

        await ExpectMsgAsync<Mqtt.Aborted>(Soon);
        await ExpectTerminatedAsync(connection, Soon);
        await peer.ExpectEndAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whoever_was_told_of_a_connection_is_told_of_its_end_also_when_another_ends_it_before_a_handler_is_there(bool abort)
    {
        using var peer = this.AttachMqttProbe(TestActor, MqttRole.Server);
        var connection = (await ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
        var other = CreateTestProbe();

        other.Send(connection, abort ? Mqtt.Abort.Instance : Mqtt.Close.Instance);

        Mqtt.ConnectionClosed end = abort ? Mqtt.Aborted.Instance : Mqtt.Closed.Instance;
        await ExpectMsgAsync(end, Soon);
        await other.ExpectMsgAsync(end, Soon);
        await peer.ExpectEndAsync();
        await ExpectNoMsgAsync(TimeSpan.Zero);
    }

    private static bool MayCome(MqttPacket packet, MqttRole receiver) => packet.Type switch
    {
        MqttPacketType.Connect or MqttPacketType.ConnAck or MqttPacketType.Disconnect or MqttPacketType.Auth => false,
        MqttPacketType.Subscribe or MqttPacketType.Unsubscribe or MqttPacketType.PingReq => receiver == MqttRole.Server,
        MqttPacketType.SubAck or MqttPacketType.UnsubAck or MqttPacketType.PingResp => receiver == MqttRole.Client,
        _ => true,
    };

    /// <summary>A stream that may refuse a direction; reads of the others wait.</summary>
    private sealed class OneWay(bool reads, bool writes) : AsyncOnlyStream
    {
        private readonly TaskCompletionSource<int> _disposed = new();

        public override bool CanRead => reads;

        public override bool CanWrite => writes;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            reads ? new(_disposed.Task) : throw new NotSupportedException("It cannot be read.");

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            writes ? default : throw new NotSupportedException("It cannot be written.");

        protected override void Dispose(bool disposing)
        {
            _disposed.TrySetResult(0);
            base.Dispose(disposing);
        }
    }
}
