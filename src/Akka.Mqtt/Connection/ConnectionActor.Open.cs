using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Streams;

namespace Akka.Mqtt.Connection;

/// <summary>The open connection: sending, and what the framing island reports.</summary>
internal sealed partial class ConnectionActor
{
    void IFramingOwner.PacketsReceived(MqttList<MqttPacket> packets)
    {
        var first = !_connectReceived && _start.Role == MqttRole.Server;
        _lastReceived = Now;
        if (!first)
            return;
        _connectReceived = true; // the rules let nothing else come first
        StopTimer();
        StartKeepAlive();
    }

    void IFramingOwner.InboundFailed(PacketError error) => _inboundError ??= error;

    void IFramingOwner.InboundDrained() => _inboundDrained = true;

    void IFramingOwner.SuspendReading()
    {
        MqttMeters.ReadingSuspended();
        _readingSuspended = true;
        _port.SuspendReading();
    }

    void IFramingOwner.ResumeReading()
    {
        _readingSuspended = false;
        _port.ResumeReading();
    }

    private void Read(object message)
    {
        if (!_port.TryRead(message, out var chunk))
            return;
        _bytes.AddReceived(chunk.Length);
        _island!.Received(chunk);
        _port.ReadOn(chunk.Length, _readingSuspended);
        AfterFraming();
    }

    /// <summary>Acts on what the island reported while it ran.</summary>
    private void AfterFraming()
    {
        if (_inboundError is { } error && !_closing)
            CloseMalformed(error);
        else if (_inboundDrained && !_closing && !_tellsEnding)
            CloseWith(CloseReason.PeerClosed, "The peer closed.");
        else if (_peerClosed && !_closing && _tellsEnding)
            TellInboundClosed();
    }

    private void Send(MqttPacket packet, object command, object? ack)
    {
        if (!TryMeasure(packet, command, out var version, out var size))
            return;
        if (!_writes.HasRoomFor(size))
        {
            FailQueueFull(command);
            return;
        }

        if (!Order(packet, command))
            return;
        Ordered(packet);
        _writes.Append(packet, version, size);
        if (ack is not null)
            _writes.AddAck(Sender, ack, command);
        Flush();
    }

    /// <summary>All or nothing: a batch is measured as a whole before a byte of it is written.</summary>
    private void Send(Mqtt.WriteBatch batch)
    {
        var packets = batch.Packets.Span;
        if (packets.IsEmpty)
        {
            Fail(Sender, batch, CommandFailure.InvalidPacket, "A batch needs at least one packet.");
            return;
        }

        if (batch.Shared is not null && TrySendShared(batch, batch.Shared))
            return;
        long total = 0;
        MqttVersion version = default;
        var free = _rules.SendsMessages;
        foreach (var packet in packets)
        {
            if (!TryMeasure(packet, batch, out version, out var size))
                return;
            total += size;
            free = free && packet is Publish or PubAck or PubRec or PubRel or PubComp;
        }

        if (!_writes.HasRoomFor(total))
        {
            FailQueueFull(batch);
            return;
        }

        if (!free && !OrderAll(packets, batch))
            return;
        _writes.Append(packets, version, _start.Role, total);
        if (batch.Ack is not null)
            _writes.AddAck(Sender, batch.Ack, batch);
        Flush();
    }

    /// <summary>The batch was encoded by the first connection that was told it, if all of it may be sent by this one as it is.</summary>
    private bool TrySendShared(Mqtt.WriteBatch batch, SharedEncoding shared)
    {
        if (_closing || !_rules.SendsMessages || !shared.TryGet(batch.Packets, _rules.Version!.Value, out var bytes)
            || (uint)bytes.Largest > _rules.PeerMaximumPacketSize)
        {
            return false;
        }

        if (!_writes.HasRoomFor(bytes.Packets.Length))
        {
            FailQueueFull(batch);
            return true;
        }

        _writes.Append(bytes.Packets);
        if (batch.Ack is not null)
            _writes.AddAck(Sender, batch.Ack, batch);
        Flush();
        return true;
    }

    private bool TryMeasure(MqttPacket packet, object command, out MqttVersion version, out int size)
    {
        size = 0;
        version = _rules.Version ?? (packet as Connect)?.Version ?? default;
        if (_closing)
        {
            Fail(Sender, command, CommandFailure.ConnectionClosed, "The connection is closing.");
            return false;
        }

        if (version == default)
        {
            Fail(Sender, command, CommandFailure.OutOfOrder, _start.Role == MqttRole.Client
                ? "The first packet of a client must be CONNECT." // [MQTT-3.1.0-1]
                : "A server sends nothing before it has received CONNECT.");
            return false;
        }

        if (!MqttEncoder.TryMeasure(packet, version, _start.Role, out size, out var error))
        {
            Fail(Sender, command, CommandFailure.InvalidPacket, error.Message, error.ReasonCode);
            return false;
        }

        if ((uint)size <= _rules.PeerMaximumPacketSize) // [MQTT-3.1.2-24], [MQTT-3.2.2-15]
            return true;
        Fail(Sender, command, CommandFailure.PacketTooLarge, "The packet is larger than the peer's Maximum Packet Size.", ReasonCode.PacketTooLarge);
        return false;
    }

    private bool Order(MqttPacket packet, object command)
    {
        if (_rules.TrySend(packet, out var error))
            return true;
        Fail(Sender, command, CommandFailure.OutOfOrder, error.Message, error.ReasonCode);
        return false;
    }

    /// <summary>Acts on a packet that is certain to go out.</summary>
    private void Ordered(MqttPacket packet)
    {
        switch (packet.Type)
        {
            case MqttPacketType.Connect when _decoder is not null:
                _decoder.Version = _rules.Version;
                break;
            case MqttPacketType.ConnAck:
                StartKeepAlive(); // the server's Keep Alive, if it gave one
                break;
        }
    }

    /// <summary>
    /// Only packets that cannot change the order of things go in batches of more than one: then checking one cannot alter what the next was
    /// measured for.
    /// </summary>
    private bool OrderAll(ReadOnlySpan<MqttPacket> packets, object command)
    {
        var before = _rules.Snapshot();
        foreach (var packet in packets)
        {
            if (packets.Length > 1 && packet is Connect)
            {
                _rules.Restore(before);
                Fail(Sender, command, CommandFailure.OutOfOrder, "CONNECT goes alone.");
                return false;
            }

            if (Order(packet, command))
                continue;
            _rules.Restore(before);
            return false;
        }

        foreach (var packet in packets)
            Ordered(packet);
        return true;
    }

    private void FailQueueFull(object command) =>
        Fail(Sender, command, CommandFailure.QueueFull, "The write queue is full (max-queued-write-bytes).", ReasonCode.QuotaExceeded);

    /// <summary>
    /// One write outstanding: what is told meanwhile is encoded into the next chunk. Where a write ends at once, what is told together is
    /// gathered before it.
    /// </summary>
    private void Flush()
    {
        if (_flushing || _writes.IsWriting || _handler is null)
            return;
        _flushing = _port.TryGather();
        if (!_flushing)
            WriteOut();
    }

    private void WriteOut()
    {
        while (!_writes.IsWriting && _writes.HasWaiting && _handler is not null)
        {
            var chunk = _writes.Take(out var size);
            _bytes.AddSent(size);
            if (_port.Write(chunk))
            {
                _writes.Written(Self);
                continue;
            }

            if (Settings.WriteTimeout is { } timeout)
            {
                _writeStarted = Now;
                _writeTimer ??= Context.System.Scheduler.ScheduleTellOnceCancelable(timeout, Self, PhaseTimeout.Write, Self);
            }
        }
    }

    private void WriteEnded()
    {
        if (!_writes.IsWriting)
            return;
        _writes.Written(Self);
        WriteOut();
        if (_closing)
            CloseTransportWhenFlushed();
    }

    /// <summary>One timer for all writes of a connection: it looks at the clock and winds itself up again, if need be.</summary>
    private void CheckWriteProgress()
    {
        _writeTimer = null;
        if (!_writes.IsWriting || Settings.WriteTimeout is not { } timeout)
            return;
        var left = timeout - (Now - _writeStarted);
        if (left > TimeSpan.Zero)
        {
            _writeTimer = Context.System.Scheduler.ScheduleTellOnceCancelable(left, Self, PhaseTimeout.Write, Self);
            return;
        }

        _port.Abort();
        EndBy(CloseReason.WriteTimeout, "The peer took nothing of what was written in time.");
    }

    private void StartKeepAlive()
    {
        if (_peerClosed)
            return; // nothing more can come: the timer is that of the close
        StopTimer();
        if (_start.Role == MqttRole.Server && _rules.KeepAlive > 0 && Settings.KeepAliveFactor > 0 && !_closing)
            StartTimer(KeepAliveLimit, PhaseTimeout.KeepAlive);
    }

    private TimeSpan KeepAliveLimit => TimeSpan.FromSeconds(_rules.KeepAlive * Settings.KeepAliveFactor);

    private void CheckKeepAlive()
    {
        if (_peerClosed || KeepAliveLimit <= TimeSpan.Zero)
            return; // this timeout was on its way when that became so
        if (_island!.IsPaused)
            _lastReceived = Now; // we are not reading: silence is not the client's
        var left = KeepAliveLimit - (Now - _lastReceived);
        if (left > TimeSpan.Zero)
            StartTimer(left, PhaseTimeout.KeepAlive);
        else
            CloseSilent();
    }
}
