using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Admin;
using Akka.Mqtt.Server.Connections;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>A full queue, a slow client, and what others may know of a session.</summary>
internal sealed partial class SessionActor
{
    private const string SlowTimer = "slow";

    private readonly PacketHistory _history;
    private ClientEntry _entry = null!;
    private ClientConnection? _info;
    private string _mountPoint = "";
    private TrafficCounts _counts; // of this batch
    private long _messagesSent;
    private long _bytesSent;
    private bool _slow;
    private long _slowSince;
    private ClockTimer? _slowTimer;
    private bool _queueOverflowed;

    private static QueueOverflow OverflowOf(QueueOverflowRule rule) => rule switch
    {
        QueueOverflowRule.DropOldest => QueueOverflow.DropOldest,
        QueueOverflowRule.DropQoS0First => QueueOverflow.DropQoS0First,
        _ => QueueOverflow.DropNewest,
    };

    private bool ReceiveProtection(object message)
    {
        switch (message)
        {
            case Inspect inspect:
                Answer(inspect);
                return true;
            case Evict evict:
                Answer(evict);
                return true;
            case Relieve relieve:
                _context.Drops.Add(DropReason.MemoryPressure, _alive ? _state.Queue.Clear() : 0);
                _attached?.Client.Tell(new SessionProtocol.Detach(relieve.Reason));
                Observe();
                return true;
            case SlowTimer:
                CutIfSlow();
                return true;
            default:
                return false;
        }
    }

    private void EnterDirectory()
    {
        _entry = new ClientEntry(_clientId, Self);
        _context.Clients.Add(_entry);
        _context.Stats.AddSession(1);
    }

    private void LeaveDirectory()
    {
        _context.Clients.Remove(_entry);
        _context.Stats.AddSession(-1);
        if (_state.SubscriptionCount == 0)
            return;
        var removed = new List<string>(_state.SubscriptionCount);
        foreach (var subscription in _state.Subscriptions)
            removed.Add(subscription.Options.Filter);
        TellSubscriptions([], removed);
    }

    private void Connected(SessionProtocol.Open request)
    {
        _info = request.Info;
        _mountPoint = request.MountPoint;
        _entry.Connection = request.Info;
        _messagesSent = 0;
        _bytesSent = 0;
        _context.Stats.AddConnected(1);
    }

    private void Disconnected()
    {
        AddCounts();
        _entry.Connection = null;
        _info = null;
        _context.Stats.AddConnected(-1);
        Observe();
    }

    /// <summary>A batch has gone into the queue or to the connection, or out of them.</summary>
    private void Observe()
    {
        if (!_alive)
            return;
        var queue = _state.Queue;
        _entry.SetWaiting(queue.Count, queue.Bytes + _outstanding + _outSize);
        var evicted = queue.TakeEvicted();
        if (evicted > 0)
            _context.Drops.Add(DropReason.QueueFull, evicted);
        if (_queueOverflowed)
        {
            _queueOverflowed = false;
            if (_context.Settings.Limits.QueueOverflow == QueueOverflowRule.Disconnect)
                _attached?.Client.Tell(new SessionProtocol.Detach(ReasonCode.QuotaExceeded));
        }
        var settings = _context.Settings;
        var share = settings.Limits.SlowConsumerShare;
        var slow = _attached is not null && (queue.Count > settings.MaxQueuedMessages * share || queue.Bytes > settings.MaxQueuedBytes * share);
        if (slow != _slow)
            BecomeSlow(slow);
    }

    private void BecomeSlow(bool slow)
    {
        _slow = slow;
        if (!slow)
        {
            _slowTimer?.Dispose();
            _slowTimer = null;
            return;
        }
        _slowSince = _context.Now;
        _context.Stats.AddSlowConsumer();
        Log.Info(
            "{ClientId} at {Transport} is a slow consumer: {Messages} messages, {Bytes} bytes wait",
            _clientId,
            _info!.Transport,
            _state.Queue.Count,
            _state.Queue.Bytes);
        if (_context.Settings.Limits.SlowConsumerTimeout is { } timeout)
            (_slowTimer ??= new ClockTimer(_context.Clock, Self, SlowTimer)).Start(timeout);
    }

    /// <summary>The timer of a slow client went off, perhaps a little early, or of an earlier time that it was slow.</summary>
    private void CutIfSlow()
    {
        if (!_slow || _context.Settings.Limits.SlowConsumerTimeout is not { } timeout)
            return;
        var left = timeout - TimeSpan.FromMilliseconds(_context.Now - _slowSince);
        if (left > TimeSpan.Zero)
            _slowTimer?.Start(left);
        else
            _attached?.Client.Tell(new SessionProtocol.Detach(ReasonCode.QuotaExceeded));
    }

    private void CountSent(Publish packet)
    {
        _counts.MessagesSent++;
        _counts.PayloadSent += packet.Payload.Length;
    }

    /// <summary>A batch goes to the connection.</summary>
    private void CountBatch(ReadOnlySpan<MqttPacket> packets)
    {
        _history.Add(packets, _context.Clock);
        _counts.PacketsSent += packets.Length;
        AddCounts();
    }

    private void AddCounts()
    {
        if (_info is null)
            return;
        var sent = _info.Transport.Bytes.Sent;
        _counts.BytesSent = sent - _bytesSent;
        _bytesSent = sent;
        _messagesSent += _counts.MessagesSent;
        _context.Stats.Traffic.Add(_counts);
        _counts = default;
    }

    private void TellSubscriptions(List<Subscription> added, List<string> removed)
    {
        foreach (var filter in removed)
            _context.Stats.AddSubscription(filter, -1);
        if (added.Count + removed.Count > 0)
        {
            Context.System.EventStream.Publish(new SubscriptionChanged(
                _context.Admin, _clientId, MqttList.From(added), MqttList.From(removed)));
        }
    }

    private void CountRefused(string filter, ReasonCode reason)
    {
        _context.Stats.AddRefusal(Refused.Subscribe, reason);
        Log.Info("{ClientId} at {Transport} may not subscribe to {Filter}: {Reason}", _clientId, _info!.Transport, filter, reason);
    }

    private void Answer(Inspect inspect)
    {
        if (!_alive)
        {
            inspect.ReplyTo.Tell(new MqttServer.ClientNotFound(inspect.ClientId));
            return;
        }
        var state = new ClientState(_clientId)
        {
            Connection = _info,
            SessionExpiryInterval = _expiry,
            HasWill = _will is not null,
            Subscriptions = MqttList.From(_state.Subscriptions.Select(each => each.Options)),
            InflightMessages = _state.Outbound.Count,
            InflightBytes = _state.Outbound.Bytes,
            InflightQuota = _state.Outbound.Quota,
            UnreleasedMessages = _state.Inbound.Count,
            QueuedMessages = _state.Queue.Count,
            QueuedQoS0Messages = _state.Queue.QoS0Count,
            QueuedBytes = _state.Queue.Bytes,
            OutstandingBytes = _attached is null ? 0 : _outstanding,
            IsSlow = _slow,
            MessagesSent = _messagesSent,
            LastPackets = MqttList.From(_history.Notes()),
        };
        if (_attached is { } attached)
            attached.Client.Tell(new ClientActor.Complete(state, inspect.ReplyTo));
        else
            inspect.ReplyTo.Tell(state);
    }

    private void Answer(Evict evict)
    {
        var (command, replyTo) = evict;
        if (!_alive)
        {
            replyTo.Tell(new MqttServer.ClientNotFound(command.ClientId));
            return;
        }
        replyTo.Tell(new MqttServer.ClientDisconnecting(command.ClientId, _attached is not null));
        if (command.EndSession)
            _expiry = 0;
        if (_attached is { } attached)
        {
            attached.Client.Tell(new SessionProtocol.Detach(command.Reason));
        }
        else if (command.EndSession)
        {
            EndState();
            Context.Parent.Tell(new SessionProtocol.Retire(_clientId, _epoch));
        }
    }

    /// <summary>Say what you are.</summary>
    internal sealed record Inspect(string ClientId, IActorRef ReplyTo) : INoSerializationVerificationNeeded;

    /// <summary>End your connection, perhaps yourself.</summary>
    internal sealed record Evict(MqttServer.DisconnectClient Command, IActorRef ReplyTo) : INoSerializationVerificationNeeded;

    /// <summary>Memory is short: give up what waits, and the connection.</summary>
    internal sealed record Relieve(ReasonCode Reason) : INoSerializationVerificationNeeded;
}
