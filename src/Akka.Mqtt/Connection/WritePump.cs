using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Transport;

namespace Akka.Mqtt.Connection;

/// <summary>
/// Sends encoded packets to the transport, one write at a time. Packets that arrive during a write are encoded into the next chunk. If
/// writes of the transport complete at once, the pump first gathers the packets of the messages in the mailbox. Owned by the connection
/// actor.
/// </summary>
internal sealed class WritePump(TransportPort port, WriteBuffer writes, ByteCounts bytes, MqttConnectionSettings settings, IActorRef connection)
{
    private PhaseTimer _timer;
    private TimeSpan _started;
    private bool _isOpen;
    private bool _gathers; // whether FlushNow is in the mailbox

    /// <summary>Whether nothing is queued and no write is in progress.</summary>
    public bool IsIdle => !writes.IsWriting && !writes.HasWaiting;

    /// <summary>Notes that the transport is registered and accepts writes from now on.</summary>
    public void Open() => _isOpen = true;

    /// <summary>Called when something was queued.</summary>
    public void Flush(IScheduler scheduler)
    {
        if (_gathers || writes.IsWriting || !_isOpen)
            return;
        _gathers = port.TryGather();
        if (!_gathers)
            WriteOut(scheduler);
    }

    /// <summary>Handles <see cref="FlushNow"/>.</summary>
    public void Gathered(IScheduler scheduler)
    {
        _gathers = false;
        WriteOut(scheduler);
    }

    /// <summary>Writes the queue, as long as writes complete at once.</summary>
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

    /// <summary>Notes that the current write is complete.</summary>
    public void Written(IScheduler scheduler)
    {
        if (!writes.IsWriting)
            return;
        writes.Written(connection);
        WriteOut(scheduler);
    }

    /// <summary>
    /// Checks the time limit of writes. One timer serves all writes of a connection. When it fires, it is started again for the remaining
    /// time of the current write.
    /// </summary>
    /// <returns>Whether the peer has received nothing for <c>write-timeout</c>.</returns>
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

    /// <summary>Drops what was not written, and reports the acknowledgements that fail.</summary>
    public void Drop()
    {
        foreach (var ack in writes.Drop())
            CommandFailures.Fail(ack.Commander, ack.Command, CommandFailure.ConnectionClosed, "The connection ended before this was written.");
    }

    public void Stop() => _timer.Stop();
}
