using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>Why packets of a client wait.</summary>
internal enum HoldReason
{
    /// <summary>Nothing: they may be handled.</summary>
    None,

    /// <summary>The client publishes faster than it may.</summary>
    Rate,

    /// <summary>Messages before them are not safe with their targets yet.</summary>
    Receipt,

    /// <summary>Many packets to the client wait for commits of the storage.</summary>
    Store,
}

/// <summary>
/// Packets of the client that have come and cannot be handled yet. They keep their order, and reading pauses meanwhile, so there is no more of
/// them than a connection delivers after it was told to pause. Owned by the session; empty for most clients, for ever.
/// </summary>
internal sealed class HeldPackets
{
    private List<MqttPacket>? _packets;
    private bool _readingPaused;

    public HoldReason Reason { get; private set; }

    public bool IsHolding => _packets is not null;

    public void Hold(ReadOnlySpan<MqttPacket> rest, HoldReason reason, IActorRef connection)
    {
        _packets = [.. rest];
        Reason = reason;
        if (_readingPaused)
            return;
        _readingPaused = true;
        connection.Tell(Mqtt.SuspendReading.Instance);
    }

    /// <summary>What is held waits for something else now.</summary>
    public void Wait(HoldReason reason) => Reason = reason;

    /// <summary>More has come behind what is held.</summary>
    public void Add(ReadOnlySpan<MqttPacket> packets) => _packets!.AddRange(packets);

    /// <summary>Gives what is held to be handled now.</summary>
    public MqttPacket[] Take()
    {
        var packets = _packets?.ToArray() ?? [];
        _packets = null;
        Reason = HoldReason.None;
        return packets;
    }

    /// <summary>What was held has been handled: reading goes on.</summary>
    public void Resume(IActorRef connection)
    {
        if (!_readingPaused || IsHolding)
            return;
        _readingPaused = false;
        connection.Tell(Mqtt.ResumeReading.Instance);
    }

    /// <summary>The connection has ended.</summary>
    public void Clear()
    {
        _packets = null;
        Reason = HoldReason.None;
        _readingPaused = false;
    }
}
