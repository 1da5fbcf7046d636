using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>Towards the client: new messages, what waits, what is sent again, acknowledgements.</summary>
internal sealed partial class SessionActor
{
    private readonly List<MqttPacket> _out = [];
    private readonly Queue<RetainedReplay> _retained = new();
    private long _outSize;
    private long _outstanding; // bytes told to the connection that it has not written

    private bool IsBehind => _outstanding + _outSize >= _context.Settings.MaxOutstandingBytes;

    private void Receive(Deliver deliver)
    {
        deliver.Target.Release(deliver.Packets.Length);
        if (!ReferenceEquals(deliver.Target, _target) || !_alive)
            return; // for an earlier life of this session
        var full = 0;
        var offline = 0;
        var expired = 0;
        foreach (var packet in deliver.Packets)
        {
            var message = new QueuedMessage(packet, deliver.ReceivedAt);
            if (_attached is null)
            {
                // [MQTT-3.1.2-5 v3.1.1] QoS 1 and 2 wait for the client; QoS 0 does not.
                if (packet.QoS == QualityOfService.AtMostOnce)
                    offline++;
                else if (!_state.Queue.TryAdd(message))
                    full++;
                continue;
            }
            if (MaySend(packet.QoS))
                expired += Send(message) ? 0 : 1;
            else if (!_state.Queue.TryAdd(message))
                full++;
        }
        _context.Drops.Add(DropReason.QueueFull, full);
        _queueOverflowed |= full > 0;
        _context.Meters?.Delivered(_context.Now - deliver.ReceivedAt);
        _context.Drops.Add(DropReason.Offline, offline);
        _context.Drops.Add(DropReason.Expired, expired);
        Flush();
    }

    /// <summary>Whether a new message may overtake the queue: one of QoS 0 needs no window, and orders only among its kind.</summary>
    private bool MaySend(QualityOfService qos) =>
        !IsBehind && (qos == QualityOfService.AtMostOnce
            ? _state.Queue.QoS0Count == 0
            : _state.Queue.Count == 0 && _state.Outbound.HasRoom);

    /// <summary>Puts a message into the batch that goes out next.</summary>
    /// <returns>Whether it had not expired.</returns>
    private bool Send(QueuedMessage message)
    {
        if (!message.TryGet(_context.Now, out var packet))
            return false;
        if (_gate is not null && (packet = _gate.Pass(packet!)) is null)
        {
            _context.Drops.Add(DropReason.NotAuthorized, 1);
            return true;
        }
        if (_mountPoint.Length > 0)
            packet = packet! with { Topic = MountPoint.Strip(_mountPoint, packet.Topic) };
        if (_attached!.Version != MqttVersion.V5 && packet!.Properties is not null)
            packet = packet with { Properties = null };
        if (_attached.MaximumPacketSize != uint.MaxValue && !Fits(packet!))
        {
            _context.Drops.Add(DropReason.TooLarge, 1);
            return true; // [MQTT-3.1.2-24 v5] [MQTT-3.1.2-25 v5] as though it had been delivered
        }
        if (packet!.QoS != QualityOfService.AtMostOnce)
            packet = _state.Outbound.Add(packet);
        _out.Add(packet);
        CountSent(packet);
        _outSize += message.Size;
        return true;
    }

    private bool Fits(Publish packet)
    {
        var measured = packet.QoS == QualityOfService.AtMostOnce ? packet : packet with { PacketId = 1 };
        return MqttEncoder.TryMeasure(measured, MqttVersion.V5, MqttRole.Server, out var size, out _)
            && size <= _attached!.MaximumPacketSize;
    }

    /// <summary>
    /// Sends as much of what waits as the window and the connection take: first again what was sent before, then the queue.
    /// </summary>
    private void Pump()
    {
        if (_attached is not null)
        {
            while (!IsBehind && _state.Outbound.TryResend(out var again)) // [MQTT-4.4.0-1]
            {
                if (again is Publish publish)
                {
                    CountSent(publish);
                    _outSize += QueuedMessage.SizeOf(publish);
                    if (_attached.Version != MqttVersion.V5 && publish.Properties is not null)
                        again = publish with { Properties = null };
                }
                _out.Add(again!);
            }
            PumpQueue();
            PumpRetained();
        }
        Flush();
    }

    private void PumpQueue()
    {
        var expired = 0;
        while (!IsBehind && _state.Queue.TryPeek(out var message))
        {
            if (message.Packet.QoS != QualityOfService.AtMostOnce && !_state.Outbound.HasRoom)
                break;
            _state.Queue.Remove();
            expired += Send(message) ? 0 : 1;
        }
        _context.Drops.Add(DropReason.Expired, expired);
    }

    private void PumpRetained()
    {
        while (!IsBehind && _state.Queue.Count == 0 && _state.Outbound.HasRoom && _retained.TryPeek(out var replay))
        {
            if (!replay.Messages.MoveNext())
            {
                replay.Messages.Dispose();
                _retained.Dequeue();
            }
            else if (!RetainSource.MaySend(replay.Messages.Current, _context, _log))
            {
                _context.Drops.Add(DropReason.NotAuthorized, 1);
            }
            else if (!Send(replay.Current))
            {
                _context.Retained.RemoveExpired(replay.Messages.Current);
            }
        }
    }

    /// <summary>The client goes while retained messages are still to be sent: those that were promised wait like others.</summary>
    private void KeepRetained()
    {
        while (_retained.TryDequeue(out var replay))
        {
            while (_expiry > 0 && replay.Messages.MoveNext())
            {
                if (replay.Current.Packet.QoS != QualityOfService.AtMostOnce
                    && RetainSource.MaySend(replay.Messages.Current, _context, _log)
                    && !_state.Queue.TryAdd(replay.Current))
                    break;
            }
            replay.Messages.Dispose();
        }
    }

    private void Flush()
    {
        Observe();
        if (_out.Count == 0)
            return;
        if (_attached is { } attached)
        {
            _outstanding += _outSize;
            CountBatch(_out);
            attached.Connection.Tell(new Mqtt.WriteBatch(MqttList.Adopt(_out.ToArray()), new WriteDone(attached.Epoch, _outSize)));
        }
        _out.Clear();
        _outSize = 0;
    }

    private void Written(WriteDone done)
    {
        if (done.Epoch != _attached?.Epoch)
            return;
        _outstanding -= done.Size;
        if (_state.Queue.Count > 0 || _retained.Count > 0 || _state.Outbound.IsResending)
            Pump();
        else
            Observe();
    }

    private void WriteFailed(Mqtt.CommandFailed failed)
    {
        if (failed.Reason == CommandFailure.ConnectionClosed || !Sender.Equals(_attached?.Connection))
            return; // the end of the connection comes by its client actor
        // Nothing of the batch was written. What was promised is in the window and goes out on the next connection.
        _log.Warning(
            "Session {ClientId} could not write ({Reason}: {Message}) and closes its connection.", _clientId, failed.Reason, failed.Message);
        _attached!.Client.Tell(new SessionProtocol.Detach(
            failed.Reason == CommandFailure.QueueFull ? ReasonCode.QuotaExceeded : ReasonCode.UnspecifiedError));
    }

    /// <summary>A batch has gone to the transport.</summary>
    private sealed record WriteDone(long Epoch, long Size) : INoSerializationVerificationNeeded;

    /// <summary>Retained messages on the way to one new subscription.</summary>
    private sealed record RetainedReplay(IEnumerator<RetainedMessage> Messages, Subscription Options, MqttList<uint> Identifiers)
    {
        /// <summary>
        /// The message as this subscription gets it: RETAIN 1 [MQTT-3.3.1-8 v3.1.1], QoS the lower of both [MQTT-3.8.4-8 v5].
        /// </summary>
        public QueuedMessage Current
        {
            get
            {
                var message = Messages.Current.Message;
                var packet = message.Packet;
                if (packet.QoS > Options.QoS)
                    packet = packet with { QoS = Options.QoS };
                if (Identifiers.IsEmpty)
                    return message with { Packet = packet };
                var properties = packet.Properties ?? new PublishProperties();
                packet = packet with { Properties = properties with { SubscriptionIdentifiers = Identifiers } };
                return message with { Packet = packet };
            }
        }
    }
}
