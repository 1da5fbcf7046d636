using System.Net;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Streams;
using Akka.Mqtt.TestKit;
using Akka.Streams.Dsl;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Streams;

public sealed class TcpMqttStreamSpec(ITestOutputHelper output) : MqttStreamSpec(output, new IPEndPoint(IPAddress.Loopback, 0));

public sealed class InMemoryMqttStreamSpec(ITestOutputHelper output) : MqttStreamSpec(output, new InMemoryEndPoint("stream"));

public sealed class FuzzedMqttStreamSpec(ITestOutputHelper output)
    : MqttStreamSpec(output, new InMemoryEndPoint("fuzzed"), "akka.stream.materializer.debug.fuzzing-mode = on");

/// <summary>Raw connections as flows.</summary>
public abstract class MqttStreamSpec(ITestOutputHelper output, EndPoint address, string config = "") : StreamSpec(output, config)
{
    private static readonly Connect Hello = new() { ClientId = "c" };

    [Fact]
    public async Task Ten_thousand_packets_come_back_from_an_echo()
    {
        var binding = await EchoAsync();
        var packets = Enumerable.Range(0, 10_000).Select(i => (MqttPacket)new Publish("echo", BitConverter.GetBytes(i))).ToArray();
        var received = await Source.Single<MqttPacket>(Hello).Concat(Source.From(packets))
            .Via(MqttStream.OutgoingConnection(Sys, new Mqtt.Connect(binding.LocalAddress)))
            .Take(packets.Length + 1)
            .RunWith(Sink.Seq<MqttPacket>(), Materializer)
            .WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal([new ConnAck(), .. packets], received);
        await binding.UnbindAsync();
    }

    [Fact]
    public async Task Cancelling_closes_the_connection_also_of_a_source_that_never_ends()
    {
        var (acceptor, bound) = await BindAsync();
        var (connected, done) = Source.Single<MqttPacket>(Hello).Concat(Source.Repeat<MqttPacket>(new Publish("a", "x")))
            .ViaMaterialized(MqttStream.OutgoingConnection(Sys, new Mqtt.Connect(bound.LocalAddress)), Keep.Right)
            .ToMaterialized(Sink.First<MqttPacket>(), Keep.Both)
            .Run(Materializer);
        var handler = CreateTestProbe();
        var server = await acceptor.ExpectMsgAsync<Mqtt.Connected>(Soon);
        server.Connection.Tell(new Mqtt.Register(handler) { Delivery = MqttDelivery.Batches }, acceptor);
        await handler.ExpectMsgAsync<Mqtt.Received>(Soon);
        await connected;
        server.Connection.Tell(new ConnAck(), acceptor);
        Assert.Equal(new ConnAck(), await done);
        await handler.FishForMessageAsync(message => message is Mqtt.PeerClosed, Soon);
        bound.Listener.Tell(Mqtt.Unbind.Instance, acceptor);
    }

    [Fact]
    public async Task A_stream_ends_when_the_peer_closes_and_loses_nothing_that_came_before()
    {
        var (acceptor, bound) = await BindAsync();
        var received = Source.Single<MqttPacket>(Hello).Concat(Never<MqttPacket>())
            .Via(MqttStream.OutgoingConnection(Sys, new Mqtt.Connect(bound.LocalAddress)))
            .RunWith(Sink.Seq<MqttPacket>(), Materializer);
        var server = await acceptor.ExpectMsgAsync<Mqtt.Connected>(Soon);
        server.Connection.Tell(new Mqtt.Register(acceptor), acceptor);
        await acceptor.ExpectMsgAsync(Hello, Soon);
        var packets = Enumerable.Range(0, 1_000).Select(i => (MqttPacket)new Publish("a", BitConverter.GetBytes(i))).Prepend(new ConnAck()).ToArray();
        server.Connection.Tell(new Mqtt.WriteBatch(packets), acceptor);
        server.Connection.Tell(Mqtt.Close.Instance, acceptor);
        Assert.Equal(packets, await received.WaitAsync(Soon));
        bound.Listener.Tell(Mqtt.Unbind.Instance, acceptor);
    }

    [Fact]
    public async Task A_sink_that_does_not_pull_stalls_the_other_end()
    {
        var (acceptor, bound) = await BindAsync();
        using var gate = new SemaphoreSlim(0);
        var first = 0;
        var received = Source.Single<MqttPacket>(Hello).Concat(Never<MqttPacket>())
            .Via(MqttStream.OutgoingConnection(Sys, new Mqtt.Connect(bound.LocalAddress)
            {
                Settings = MqttExt.Get(Sys).Settings with { MaxQueuedReadBytes = 4096 },
            }))
            .SelectAsync(1, async packet =>
            {
                await gate.WaitAsync();
                return packet;
            })
            .TakeWhile(packet => packet is not Publish publish || BitConverter.ToInt32(publish.Payload.Span) < Volatile.Read(ref first) - 1, inclusive: true)
            .RunWith(Sink.Seq<MqttPacket>(), Materializer);
        var server = await acceptor.ExpectMsgAsync<Mqtt.Connected>(Soon);
        server.Connection.Tell(new Mqtt.Register(acceptor), acceptor);
        await acceptor.ExpectMsgAsync(Hello, Soon);
        server.Connection.Tell(new ConnAck(), acceptor);

        // More than windows, queues and socket buffers hold: the server's queue fills and says so.
        var told = 0;
        Mqtt.CommandFailed? full = null;
        while (full is null)
        {
            server.Connection.Tell(new Mqtt.Write(Numbered(told), told), acceptor);
            told++;
            Assert.InRange(told, 0, 20_000);
            if (told % 100 != 0)
                continue;
            server.Connection.Tell(new Mqtt.Request(1), acceptor); // an echo of the connection
            object answer;
            do
            {
                answer = await acceptor.ReceiveOneAsync(Soon);
                full ??= answer is Mqtt.CommandFailed { Reason: CommandFailure.QueueFull } failed ? failed : null;
            }
            while (answer is not Mqtt.CommandFailed { Reason: CommandFailure.NotSupported });
        }

        // Everything that was taken before the first refusal comes, in order, when the sink pulls again.
        Volatile.Write(ref first, (int)((Mqtt.Write)full.Command).Ack!);
        gate.Release(100_000);
        var all = await received.WaitAsync(Soon);
        Assert.Equal(Enumerable.Range(0, Volatile.Read(ref first)), all.Skip(1).Select(packet => BitConverter.ToInt32(((Publish)packet).Payload.Span)));
        bound.Listener.Tell(Mqtt.Unbind.Instance, acceptor);
    }

    [Fact]
    public async Task A_dial_that_fails_fails_the_stream_and_its_materialized_task()
    {
        var (connected, done) = Never<MqttPacket>()
            .ViaMaterialized(MqttStream.OutgoingConnection(Sys, new Mqtt.Connect(new InMemoryEndPoint("nobody"))), Keep.Right)
            .ToMaterialized(Sink.Ignore<MqttPacket>(), Keep.Both)
            .Run(Materializer);
        Assert.Equal(CommandFailure.ConnectFailed, (await Assert.ThrowsAsync<MqttConnectionException>(() => connected)).Failed!.Reason);
        await Assert.ThrowsAsync<MqttConnectionException>(() => done);
    }

    [Fact]
    public async Task A_peer_that_breaks_the_protocol_fails_the_stream_with_the_reason_code()
    {
        var link = new InMemoryLink();
        using var peer = this.CreateMqttProbe(link.B);
        Sys.Mqtt().Tell(new Mqtt.Attach(link.A, MqttRole.Client), TestActor);
        var connected = await ExpectMsgAsync<Mqtt.Connected>(Soon);
        var received = Source.Single<MqttPacket>(Hello).Concat(Never<MqttPacket>())
            .Via(Flow.FromGraph(new ConnectionStage(Sys, connected)))
            .RunWith(Sink.Ignore<MqttPacket>(), Materializer);
        await peer.AcceptClientAsync();
        await peer.SendBytesAsync("30 04 00 01 ff 00");
        await peer.ExpectPacketAsync<Disconnect>(words => words.ReasonCode == ReasonCode.MalformedPacket);
        peer.Close();
        Assert.Equal(ReasonCode.MalformedPacket, (await Assert.ThrowsAsync<MqttProtocolException>(() => received)).Error.ReasonCode);
    }

    [Fact]
    public async Task A_packet_that_may_not_be_sent_fails_the_stream_and_the_peer_is_told_by_a_reset()
    {
        var (acceptor, bound) = await BindAsync();
        var done = Source.From(new MqttPacket[] { Hello, new Publish("#", "x") }).Concat(Never<MqttPacket>())
            .Via(MqttStream.OutgoingConnection(Sys, new Mqtt.Connect(bound.LocalAddress)))
            .RunWith(Sink.Ignore<MqttPacket>(), Materializer);
        var server = await acceptor.ExpectMsgAsync<Mqtt.Connected>(Soon);
        server.Connection.Tell(new Mqtt.Register(acceptor), acceptor);
        await Assert.ThrowsAsync<MqttProtocolException>(() => done);
        await acceptor.FishForMessageAsync(message => message is Mqtt.ConnectionClosed, Soon);
        bound.Listener.Tell(Mqtt.Unbind.Instance, acceptor);
    }

    [Fact]
    public async Task A_source_of_connections_that_cannot_bind_fails()
    {
        var binding = await EchoAsync();
        var (second, done) = MqttStream.Bind(Sys, binding.LocalAddress)
            .ToMaterialized(Sink.Ignore<MqttIncomingConnection>(), Keep.Both)
            .Run(Materializer);
        Assert.Equal(CommandFailure.BindFailed, (await Assert.ThrowsAsync<MqttConnectionException>(() => second)).Failed!.Reason);
        await Assert.ThrowsAsync<MqttConnectionException>(() => done);
        await binding.UnbindAsync();
    }

    private static Publish Numbered(int number)
    {
        var payload = new byte[10_000];
        BitConverter.TryWriteBytes(payload, number);
        return new Publish("a", payload);
    }

    private Task<MqttServerBinding> EchoAsync() => MqttStream.Bind(Sys, address)
        .To(Sink.ForEach<MqttIncomingConnection>(incoming => incoming.Flow
            .Join(Flow.Create<MqttPacket>().Select(packet => packet is Connect ? new ConnAck() : packet))
            .Run(Materializer)))
        .Run(Materializer);

    private async Task<(Akka.TestKit.TestProbe Acceptor, Mqtt.Bound Bound)> BindAsync()
    {
        var acceptor = CreateTestProbe();
        acceptor.Send(Sys.Mqtt(), new Mqtt.Bind(acceptor, address));
        return (acceptor, await acceptor.ExpectMsgAsync<Mqtt.Bound>(Soon));
    }
}
