using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>Why packets of a client are held back.</summary>
internal enum HoldReason
{
    /// <summary>They are not held back.</summary>
    None,

    /// <summary>The client publishes faster than allowed.</summary>
    Rate,

    /// <summary>Messages before them are not safe with their targets yet.</summary>
    Receipt,

    /// <summary>Many packets to the client wait for commits of the storage.</summary>
    Store,

    /// <summary>The server is stopping.</summary>
    Drain,
}

/// <summary>
/// Packets of the client that cannot be handled yet, in order. Reading is paused while packets are held, so their number is bounded by
/// what the connection delivers after it was asked to pause. Owned by the session; most sessions never allocate it.
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

    /// <summary>Changes the reason for which the packets are held.</summary>
    public void Wait(HoldReason reason) => Reason = reason;

    /// <summary>Adds packets behind the held ones.</summary>
    public void Add(ReadOnlySpan<MqttPacket> packets) => _packets!.AddRange(packets);

    /// <summary>Returns the held packets, to be handled now.</summary>
    public MqttPacket[] Take()
    {
        var packets = _packets?.ToArray() ?? [];
        _packets = null;
        Reason = HoldReason.None;
        return packets;
    }

    /// <summary>Resumes reading, because the held packets are handled.</summary>
    public void Resume(IActorRef connection)
    {
        if (!_readingPaused || IsHolding)
            return;
        _readingPaused = false;
        connection.Tell(Mqtt.ResumeReading.Instance);
    }

    /// <summary>Discards the packets, because the connection has ended.</summary>
    public void Clear()
    {
        _packets = null;
        Reason = HoldReason.None;
        _readingPaused = false;
    }
}
