using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// The session of one client, and the handler of its connection. It handles packets of the client and deliveries of publishers, and writes to the connection.
/// It serves one connection at a time. When no client is connected, it parks the session in the store and stops.
/// </summary>
internal sealed class SessionActor : UntypedActor, IConnectionUser
{
    private readonly ServerContext _context;
    private readonly SessionKey _key;
    private readonly SessionCounters _counters;
    private readonly ClientWriter _writer;
    private readonly SlowConsumerWatch _slow;
    private readonly SessionLife _life;
    private readonly ClientIntake _intake;
    private readonly SessionConnections _connections;
    private readonly AuthenticationSteps _authentication;
    private Queue<(object Message, IActorRef Sender)>? _waiting; // messages for a session that the storage has not read yet
    private SessionProtocol.GiveUp? _giveUp; // set when the session moves to another node as soon as no client is connected
    private long _epoch; // the last one that the registry assigned

    internal SessionActor(ServerContext context, SessionKey key)
    {
        _context = context;
        _key = key;
        _counters = new SessionCounters(context);
        _writer = new ClientWriter(context, _counters, Self);
        _slow = new SlowConsumerWatch(context, Self);
        var subscriptions = new SubscriptionHandler(context, key.ClientId, Context.System.EventStream);
        _life = new SessionLife(context, key, Self, subscriptions);
        _intake = new ClientIntake(context, key.ClientId, Self, subscriptions, _counters, _writer);
        _connections = new SessionConnections(
            context, key.ClientId, Self, Context.System.EventStream, _life, _intake, _writer, _counters, this);
        _authentication = new AuthenticationSteps(_connections, _intake, _writer, this);
    }

    private ClientLink? Link => _connections.Link;

    /// <summary>
    /// Whether a message is from the connection that the session serves now. Messages of earlier connections are ignored after a take-over.
    /// </summary>
    private bool IsFrom(IActorRef sender) => Link is not null && Link.Connection.Equals(sender);

    public static Props PropsFor(ServerContext context, SessionKey key) => new SessionProps(context, key);

    protected override void OnReceive(object message)
    {
        var waits = _life.IsLoading && message is not StoredReader.Loaded;
        if (!waits)
            Handle(message, Sender);
        if (waits || _life.IsLoading) // the session is being read from the storage: the message is handled again afterwards
            (_waiting ??= []).Enqueue((message, Sender));
        while (!_life.IsLoading && _waiting is not null && _waiting.TryPeek(out var next))
        {
            Handle(next.Message, next.Sender);
            if (!_life.IsLoading)
                _waiting.Dequeue();
        }
        _life.Log?.Flush();
    }

    private void Handle(object message, IActorRef sender)
    {
        switch (message)
        {
            case Deliver deliver:
                Receive(deliver);
                break;
            case Mqtt.Received received:
                if (IsFrom(sender))
                    Receive(received.Packets);
                break;
            case Written written:
                if (!_writer.Written(written))
                    break;
                if (_life.Core!.Outgoing is { HasWaiting: false, HasReplay: false })
                    Observe();
                else
                    Pump();
                break;
            case Receipt receipt:
                if (Link is not null && _intake.Complete(receipt))
                    Continue();
                break;
            case CommitReceipt committed:
                Receive(committed);
                break;
            case SessionProtocol.Attach attach:
                _epoch = Math.Max(_epoch, attach.Epoch);
                if (TakeParked())
                    _connections.Receive(attach);
                break;
            case SessionProtocol.PublishWill:
                _life.PublishWillBeforeEnd();
                sender.Tell(SessionProtocol.WillPublished.Instance); // the will has been sent to its subscribers before
                break;
            case StoredReader.Loaded loaded:
                _life.Loaded(loaded);
                break;
            case SessionProtocol.Asked asked:
                Receive(asked);
                break;
            case Mqtt.Event happened:
                if (IsFrom(sender))
                    _connections.Receive(happened, sender);
                else if (happened is Mqtt.ConnectionClosed)
                    _connections.RemoveClosed(sender);
                break;
            case ConnectionLost lost:
                _connections.Receive(lost);
                break;
            case InSequence step:
                if (step.Link == Link?.Number)
                    _connections.Receive(step);
                break;
            default:
                if (!ReceiveOther(message) && !_authentication.Receive(message))
                    Unhandled(message);
                break;
        }
    }

    protected override void PostStop()
    {
        _connections.Stop();
        _life.Stop();
        _slow.Stop();
    }

    void IConnectionUser.Process(ReadOnlySpan<MqttPacket> packets) => Process(packets);

    void IConnectionUser.UseRights(ClientRights? rights) => UseRights(rights);

    void IConnectionUser.Connected() => Pump();

    void IConnectionUser.Recheck() => Recheck();

    void IConnectionUser.Disconnected() => Observe();

    void IConnectionUser.Rest() => Rest();

    /// <summary>Parks the session when no client is connected, and asks the registry whether this actor may stop.</summary>
    private void Rest()
    {
        if (_giveUp is not null)
            GiveUp();
        else if (_connections.IsEmpty && _life.TryPark(out var due))
            Context.Parent.Tell(new SessionProtocol.Retire(_key, _epoch, due));
    }

    /// <summary>Gives the session to another node as soon as no client is connected. The last connection may still be closing.</summary>
    private void GiveUp()
    {
        if (_life.IsLoading || !_connections.HasNoClient)
            return;
        if (_giveUp!.Discards && _life.IsAlive)
            _life.EndSession(); // [MQTT-3.1.2-4 v5] [MQTT-3.1.2-6 v3.1.1]
        if (!_life.TryPark(out var due))
            return; // messages are on their way; the actor tries again when they arrive
        _giveUp.ReplyTo.Tell(new SessionProtocol.GivenUp(_giveUp, SessionProtocol.Outcome.Parked));
        _giveUp = null;
        if (_connections.IsEmpty)
            Context.Parent.Tell(new SessionProtocol.Retire(_key, _epoch, due));
    }

    private void Receive(SessionProtocol.GiveUp giveUp)
    {
        var isOfOther = !giveUp.IsForAnyUser && !_life.BelongsTo(giveUp.User);
        if (isOfOther || (_life is { IsAlive: true, Log: not null } && !giveUp.Discards && _context.Engine?.Shared is null))
        {
            giveUp.ReplyTo.Tell(new SessionProtocol.GivenUp(giveUp, isOfOther ? SessionProtocol.Outcome.OfOtherUser : SessionProtocol.Outcome.Durable));
            return;
        }
        _giveUp = giveUp;
        _connections.StartHandOver();
    }

    private void Receive(Deliver deliver)
    {
        deliver.Target.ReturnCredit(deliver.Packets.Length);
        if (!ReferenceEquals(deliver.Target, _life.Target) || !_life.IsAlive)
        {
            ((SessionTarget)deliver.Target).Return(deliver);
            Rest();
            return;
        }
        var now = _context.UtcNow; // the clock is read once for the batch
        _context.Meters?.Delivered(Math.Max(0, now - deliver.ReceivedAt));
        var outgoing = _life.Core!.Outgoing;
        _writer.BeginBatch();
        if (deliver.Shares is null && Link is not null && outgoing.IsClear && _writer.CanPassOn(deliver.Batch))
        {
            _writer.PassOn(deliver.Batch);
            Observe();
            return;
        }
        _life.Deliver(deliver, now);
        Flush();
        if (Link is null)
            Rest(); // it arrived while the session was about to be parked
    }

    private void Pump()
    {
        if (Link is not null)
            _life.Pump();
        Flush();
    }

    private void Flush()
    {
        if (Link is not null)
            _writer.Flush();
        Observe();
    }

    private void Observe()
    {
        if (!_life.IsAlive)
            return;
        var drops = _life.Observe(_writer.UnwrittenBytes);
        var outgoing = _life.Core!.Outgoing;
        if (_slow.Observe(Link is not null, outgoing.QueuedCount, outgoing.QueuedBytes))
            _slow.Log(_key.ClientId, Link!, outgoing.QueuedCount, outgoing.QueuedBytes);
        if (drops.QueueFull > 0 && _context.Settings.Limits.QueueOverflow == QueueOverflowRule.Disconnect)
            _connections.Refuse(ReasonCode.QuotaExceeded, "the queue of the session is full");
    }

    private void Receive(MqttList<MqttPacket> packets)
    {
        Process(packets.Span);
        _counters.ChunkReceived(packets.Span);
    }

    private void Process(ReadOnlySpan<MqttPacket> packets)
    {
        var end = _intake.Process(packets);
        if (end.Failure is { } violation)
            _connections.Refuse(violation.Reason, violation.Text);
        else if (end.Disconnect is { } disconnect)
            _connections.Leave(disconnect);
        else if (end.MaySend)
            Pump();
        else
            _writer.Flush();
    }

    /// <summary>Handles packets of the client that could not be handled before.</summary>
    private void Continue()
    {
        if (_intake.TryTakeHeld(out var held))
        {
            Process(held);
            if (Link is null)
                return;
            _intake.Resume();
        }
        else
        {
            _writer.Flush();
        }
        _connections.FinishInbound();
    }

    private void Receive(CommitReceipt committed)
    {
        _connections.Committed(committed);
        if (Link is null)
            return;
        _writer.Committed();
        Continue();
    }

    /// <summary>
    /// Checks the client again, because the rules may have changed. A client that is no longer allowed is disconnected; others get their new rights.
    /// </summary>
    private void Recheck()
    {
        if (Link is not { } link)
            return;
        var rules = _context.Security.Of(link.Identity.Listener);
        if (ReferenceEquals(rules, link.Rules))
            return;
        if (!rules.MayStay(link.Identity, link.AuthenticationMethod, link.Transport, _context.HookWatch, _context.Log))
        {
            _connections.Refuse(ReasonCode.NotAuthorized, "the rules of the server have changed and no longer accept the client");
            return;
        }
        link.Rules = rules;
        var hooks = _context.Hooks;
        UseRights(ClientRights.AreNeeded(rules, hooks) ? ClientRights.For(link.Identity, rules, hooks, _context.HookWatch, _context.Log) : null);
    }

    private bool ReceiveOther(object message)
    {
        switch (message)
        {
            case SessionLife.Due:
                _life.CheckDue();
                Rest();
                return true;
            case ClientIntake.RateDelayOver:
                _intake.RateDelayIsOver();
                if (Link is not null)
                    Continue();
                return true;
            case ClientIntake.DeliveryTimeUp late:
                _intake.StopWaiting(late);
                return true;
            case SlowConsumerWatch.TimeUp:
                if (Link is not null && _slow.IsTimeUp())
                    _connections.Refuse(ReasonCode.QuotaExceeded, "the client has been a slow consumer for too long");
                return true;
            case Drain:
                _connections.Drain();
                return true;
            case SessionLife.Rested:
                Rest();
                return true;
            case SessionProtocol.StorageLost lost when _life.IsAlive && _life.Target!.Session == lost.Session:
                _context.Log.Error("The session of {0} ends: the database was damaged and has lost it.", _key);
                Refuse(ReasonCode.ImplementationSpecificError, "the storage has lost the session", endsSession: true);
                Rest();
                return true;
            default:
                return false;
        }
    }

    /// <summary>Takes the session from where it is parked.</summary>
    /// <returns>Whether the session is available now. If not, the message is handled again when it is.</returns>
    private bool TakeParked()
    {
        _life.TakeParked();
        return !_life.IsLoading;
    }

    private void Receive(SessionProtocol.Asked asked)
    {
        _epoch = Math.Max(_epoch, asked.Epoch);
        if (!TakeParked())
            return;
        switch (asked.Message)
        {
            case SessionProtocol.Inspect inspect:
                inspect.ReplyTo.Tell(_life.IsAlive
                    ? SessionReport.Of(_life.Core!, Link, _counters, _writer, _slow.IsSlow, _intake.IsThrottled)
                    : new MqttServer.ClientNotFound(inspect.ClientId));
                break;
            case SessionProtocol.Evict evict:
                Receive(evict);
                break;
            case SessionProtocol.GiveUp giveUp:
                Receive(giveUp);
                break;
            case SessionProtocol.Relieve relieve:
                _context.Drops.Add(DropReason.MemoryPressure, _life.IsAlive ? _life.Core!.Outgoing.DropQueue() : 0);
                _connections.Refuse(relieve.Reason, "the server is short of memory");
                Observe();
                break;
        }
        _life.CheckDue();
        Rest();
    }

    private void Receive(SessionProtocol.Evict evict)
    {
        var (command, replyTo) = evict;
        if (!_life.IsAlive)
        {
            replyTo.Tell(new MqttServer.ClientNotFound(command.ClientId));
            return;
        }
        replyTo.Tell(new MqttServer.ClientDisconnecting(command.ClientId, Link is not null));
        Refuse(command.Reason, null, command.EndSession);
    }

    private void Refuse(ReasonCode reason, string? detail, bool endsSession)
    {
        _connections.Refuse(reason, detail);
        if (endsSession && _life.IsAlive && Link is null)
            _life.EndSession();
    }

    private void UseRights(ClientRights? rights)
    {
        _life.Rights = rights;
        _writer.Use(rights);
        _intake.Rights = rights;
    }
}
