using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Transport;

namespace Akka.Mqtt.Connection;

/// <summary>
/// Moves encoded packets to the transport: one write outstanding; what is told meanwhile is encoded into the next chunk. Where a write ends at once,
/// what is told together is gathered before it. Owned by the connection actor.
/// </summary>
internal sealed class WritePump(TransportPort port, WriteBuffer writes, ByteCounts bytes, MqttConnectionSettings settings, IActorRef connection)
{
    private PhaseTimer _timer;
    private TimeSpan _started;
    private bool _isOpen;
    private bool _gathers; // FlushNow is in the mailbox

    /// <summary>Whether nothing waits for a write and none is under way.</summary>
    public bool IsIdle => !writes.IsWriting && !writes.HasWaiting;

    /// <summary>The transport is registered: from now on it takes writes.</summary>
    public void Open() => _isOpen = true;

    /// <summary>Something was queued.</summary>
    public void Flush(IScheduler scheduler)
    {
        if (_gathers || writes.IsWriting || !_isOpen)
            return;
        _gathers = port.TryGather();
        if (!_gathers)
            WriteOut(scheduler);
    }

    /// <summary><see cref="FlushNow"/> has come.</summary>
    public void Gathered(IScheduler scheduler)
    {
        _gathers = false;
        WriteOut(scheduler);
    }

    /// <summary>Writes what is queued, as far as the transport takes it at once.</summary>
    public void WriteOut(IScheduler scheduler)
    {
        while (!writes.IsWriting && writes.HasWaiting && _isOpen)
        {
            var chunk = writes.Take(out var size);
            bytes.AddSent(size);
            if (port.Write(chunk))
            {
                writes.Written(connection);
                continue;
            }

            if (settings.WriteTimeout is not { } timeout)
                continue;
            _started = scheduler.MonotonicClock;
            if (!_timer.IsRunning)
                _timer.Start(timeout, PhaseTimeout.Write, scheduler, connection);
        }
    }

    /// <summary>The transport has taken the write that was under way.</summary>
    public void Written(IScheduler scheduler)
    {
        if (!writes.IsWriting)
            return;
        writes.Written(connection);
        WriteOut(scheduler);
    }

    /// <summary>One timer serves all writes of a connection: when it ends it is started again for what is left of the write under way.</summary>
    /// <returns>Whether the peer has taken nothing for <c>write-timeout</c>.</returns>
    public bool IsStalled(IScheduler scheduler)
    {
        _timer.Stop();
        if (!writes.IsWriting || settings.WriteTimeout is not { } timeout)
            return false;
        var left = timeout - (scheduler.MonotonicClock - _started);
        if (left <= TimeSpan.Zero)
            return true;
        _timer.Start(left, PhaseTimeout.Write, scheduler, connection);
        return false;
    }

    /// <summary>Queues the last packet of a connection.</summary>
    public void AppendLast(MqttPacket packet, MqttVersion version, int size) => writes.Append(packet, version, size);

    /// <summary>Gives up what was not written; whose acknowledgement will not come is told.</summary>
    public void Drop()
    {
        foreach (var ack in writes.Drop())
            CommandFailures.Fail(ack.Commander, ack.Command, CommandFailure.ConnectionClosed, "The connection ended before this was written.");
    }

    public void Stop() => _timer.Stop();
}
