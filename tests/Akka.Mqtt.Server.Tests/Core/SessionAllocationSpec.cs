using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Tests;

/// <summary>What a message costs of garbage on its way through a session that nobody records.</summary>
public class SessionAllocationSpec
{
    private const long Start = 1_800_000_000_000;
    private const int Rounds = 100;

    private static readonly SessionLimits Limits = new()
    {
        MaxQueuedMessages = 10_000, MaxQueuedBytes = 1 << 24, MaxInflightMessages = 1000, MaxInflightBytes = 1 << 24,
    };

    // Somebody has the packet, so that the compiler cannot have it on the stack.
    private static Publish? _kept;

    // One packet with its identifier.
    private static readonly long OnePublish = Allocated(static () => _kept = new Publish("t") { QoS = QualityOfService.AtLeastOnce });

    [Fact]
    public void QoS_0_costs_nothing() => Assert.Equal(0, PerMessage(QualityOfService.AtMostOnce, static (_, _) => { }));

    [Fact]
    public void QoS_1_costs_the_packet_that_is_sent() =>
        Assert.Equal(OnePublish, PerMessage(QualityOfService.AtLeastOnce, static (core, id) => core.Outgoing.PubAck(id)));

    [Fact]
    public void QoS_2_costs_the_packet_that_is_sent() => Assert.Equal(OnePublish, PerMessage(QualityOfService.ExactlyOnce, static (core, id) =>
    {
        core.Outgoing.PubRec(id, accepted: true);
        core.Outgoing.PubComp(id);
    }));

    [Fact]
    public void A_message_that_waits_costs_the_packet_that_is_sent_in_the_end()
    {
        var (core, outlet, batch) = Begin(QualityOfService.AtLeastOnce);
        Run(); // the queue and the window have their size
        Assert.Equal(0, core.Outgoing.QueuedCount);
        Assert.Equal(OnePublish * batch.Length, Allocated(Run));

        void Run()
        {
            outlet.IsFull = true;
            core.Outgoing.Deliver(batch, null, Start, Start);
            outlet.IsFull = false;
            core.Outgoing.Pump(Start);
            for (var at = 0; at < batch.Length; at++)
                core.Outgoing.PubAck((ushort)(outlet.LastId - at));
        }
    }

    private static long PerMessage(QualityOfService qos, Action<SessionCore, ushort> acknowledge)
    {
        var (core, outlet, batch) = Begin(qos);
        Run();
        return Allocated(Run) / batch.Length;

        void Run()
        {
            core.Outgoing.Deliver(batch, null, Start, Start);
            for (var at = 0; at < batch.Length && qos != QualityOfService.AtMostOnce; at++)
                acknowledge(core, (ushort)(outlet.LastId - at));
            core.Outgoing.Pump(Start);
        }
    }

    private static (SessionCore Core, Sink Outlet, Publish[] Batch) Begin(QualityOfService qos)
    {
        var core = new SessionCore(new SessionKey("", null, "c"), null, Limits, Start, memory: new CountedMemory(long.MaxValue));
        var outlet = new Sink();
        core.Connect(1, outlet, ushort.MaxValue, null, 0, Start);
        return (core, outlet, [.. Enumerable.Range(0, 50).Select(_ => new Publish("t") { QoS = qos })]);
    }

    /// <summary>The least of many rounds: a collection meanwhile counts what it leaves unused.</summary>
    private static long Allocated(Action run)
    {
        var least = long.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }

    private sealed class Sink : IOutlet
    {
        public bool IsFull { get; set; }

        public ushort LastId { get; private set; }

        public Publish? Shape(Publish message) => message;

        public void Send(Publish packet) => LastId = packet.PacketId;

        public void Send(PubRel packet)
        {
        }
    }
}
