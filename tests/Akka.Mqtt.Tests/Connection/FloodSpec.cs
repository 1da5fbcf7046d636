using Akka.Actor;
using Akka.Mqtt.Protocol;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>A peer that sends faster than packets can be decoded and delivered: all arrive, and the mailbox of the connection stays short.</summary>
[Collection(Alone.Name)]
public sealed class FloodSpec(ITestOutputHelper output) : FaultSpec(output, tcp: true)
{
    private const int Packets = 2_000_000;

    /// <summary>250 chunks in all, each of eight thousand packets: decoding takes longer than reading.</summary>
    private static readonly MqttConnectionSettings SmallReads =
        MqttConnectionSettings.Create((Configuration.Config?)null) with { ReadChunkSize = 16 * 1024, WriteChunkSize = 16 * 1024 };

    [Theory]
    [InlineData(MqttDelivery.Batches)]
    public async Task A_flood_of_the_smallest_packets_fills_no_mailbox_and_arrives_whole(MqttDelivery delivery)
    {
        var all = new TaskCompletionSource();
        var handler = Sys.ActorOf(Props.Create(() => new Counter(Packets + 1, all)).WithDeploy(Deploy.Local));
        var tested = await OpenAsync(MqttRole.Server, SmallReads, register: false);
        tested.Tell(new Mqtt.Register(handler) { Delivery = delivery });
        await tested.Peer.SendPacketAsync(new Connect { ClientId = "c" });

        var cell = ((ActorRefWithCell)tested.Connection).Underlying;
        var longest = 0;
        var flood = new byte[16 * 1024];
        for (var i = 0; i < flood.Length; i += 2)
            flood[i] = 0xC0;
        for (var left = Packets * 2; left > 0; left -= flood.Length)
        {
            await tested.Peer.SendBytesAsync(flood.AsMemory(0, Math.Min(left, flood.Length)));
            longest = Math.Max(longest, cell.NumberOfMessages);
        }

        await all.Task.WaitAsync(TimeSpan.FromSeconds(30));
        // One chunk, what became of a suspension, and acknowledgements of other actors.
        Assert.InRange(longest, 0, 4);
    }

    private sealed class Counter : ReceiveActor
    {
        private int _left;

        public Counter(int expected, TaskCompletionSource all)
        {
            _left = expected;
            Receive<MqttPacket>(_ => Count(1, all));
            Receive<Mqtt.Received>(batch => Count(batch.Packets.Count, all));
        }

        private void Count(int packets, TaskCompletionSource all)
        {
            _left -= packets;
            if (_left == 0)
                all.SetResult();
        }
    }
}
