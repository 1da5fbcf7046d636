using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Transport;
using Akka.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests;

/// <summary>What the Tcp conversation has to keep over every stream transport.</summary>
public abstract class StreamTransportSpec : Akka.TestKit.Xunit2.TestKit
{
    private static readonly Config Debug = ConfigurationFactory.ParseString(
        "akka.loglevel = DEBUG\nakka.actor.serialize-messages = on\nakka.test.single-expect-default = 10s");

    private protected InMemoryNetwork Network { get; } = new();

    protected MqttConnectionSettings Settings { get; } = MqttConnectionSettings.Create((Config?)null);

    protected StreamTransportSpec(ITestOutputHelper output)
        : base(TestSystem.Configured(Debug), output: output)
    {
    }

    protected abstract EndPoint ListenOn { get; }

    /// <summary>Whether a side can end its writing and read on.</summary>
    protected virtual bool HalfCloses => true;

    /// <summary>Whether a reset is told apart from a close.</summary>
    protected virtual bool Resets => true;

    protected virtual TlsServerSettings? ServerTls => null;

    protected virtual TlsClientSettings? ClientTls => null;

    private protected IStreamListener Bind() => StreamTransport.Bind(new Mqtt.Bind(TestActor, ListenOn) { Tls = ServerTls }, Settings, Network);

    private protected Task<StreamLink> DialAsync(EndPoint address) =>
        StreamTransport.DialAsync(new Mqtt.Connect(address) { Tls = ClientTls }, Settings, Network, CancellationToken.None);

    private protected sealed record Side(IActorRef Connection, TestProbe Handler, TransportInfo Info);

    private protected virtual async Task<(StreamLink Client, StreamLink Server)> LinkAsync()
    {
        await using var listener = Bind();
        var accepting = AcceptAsync(listener);
        var client = await DialAsync(listener.LocalAddress);
        return (client, await accepting);
    }

    private protected static async Task<StreamLink> AcceptAsync(IStreamListener listener)
    {
        var open = await listener.AcceptAsync(CancellationToken.None);
        return await open(CancellationToken.None);
    }

    private protected async Task<(Side Client, Side Server)> ConnectAsync(bool keepOpen = false)
    {
        var (client, server) = await LinkAsync();
        return (Open(client, keepOpen), Open(server, keepOpen));
    }

    private protected Side Open(StreamLink link, bool keepOpen = false)
    {
        var connection = Sys.ActorOf(StreamConnectionActor.Props(link, Settings));
        var handler = CreateTestProbe();
        handler.Watch(connection);
        connection.Tell(new Link.Register(handler.Ref, keepOpen), handler.Ref);
        return new Side(connection, handler, link.Info);
    }

    private protected static void Write(Side side, byte[] data, object? ack = null) =>
        side.Connection.Tell(new Link.Write(new OutgoingChunk(data), ack), side.Handler.Ref);

    private protected static async Task<byte[]> ReadAsync(Side side, int count)
    {
        var data = new MemoryStream();
        while (data.Length < count)
            data.Write((await side.Handler.ExpectMsgAsync<Link.Received>()).Bytes.ToArray());
        return data.ToArray();
    }

    private protected static byte[] Bytes(int count, int seed = 1)
    {
        var data = new byte[count];
        new Random(seed).NextBytes(data);
        return data;
    }

    private protected static Task EndAsync<T>(Side side) => EndAsync<T>(side.Handler, side.Connection);

    private static async Task EndAsync<T>(TestProbe probe, IActorRef connection)
    {
        await probe.FishForMessageAsync(m => m is T);
        await probe.ExpectTerminatedAsync(connection);
    }

    [Fact]
    public async Task Bytes_must_arrive_in_both_directions()
    {
        var (client, server) = await ConnectAsync();

        Write(client, [1, 2, 3]);
        Assert.Equal([1, 2, 3], await ReadAsync(server, 3));
        Write(server, [4, 5]);
        Assert.Equal([4, 5], await ReadAsync(client, 2));
    }

    [Fact]
    public async Task Writes_before_Register_must_wait_and_arrive_in_order()
    {
        var (clientLink, serverLink) = await LinkAsync();
        var server = Open(serverLink);
        var handler = CreateTestProbe();
        var connection = Sys.ActorOf(StreamConnectionActor.Props(clientLink, Settings));

        connection.Tell(new Link.Write(new OutgoingChunk([1]), null), handler.Ref);
        connection.Tell(new Link.Write(new OutgoingChunk([2]), null), handler.Ref);
        connection.Tell(new Link.Register(handler.Ref), handler.Ref);

        Assert.Equal([1, 2], await ReadAsync(server, 2));
    }

    [Fact]
    public async Task Acks_must_come_in_the_order_of_the_writes()
    {
        var (client, server) = await ConnectAsync();
        var sizes = Enumerable.Range(0, 200).Select(i => i * 37 % 9000).ToArray();

        for (var i = 0; i < sizes.Length; i++)
            Write(client, Bytes(sizes[i], i), new Ack(i));

        for (var i = 0; i < sizes.Length; i++)
            Assert.Equal(i, (await client.Handler.ExpectMsgAsync<Ack>()).Nr);
        var expected = sizes.SelectMany((size, i) => Bytes(size, i)).ToArray();
        Assert.Equal(expected, await ReadAsync(server, expected.Length));
    }

    [Fact]
    public async Task A_reader_that_suspends_must_hold_the_writer_up_and_lose_nothing()
    {
        var (client, server) = await ConnectAsync();
        server.Connection.Tell(Link.SuspendReading.Instance);
        // More than the buffers of a loopback socket grow to.
        var data = Bytes(32 * 1024 * 1024);

        Write(client, data, new Ack(1));
        await client.Handler.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));

        server.Connection.Tell(Link.ResumeReading.Instance);
        Assert.Equal(data, await ReadAsync(server, data.Length));
        await client.Handler.ExpectMsgAsync<Ack>();
    }

    [Fact]
    public async Task A_write_beyond_the_queue_limit_must_fail_and_the_connection_live_on()
    {
        var (client, server) = await ConnectAsync();
        server.Connection.Tell(Link.SuspendReading.Instance);
        var chunk = Bytes(1024 * 1024);
        for (var i = 0; i < 32; i++)
            Write(client, chunk);

        var failed = (Link.CommandFailed)await client.Handler.FishForMessageAsync(m => m is Link.CommandFailed);
        Assert.Contains("queue is full", failed.Cause.Message, StringComparison.Ordinal);
        server.Connection.Tell(Link.ResumeReading.Instance);
        Assert.Equal(chunk, (await ReadAsync(server, chunk.Length)).AsSpan(0, chunk.Length).ToArray());
    }

    [Fact]
    public async Task Close_must_send_what_is_queued_first()
    {
        var (client, server) = await ConnectAsync();
        var data = Bytes(3 * 1024 * 1024);

        Write(client, data);
        client.Connection.Tell(Link.Close.Instance, client.Handler.Ref);

        Assert.Equal(data, await ReadAsync(server, data.Length));
        await EndAsync<Link.PeerClosed>(server);
        await EndAsync<Link.Closed>(client);
    }

    [Fact]
    public async Task A_close_must_be_told_to_its_commander_too()
    {
        var (client, _) = await ConnectAsync();
        var commander = CreateTestProbe();

        client.Connection.Tell(Link.Close.Instance, commander.Ref);

        await commander.ExpectMsgAsync<Link.Closed>();
        await EndAsync<Link.Closed>(client);
    }

    [Fact]
    public async Task ConfirmedClose_must_end_the_writing_and_read_on_until_the_peer_closes()
    {
        if (!HalfCloses)
            return;
        var (client, server) = await ConnectAsync(keepOpen: true);
        Write(client, [1]);
        client.Connection.Tell(Link.ConfirmedClose.Instance, client.Handler.Ref);
        Assert.Equal([1], await ReadAsync(server, 1));
        await server.Handler.ExpectMsgAsync<Link.PeerClosed>();

        Write(server, [2, 3]);
        Assert.Equal([2, 3], await ReadAsync(client, 2));
        server.Connection.Tell(Link.Close.Instance, server.Handler.Ref);

        await EndAsync<Link.ConfirmedClosed>(client);
        await EndAsync<Link.Closed>(server);
    }

    [Fact]
    public async Task Abort_must_drop_the_connection_at_once()
    {
        var (client, server) = await ConnectAsync();
        Write(client, [1]);
        await ReadAsync(server, 1);

        client.Connection.Tell(Link.Abort.Instance, client.Handler.Ref);

        await EndAsync<Link.Aborted>(client);
        if (Resets)
            await EndAsync<Link.ErrorClosed>(server);
        else
            await EndAsync<Link.ConnectionClosed>(server);
    }

    [Fact]
    public async Task A_dead_handler_must_end_the_connection()
    {
        var (client, server) = await ConnectAsync();
        Watch(client.Connection);
        Write(client, [1]);
        await ReadAsync(server, 1);

        Sys.Stop(client.Handler.Ref);

        await ExpectTerminatedAsync(client.Connection);
        await EndAsync<Link.ConnectionClosed>(server);
    }

    [Fact]
    public async Task A_stopped_connection_must_close_its_stream()
    {
        var (client, server) = await ConnectAsync();
        Write(client, [1]);
        await ReadAsync(server, 1);

        Sys.Stop(client.Connection);

        await EndAsync<Link.Aborted>(client);
        await EndAsync<Link.ConnectionClosed>(server);
    }

    [Fact]
    public async Task An_unread_connection_must_close_when_it_is_told_to_before_Register()
    {
        var (clientLink, serverLink) = await LinkAsync();
        var server = Open(serverLink);
        var commander = CreateTestProbe();
        var connection = commander.Watch(Sys.ActorOf(StreamConnectionActor.Props(clientLink, Settings)));

        connection.Tell(new Link.Write(new OutgoingChunk([9]), null), commander.Ref);
        connection.Tell(Link.Close.Instance, commander.Ref);

        Assert.Equal([9], await ReadAsync(server, 1));
        await EndAsync<Link.Closed>(commander, connection);
        await EndAsync<Link.PeerClosed>(server);
    }

    private protected sealed class Ack(int nr) 
    {
        public int Nr { get; } = nr;
    }
}
