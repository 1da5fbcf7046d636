using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>When clients are accepted, and what becomes of a dial that nobody waits for.</summary>
public sealed class AcceptingSpec(ITestOutputHelper output) : MqttSpec(output)
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_listener_that_is_bound_only_accepts_when_it_is_told_to(bool memory)
    {
        var acceptor = CreateTestProbe();
        acceptor.Send(Sys.Mqtt(), new Mqtt.Bind(acceptor, memory ? new InMemoryEndPoint("later") : AnyPort) { AcceptsAtOnce = false });
        var bound = await acceptor.ExpectMsgAsync<Mqtt.Bound>(Soon);
        var commander = CreateTestProbe();
        commander.Send(Sys.Mqtt(), new Mqtt.Connect(bound.LocalAddress));
        var client = (await commander.ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection; // it waits in the backlog
        client.Tell(new Mqtt.Register(commander), commander);
        client.Tell(new Connect { ClientId = "early" }, commander);
        await acceptor.ExpectNoMsgAsync(Quiet);

        acceptor.Send(bound.Listener, Mqtt.StartAccepting.Instance);
        var connection = (await acceptor.ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
        acceptor.Send(bound.Listener, Mqtt.StartAccepting.Instance); // again: ignored
        connection.Tell(new Mqtt.Register(acceptor), acceptor);
        await acceptor.ExpectMsgAsync(new Connect { ClientId = "early" }, Soon);
    }

    [Fact]
    public async Task A_dial_whose_commander_stops_ends_at_once()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(AnyPort);
        silent.Listen();
        var commander = CreateTestProbe();
        commander.Send(Sys.Mqtt(), new Mqtt.Connect(silent.LocalEndPoint!)
        {
            Tls = new TlsClientSettings { TargetHost = "localhost" }, // the handshake waits for an answer
            Timeout = TimeSpan.FromMinutes(5),
        });
        using var accepted = await silent.AcceptAsync();
        Sys.Stop(commander);
        var buffer = new byte[4096];
        using var deadline = new CancellationTokenSource(Soon);
        while (await ReceiveAsync() > 0)
        {
        }

        async Task<int> ReceiveAsync()
        {
            try
            {
                return await accepted.ReceiveAsync(buffer, deadline.Token);
            }
            catch (SocketException)
            {
                return 0; // a reset is an end too
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_that_has_no_handler_yet_ends_with_its_commander(bool registered)
    {
        var acceptor = CreateTestProbe();
        acceptor.Send(Sys.Mqtt(), new Mqtt.Bind(acceptor, AnyPort));
        var bound = await acceptor.ExpectMsgAsync<Mqtt.Bound>(Soon);
        var (commander, handler) = (CreateTestProbe(), CreateTestProbe());
        commander.Send(Sys.Mqtt(), new Mqtt.Connect(bound.LocalAddress));
        var connection = (await commander.ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
        var accepted = (await acceptor.ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
        accepted.Tell(new Mqtt.Register(acceptor), acceptor);
        await handler.WatchAsync(connection);
        if (registered)
            connection.Tell(new Mqtt.Register(handler), commander);
        Sys.Stop(commander);

        if (registered)
        {
            connection.Tell(new Connect { ClientId = "lives" }, handler);
            await acceptor.ExpectMsgAsync<Connect>(Soon);
        }
        else
        {
            await handler.ExpectTerminatedAsync(connection, TimeSpan.FromSeconds(5)); // register-timeout would be 10 s
            await acceptor.ExpectMsgAsync<Mqtt.ConnectionClosed>(Soon);
        }
    }

    [Fact]
    public async Task A_dial_by_Ask_is_answered_as_any()
    {
        var acceptor = CreateTestProbe();
        acceptor.Send(Sys.Mqtt(), new Mqtt.Bind(acceptor, AnyPort));
        var bound = await acceptor.ExpectMsgAsync<Mqtt.Bound>(Soon);
        var connected = await Sys.Mqtt().Ask<Mqtt.Connected>(new Mqtt.Connect(bound.LocalAddress), Soon);
        Assert.Equal(bound.LocalAddress, connected.RemoteAddress);
        Assert.IsType<Mqtt.CommandFailed>(await Sys.Mqtt().Ask<object>(new Mqtt.Connect(new InMemoryEndPoint("nobody")), Soon));
    }

    [Fact]
    public async Task A_stream_of_synchronous_members_reads_and_writes_at_the_same_time()
    {
        var (up, down) = (new BlockingCollection<byte[]>(), new BlockingCollection<byte[]>());
        var (client, server) = (CreateTestProbe(), CreateTestProbe());
        client.Send(Sys.Mqtt(), new Mqtt.Attach(new Synchronous(down, up), MqttRole.Client));
        server.Send(Sys.Mqtt(), new Mqtt.Attach(new Synchronous(up, down), MqttRole.Server));
        var dialled = (await client.ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
        var accepted = (await server.ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
        dialled.Tell(new Mqtt.Register(client), client);
        accepted.Tell(new Mqtt.Register(server), server);
        dialled.Tell(new Connect { ClientId = "blocking" }, client);
        await server.ExpectMsgAsync(new Connect { ClientId = "blocking" }, Soon);
        accepted.Tell(new ConnAck(), server);
        await client.ExpectMsgAsync(new ConnAck(), Soon);
        dialled.Tell(Mqtt.Close.Instance, client);
        await client.ExpectMsgAsync<Mqtt.Closed>(Soon);
        await server.ExpectMsgAsync<Mqtt.ConnectionClosed>(Soon);
    }

    /// <summary>Overrides what a stream must, and no more.</summary>
    private sealed class Synchronous(BlockingCollection<byte[]> input, BlockingCollection<byte[]> output) : Stream
    {
        private ReadOnlyMemory<byte> _rest;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (_rest.IsEmpty && input.TryTake(out var next, Timeout.Infinite))
                _rest = next;
            var read = Math.Min(count, _rest.Length);
            _rest[..read].CopyTo(buffer.AsMemory(offset));
            _rest = _rest[read..];
            return read;
        }

        public override void Write(byte[] buffer, int offset, int count) => output.Add(buffer[offset..(offset + count)]);

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            output.CompleteAdding();
            input.CompleteAdding();
            base.Dispose(disposing);
        }
    }
}
