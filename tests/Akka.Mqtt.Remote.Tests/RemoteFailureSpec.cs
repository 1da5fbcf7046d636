using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Remote;
using Akka.Remote.Transport;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Remote.Tests;

/// <summary>What remoting can do to a connection: a handler that is slow, a network that is gone, messages that are too large for it.</summary>
public sealed class RemoteFailureSpec(ITestOutputHelper output) : RemoteSpec(
    output,
    """
    akka.remote.dot-netty.tcp.applied-adapters = ["trttl"]
    akka.remote.dot-netty.tcp.maximum-frame-size = 64000b
    akka.remote.watch-failure-detector {
      implementation-class = "Akka.Mqtt.CountingFailureDetector, Akka.Mqtt.Remote.Tests"
      heartbeat-interval = 200ms
      unanswered = 10
      expected-response-after = 200ms
      unreachable-nodes-reaper-interval = 200ms
    }
    stuck.type = PinnedDispatcher
    """)
{
    [Theory]
    [InlineData(MqttDelivery.EachPacket)]
    [InlineData(MqttDelivery.Batches)]
    public async Task A_handler_on_another_node_that_is_stuck_stalls_the_peer_and_nothing_is_lost(MqttDelivery delivery)
    {
        const int count = 4000;
        using var gate = new ManualResetEventSlim();
        var received = new BlockingCollection<MqttPacket>();
        var handler = Other.ActorOf(Props.Create(() => new Stuck(gate, received)).WithDeploy(Deploy.Local).WithDispatcher("stuck"));
        var settings = MqttConnectionSettings.Create((Configuration.Config?)null) with
        {
            MaxUnhandledBytes = 64 * 1024,
            MaxQueuedReadBytes = 32 * 1024,
            ReadChunkSize = 8 * 1024,
        };
        var pair = await OpenAsync(delivery, settings, handler);

        // The peer writes one more when the last has gone to the transport, 4 MB in all, until that comes no more.
        var sent = 0;
        async Task<bool> SendAsync(TimeSpan patience)
        {
            for (; sent < count; sent++)
            {
                pair.Answer(new Mqtt.Write(new Publish("t", BitConverter.GetBytes(sent).Concat(new byte[1000]).ToArray()), ack: sent));
                if (await pair.Peer.ReceiveOneAsync(patience) is null)
                    return false;
            }

            return true;
        }

        Assert.False(await SendAsync(TimeSpan.FromSeconds(1)));
        Assert.InRange(sent, 20, 1000);
        gate.Set();
        Assert.Equal(sent++, await pair.Peer.ExpectMsgAsync<int>(Soon));
        Assert.True(await SendAsync(Soon));
        Assert.True(received.TryTake(out var first, Soon));
        Assert.Equal(new ConnAck(), first);
        for (var at = 0; at < count; at++)
        {
            Assert.True(received.TryTake(out var packet, Soon), $"{at}");
            Assert.Equal(at, BitConverter.ToInt32(Assert.IsType<Publish>(packet).Payload.Span));
        }
    }

    [Fact]
    public async Task A_handler_whose_node_cannot_be_reached_any_more_closes_its_connection()
    {
        var pair = await OpenAsync();
        await pair.Handler.ExpectMsgAsync(new ConnAck(), Soon);
        var other = ((ExtendedActorSystem)Other).Provider.DefaultAddress;
        var cut = new SetThrottle(other, ThrottleTransportAdapter.Direction.Both, Blackhole.Instance);
        Assert.True(await ((IRemoteActorRefProvider)((ExtendedActorSystem)Sys).Provider).Transport.ManagementCommand(cut));
        await pair.Peer.ExpectMsgAsync<Mqtt.PeerClosed>(Soon);
    }

    [Fact]
    public async Task A_batch_that_is_larger_than_a_frame_of_remoting_arrives_in_parts()
    {
        var pair = await OpenAsync(MqttDelivery.Batches);
        await pair.Handler.ExpectMsgAsync<Mqtt.Received>(Soon);
        MqttPacket[] packets =
        [
            .. Enumerable.Range(0, 30_000).Select(_ => PingResp.Instance),
            .. Enumerable.Range(0, 20).Select(at => new Publish("t", new byte[10_000])),
        ];
        pair.Answer(new Mqtt.WriteBatch(packets));
        for (var at = 0; at < packets.Length;)
        {
            foreach (var packet in (await pair.Handler.ExpectMsgAsync<Mqtt.Received>(Soon)).Packets)
                Assert.Equal(packets[at++], packet);
        }
    }

    [Fact]
    public async Task A_packet_that_is_larger_than_a_frame_of_remoting_ends_the_connection_instead_of_being_lost()
    {
        var pair = await OpenAsync();
        await pair.Handler.ExpectMsgAsync(new ConnAck(), Soon);
        pair.Answer(new Publish("t", new byte[60_000]));
        await pair.Handler.ExpectMsgAsync<Publish>(Soon); // it fits
        pair.Answer(new Publish("t", new byte[64_000]));
        var closed = await pair.Handler.ExpectMsgAsync<Mqtt.ErrorClosed>(Soon);
        Assert.Equal(CloseReason.PacketTooLarge, closed.Reason);
    }

    private sealed class Stuck : ReceiveActor
    {
        public Stuck(ManualResetEventSlim gate, BlockingCollection<MqttPacket> received)
        {
            Receive<MqttPacket>(packet =>
            {
                gate.Wait();
                received.Add(packet);
            });
            Receive<Mqtt.Received>(batch =>
            {
                gate.Wait();
                foreach (var packet in batch.Packets)
                    received.Add(packet);
            });
        }
    }
}
