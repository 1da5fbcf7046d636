using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Connections;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Retained;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>Towards the client: new messages, what waits, what is sent again, acknowledgements.</summary>
internal sealed partial class SessionActor
{
    private readonly List<MqttPacket> _out = [];
    private Queue<RetainedReplay>? _retained;
    private OutboundAliases? _aliases;
    private bool _sharedSeen; // whether a message of a shared subscription may be in the window or the queue
    private long _outSize;
    private long _now; // by the server's clock, when the batch at hand began
    private long _outstanding; // bytes told to the connection that it has not written

    private bool HasRetained => _retained is { Count: > 0 };

    private bool IsBehind => _outstanding + _outSize >= _context.Settings.MaxOutstandingBytes;

    private void Receive(Deliver deliver)
    {
        deliver.Target.Release(deliver.Packets.Length);
        if (!ReferenceEquals(deliver.Target, _target) || !_alive)
        {
            ReturnShared(deliver);
            return; // for an earlier life of this session
        }
        _now = _context.Now; // one look at the clock for the batch
        _context.Meters?.Delivered(_now - deliver.ReceivedAt);
        if (_attached is null)
            Keep(deliver);
        else if (CanPassOn(deliver))
            PassOn(deliver.Batch);
        else
            SendOrQueue(deliver);
        Flush();
    }

    /// <summary>The client is away: QoS 1 and 2 wait for it [MQTT-3.1.2-5 v3.1.1], QoS 0 does not.</summary>
    private void Keep(Deliver deliver)
    {
        var full = 0;
        var offline = 0;
        for (var at = 0; at < deliver.Packets.Length; at++)
        {
            var message = MessageOf(deliver, at);
            if (message.Share is not null && OwnPublisher.HandOver(message, _target, connectedOnly: true))
                continue;
            if (message.Packet.QoS == QualityOfService.AtMostOnce && !_context.Settings.Features.QueueQoS0Messages)
                offline++;
            else if (!_state.Queue.TryAdd(message))
                full++;
        }
        Overflowed(full);
        _context.Drops.Add(DropReason.Offline, offline);
    }

    private void SendOrQueue(Deliver deliver)
    {
        var full = 0;
        var expired = 0;
        for (var at = 0; at < deliver.Packets.Length; at++)
        {
            var message = MessageOf(deliver, at);
            if (MaySend(message.Packet.QoS))
                expired += Send(message) ? 0 : 1;
            else if (!_state.Queue.TryAdd(message))
                full++;
        }
        Overflowed(full);
        _context.Drops.Add(DropReason.Expired, expired);
    }

    /// <summary>
    /// The fast path: nothing waits and nothing about this client changes a message of QoS 0 on its way, so that a batch of them goes out as it
    /// came.
    /// </summary>
    private bool CanPassOn(Deliver deliver) =>
        deliver.Batch.IsPlain && deliver.Shares is null && _gate is null && _mountPoint.Length == 0 && _aliases is null
        && _attached!.MaximumPacketSize == uint.MaxValue && !HasRetained && _state.Queue.QoS0Count == 0 && _out.Count == 0
        && _outstanding + deliver.Batch.Size <= _context.Settings.MaxOutstandingBytes;

    private void PassOn(MessageBatch batch)
    {
        _outstanding += batch.Size;
        _counts.MessagesSent += batch.Packets.Length;
        _counts.PayloadSent += batch.PayloadBytes;
        CountBatch(batch.Write.Packets.Span);
        _attached!.Connection.Tell(batch.Write with { Ack = new WriteDone(_attached.Epoch, batch.Size) });
    }

    private QueuedMessage MessageOf(Deliver deliver, int at)
    {
        if (deliver.Shares?[at] is not { } share)
            return new QueuedMessage(deliver.Packets[at], deliver.ReceivedAt);
        _sharedSeen = true;
        return new QueuedMessage(deliver.Packets[at], deliver.ReceivedAt) { Share = share };
    }

    private void Overflowed(int full)
    {
        if (full == 0)
            return;
        _context.Drops.Add(DropReason.QueueFull, full);
        _queueOverflowed = true;
    }

    /// <summary>Whether a new message may overtake the queue: one of QoS 0 needs no window, and orders only among its kind.</summary>
    private bool MaySend(QualityOfService qos) =>
        !IsBehind && (qos == QualityOfService.AtMostOnce
            ? _state.Queue.QoS0Count == 0 // U-4.9-1 v5: QoS 0 goes on when the quota is used up
            : _state.Queue.Count == 0 && _state.Outbound.HasRoom && !RetainedFirst);

    /// <summary>
    /// What was retained before a subscription goes before what comes by it [MQTT-4.6.0-6 v5], as long as the queue has room for the latter.
    /// </summary>
    private bool RetainedFirst =>
        HasRetained
        && _state.Queue.Count <= _context.Settings.MaxQueuedMessages / 4
        && _state.Queue.Bytes <= _context.Settings.MaxQueuedBytes / 4;

    /// <summary>Puts a message into the batch that goes out next.</summary>
    /// <returns>Whether it had not expired.</returns>
    private bool Send(QueuedMessage message)
    {
        if (!message.TryGet(_now, out var packet))
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
            packet = _state.Outbound.Add(message with { Packet = packet }, packet);
        _out.Add(Alias(packet));
        CountSent(packet);
        _outSize += message.Size;
        return true;
    }

    /// <summary>The last step before a PUBLISH goes out: what is kept of it keeps its topic.</summary>
    private Publish Alias(Publish packet) => _aliases is null
        ? packet
        : _aliases.Apply(packet, _attached!.MaximumPacketSize == uint.MaxValue || Fits(WithLargestAlias(packet)));

    private static Publish WithLargestAlias(Publish packet) =>
        packet with { Properties = (packet.Properties ?? new PublishProperties()) with { TopicAlias = ushort.MaxValue } };

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
            _now = _context.Now;
            PumpResend();
            if (RetainedFirst)
                PumpRetained();
            PumpQueue();
            PumpRetained();
        }
        Flush();
    }

    private void PumpResend()
    {
        while (!IsBehind && _state.Outbound.TryPeekResend(out var id, out var message)) // [MQTT-4.4.0-1]
        {
            if (message is not { } kept)
            {
                _out.Add(new PubRel(id));
                _state.Outbound.Resent();
                continue;
            }
            var publish = kept.Again(_now) with { PacketId = id, Dup = true }; // [MQTT-3.3.1-1]
            var allowed = _gate?.Pass(publish with { Topic = _mountPoint + publish.Topic }) is not null || _gate is null;
            if (_attached!.Version != MqttVersion.V5 && publish.Properties is not null)
                publish = publish with { Properties = null };
            if (!allowed || (_attached.MaximumPacketSize != uint.MaxValue && !Fits(publish)))
            {
                _context.Drops.Add(allowed ? DropReason.TooLarge : DropReason.NotAuthorized, 1);
                if (_state.Outbound.Skip()) // [MQTT-3.1.2-25 v5]
                    _out.Add(new PubRel(id));
                continue;
            }
            CountSent(publish);
            _outSize += QueuedMessage.SizeOf(publish);
            _out.Add(Alias(publish));
            _state.Outbound.Resent();
        }
    }

    private void PumpQueue()
    {
        var expired = 0;
        while (!IsBehind && _state.Queue.TryPeek(out var message))
        {
            if (message.Packet.QoS != QualityOfService.AtMostOnce && (!_state.Outbound.HasRoom || RetainedFirst))
                break;
            _state.Queue.Remove();
            expired += Send(message) ? 0 : 1;
        }
        _context.Drops.Add(DropReason.Expired, expired);
    }

    private void PumpRetained()
    {
        while (!IsBehind && (RetainedFirst || _state.Queue.Count == 0) && HasRetained)
        {
            var replay = _retained!.Peek();
            if (!replay.TryPeek(out var message))
            {
                _retained.Dequeue();
                continue;
            }
            if (message.Packet.QoS != QualityOfService.AtMostOnce && !_state.Outbound.HasRoom)
                break;
            var stored = replay.Take();
            if (!RetainSource.MaySend(stored, _context, Log))
                _context.Drops.Add(DropReason.NotAuthorized, 1);
            else if (!Send(message))
                _context.Retained.RemoveExpired(stored);
        }
    }

    /// <summary>The client goes while retained messages are still to be sent: those that were promised wait like others.</summary>
    private void KeepRetained()
    {
        while (HasRetained)
        {
            var replay = _retained!.Dequeue();
            while (_expiry > 0 && replay.TryPeek(out var message))
            {
                var stored = replay.Take();
                if ((message.Packet.QoS != QualityOfService.AtMostOnce || _context.Settings.Features.QueueQoS0Messages)
                    && RetainSource.MaySend(stored, _context, Log)
                    && !_state.Queue.TryAdd(message))
                {
                    break;
                }
            }
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
            CountBatch(CollectionsMarshal.AsSpan(_out));
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
        if (_state.Queue.Count > 0 || HasRetained || _state.Outbound.IsResending)
            Pump();
        else
            Observe();
    }

    private void WriteFailed(Mqtt.CommandFailed failed)
    {
        if (failed.Reason == CommandFailure.ConnectionClosed || !Sender.Equals(_attached?.Connection))
            return; // the end of the connection comes by its client actor
        // Nothing of the batch was written. What was promised is in the window and goes out on the next connection.
        Log.Log(
            failed.Reason == CommandFailure.PacketTooLarge ? LogLevel.DebugLevel : LogLevel.WarningLevel, // the client's wish, and its connection logs it
            null,
            "Session {ClientId} could not write ({Reason}: {Message}) and closes its connection.",
            _clientId,
            failed.Reason,
            failed.Message);
        _attached!.Client.Tell(new SessionProtocol.Detach(
            failed.Reason switch
            {
                CommandFailure.QueueFull => ReasonCode.QuotaExceeded,
                CommandFailure.PacketTooLarge => ReasonCode.PacketTooLarge, // an answer that the client does not take [MQTT-3.1.2-24 v5]
                _ => ReasonCode.UnspecifiedError,
            }));
    }

    /// <summary>
    /// The connection is gone: what came by shared subscriptions and was not acknowledged goes to other members (U-4.8.2-1 v5). While the
    /// session lives it goes to connected ones only, else it waits for this client; when the session ends to any.
    /// </summary>
    private void HandOver(bool ending)
    {
        if (!_sharedSeen)
            return;
        bool Take(QueuedMessage message) => OwnPublisher.HandOver(message, _target, connectedOnly: !ending);
        _state.Outbound.TakeShared(Take);
        _state.Queue.TakeShared(Take);
    }

    private void ReturnShared(Deliver deliver)
    {
        var lost = deliver.Packets.Length;
        for (var at = 0; at < deliver.Packets.Length && deliver.Shares is not null; at++)
        {
            if (deliver.Shares[at] is { } share
                && OwnPublisher.HandOver(new QueuedMessage(deliver.Packets[at], deliver.ReceivedAt) { Share = share }, deliver.Target, true))
            {
                lost--;
            }
        }
        _context.Drops.Add(DropReason.SessionEnded, lost);
    }

    /// <summary>A batch has gone to the transport.</summary>
    private sealed record WriteDone(long Epoch, long Size) : INoSerializationVerificationNeeded;

    /// <summary>Retained messages on the way to one new subscription.</summary>
    private sealed class RetainedReplay(
        IEnumerator<RetainedMessage> messages, Subscription options, MqttList<uint> identifiers, string clientId, bool upgrade, long version)
    {
        private RetainedMessage? _next;

        /// <summary>
        /// The next message as this subscription gets it: RETAIN 1 [MQTT-3.3.1-8 v3.1.1], QoS the lower of both [MQTT-3.8.4-8 v5].
        /// </summary>
        public bool TryPeek(out QueuedMessage message)
        {
            message = default;
            while (_next is null)
            {
                if (!messages.MoveNext())
                {
                    messages.Dispose();
                    return false;
                }
                // What was routed by an index that has the subscription has come by its route.
                if (messages.Current.RoutedBy < version && (!options.NoLocal || messages.Current.Publisher != clientId)) // [MQTT-3.8.3-3 v5]
                    _next = messages.Current;
            }
            message = _next.Message;
            var packet = message.Packet;
            if (packet.QoS > options.QoS || (packet.QoS < options.QoS && upgrade))
                packet = packet with { QoS = options.QoS };
            if (!identifiers.IsEmpty) // [MQTT-3.3.4-3 v5]
            {
                var properties = packet.Properties ?? new PublishProperties();
                packet = packet with { Properties = properties with { SubscriptionIdentifiers = identifiers } };
            }
            message = message with { Packet = packet };
            return true;
        }

        /// <summary>Goes on to the one after it.</summary>
        /// <returns>The message as it is stored.</returns>
        public RetainedMessage Take()
        {
            var taken = _next!;
            _next = null;
            return taken;
        }
    }
}
