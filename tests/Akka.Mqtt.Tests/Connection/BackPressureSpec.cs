using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>A handler that lags stalls its peer within a bound, in bytes and in packets, and nothing is lost when it goes on.</summary>
[Collection(Alone.Name)]
public sealed class BackPressureSpec(ITestOutputHelper output) : FaultSpec(output, tcp: false, "stuck.type = PinnedDispatcher")
{
    private const int TotalBytes = 8 << 20;
    private const int LinkBytes = InMemoryLink.DefaultCapacity;

    private static readonly MqttConnectionSettings Small = MqttConnectionSettings.Create((Configuration.Config?)null) with
    {
        MaxUnhandledBytes = 64 * 1024,
        MaxQueuedReadBytes = 32 * 1024,
        ReadChunkSize = 8 * 1024,
    };

    /// <summary>What is on its way from the transport to the connection when reading is suspended, and the chunks that cross each limit.</summary>
    private static readonly int Overshoot = Small.MaxQueuedReadBytes + (4 * Small.ReadChunkSize);

    [Theory]
    [InlineData(MqttDelivery.EachPacket, 2_000)]
    [InlineData(MqttDelivery.Batches, 2_000)]
    [InlineData(MqttDelivery.EachPacket, 60_000)] // each packet takes many chunks
    [InlineData(MqttDelivery.Batches, 60_000)]
    public async Task A_handler_that_is_stuck_stalls_its_peer_within_the_bound_and_nothing_is_lost(MqttDelivery delivery, int size)
    {
        using var gate = new ManualResetEventSlim();
        var received = new BlockingCollection<MqttPacket>();
        var handler = Sys.ActorOf(Props.Create(() => new Stuck(gate, received)).WithDeploy(Deploy.Local).WithDispatcher("stuck"));
        var tested = await OpenAsync(MqttRole.Server, Small, register: false);
        tested.Tell(new Mqtt.Register(handler) { Delivery = delivery });
        await tested.Peer.SendPacketAsync(new Connect { ClientId = "c" });

        using var counters = new ConnectionCounters();
        var sent = 0L;
        var sending = SendAsync(tested.Peer, size, () => Interlocked.Add(ref sent, size));
        var stalledAt = await StallAsync(() => Interlocked.Read(ref sent), () => counters.Suspensions);

        // What the handler may be behind, what waits to be decoded, what is on its way there, the link, the packets in the making.
        var bound = Small.MaxUnhandledBytes + Small.MaxQueuedReadBytes + Overshoot + (2 * size) + LinkBytes;
        Assert.InRange(stalledAt, Small.MaxUnhandledBytes, bound);
        Assert.False(sending.IsCompleted);

        gate.Set();
        await sending;
        Assert.IsType<Connect>(received.Take());
        for (var i = 0; i < TotalBytes / size; i++)
        {
            Assert.True(received.TryTake(out var packet, Soon));
            Assert.Equal(i, BitConverter.ToInt32(Assert.IsType<Publish>(packet).Payload.Span));
        }
    }

    [Fact]
    public async Task A_handler_that_never_asks_stalls_its_peer_and_gets_everything_when_it_does()
    {
        const int size = 2_000;
        var tested = await OpenAsync(MqttRole.Server, Small, MqttDelivery.Pull);
        await tested.Peer.SendPacketAsync(new Connect { ClientId = "c" });
        using var counters = new ConnectionCounters();
        var sent = 0L;
        var sending = SendAsync(tested.Peer, size, () => Interlocked.Add(ref sent, size));
        var stalledAt = await StallAsync(() => Interlocked.Read(ref sent), () => counters.Suspensions);
        Assert.InRange(stalledAt, Small.MaxQueuedReadBytes, Small.MaxQueuedReadBytes + Overshoot + (2 * size) + LinkBytes);
        await tested.Handler.ExpectNoMsgAsync(TimeSpan.Zero);

        tested.Tell(new Mqtt.Request(1));
        await tested.Handler.ExpectMsgAsync<Connect>(Soon);
        for (var i = 0; i < TotalBytes / size; i++)
        {
            tested.Tell(new Mqtt.Request(1));
            Assert.Equal(i, BitConverter.ToInt32((await tested.Handler.ExpectMsgAsync<Publish>(Soon)).Payload.Span));
        }

        await sending;
        await tested.Handler.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task Small_packets_are_bounded_by_their_number()
    {
        using var gate = new ManualResetEventSlim();
        var received = new BlockingCollection<MqttPacket>();
        var handler = Sys.ActorOf(Props.Create(() => new Stuck(gate, received)).WithDeploy(Deploy.Local).WithDispatcher("stuck"));
        var settings = Small with { MaxUnhandledPackets = 100, MaxQueuedReadBytes = 1024, ReadChunkSize = 512 };
        var tested = await OpenAsync(MqttRole.Server, settings, register: false);
        tested.Tell(new Mqtt.Register(handler));
        await tested.Peer.SendPacketAsync(new Connect { ClientId = "c" });
        using var counters = new ConnectionCounters();
        var sent = 0L;
        const int batch = 1_000;
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await tested.Peer.SendPacketAsync([.. Enumerable.Repeat(new PingReq(), batch)]);
                Interlocked.Add(ref sent, batch);
            }
        });
        var stalledAt = await StallAsync(() => Interlocked.Read(ref sent), () => counters.Suspensions);
        Assert.InRange(stalledAt, 0, 100 + (((2 * 1024) + (4 * 512) + LinkBytes) / 2) + (2 * batch));
        gate.Set();
        await sending;
        Assert.IsType<Connect>(received.Take());
        for (var i = 0; i < 100 * batch; i++)
            Assert.True(received.TryTake(out _, Soon));
    }

    private static Task SendAsync(MqttProbe peer, int size, Action sent) => Task.Run(async () =>
    {
        for (var i = 0; i < TotalBytes / size; i++)
        {
            var payload = new byte[size];
            BitConverter.TryWriteBytes(payload, i);
            await peer.SendPacketAsync(new Publish("a", payload));
            sent();
        }
    });

    /// <summary>Waits until reading was suspended and the peer's count stands still.</summary>
    private async Task<long> StallAsync(Func<long> sent, Func<long> suspensions)
    {
        var last = -1L;
        await AwaitAssertAsync(
            () =>
            {
                var now = sent();
                var before = last;
                last = now;
                Assert.True(suspensions() > 0 && now == before, $"{now} after {before}");
            },
            Soon,
            TimeSpan.FromMilliseconds(50));
        return last;
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
