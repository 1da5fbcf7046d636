using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Publishing;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// The part of a session that outlives connections: its core, its target for publishers, its entry in lists, and the timer for will and expiry. It starts and
/// ends with the session state, which can happen several times in the life of an actor. It takes the session from the store and parks it there. Owned by the
/// session actor.
/// </summary>
internal sealed class SessionLife(ServerContext context, SessionKey key, IActorRef session, SubscriptionHandler subscriptions) : IHandOver
{
    // Longer waits use several timers in a row: an interval can be 136 years, which no scheduler supports.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromHours(12);

    private SessionTarget? _target;
    private SessionTarget? _ended; // the target of the previous session
    private Publisher? _publisher; // for messages of the client, its will, and messages handed over to other members of a group
    private RetainedReplays? _replays;
    private ClientRights? _rights;
    private ClockTimer? _timer;
    private DurableRecorder? _recorder; // of a durable session
    private readonly DurableParking _parking = new(context, key);
    private long _ticket; // the ticket with which a durable session was read: it contains everything written before

    /// <summary>The state of the session; null before the first session, and over when there is none.</summary>
    public SessionCore? Core { get; private set; }

    public bool IsAlive => Core is { IsOver: false };

    public DeliveryTarget? Target => _target;

    public Publisher Publisher => _publisher ??= new Publisher(context, key.ClientId, owner: session) { Rights = _rights, Log = Log };

    /// <summary>Receives the changes of a durable session; null for one that ends with the process.</summary>
    public SessionLog? Log { get; private set; }

    /// <summary>Whether a durable session is being read from the storage.</summary>
    public bool IsLoading { get; private set; }

    /// <summary>The rights of the client. Setting them removes the subscriptions that they do not allow.</summary>
    public ClientRights? Rights
    {
        get => _rights;
        set
        {
            _rights = value;
            if (_publisher is not null)
                _publisher.Rights = value;
            if (value is not null && IsAlive && Core!.Subscriptions.Count > 0)
                subscriptions.RemoveForbidden(value, Core, _target!);
        }
    }

    /// <summary>Whether a user may use the session.</summary>
    public bool BelongsTo(string? user) => !IsAlive || Core!.BelongsTo(user);

    /// <summary>Starts a new session; there must be none.</summary>
    /// <param name="user">The user name of the client that creates it.</param>
    /// <param name="isDurable">Whether it must outlive the process.</param>
    /// <param name="now">The time now.</param>
    public void Begin(string? user, bool isDurable, long now)
    {
        _publisher = null;
        if (isDurable)
        {
            var identity = context.Engine!.NextSession();
            UseLog(identity);
            Core = new SessionCore(key, user, context.SessionLimits, now, _recorder, context.SessionMemory);
            _target = new SessionTarget(context, key, session, identity);
            context.Targets.Add(_target);
            context.Targets.AddName(identity, key.ClientId);
        }
        else
        {
            UseLog(0);
            Core = context.Store.Begin(key, user, now);
            _target = new SessionTarget(context, key, session);
        }
        context.Clients.Add(_target.Entry!);
        context.Stats.AddSession(1);
    }

    /// <summary>Takes the session from the store if it is parked there. Called by the actor that the directory names as its holder.</summary>
    public void TakeParked()
    {
        if (IsAlive || IsLoading)
            return;
        if (context.Clients.Get(key)?.Target is not SessionTarget target)
        {
            if (_parking.Find() is not 0 and var stored)
                TakeStored(stored);
            return;
        }
        // Set the actor first, then take the session: a publisher that finds the session in neither place tries again. Messages in the
        // mailbox are newer than those in the store.
        target.Hold(session);
        _target = target;
        _ended = null;
        _rights = target.Rights;
        Core = context.Store.Take(key) ?? throw new InvalidOperationException($"The session of {key} is not where it was parked.");
    }

    /// <summary>Continues with a durable session that the storage has read.</summary>
    /// <param name="loaded">The session.</param>
    public void Loaded(StoredReader.Loaded loaded)
    {
        IsLoading = false;
        var target = _target!;
        if (loaded.State is { } given && given.State.Key != key)
        {
            _parking.ReturnForeign(target, given.State);
            (_target, _rights, _ended) = (null, null, target);
            return;
        }
        var unwritten = context.Unwritten.Take(target.Session);
        if (loaded.State is not { } stored)
        {
            context.Drops.Add(DropReason.SessionEnded, unwritten?.Count ?? 0);
            if (loaded.Cause is { } cause)
                context.Log.Error(cause, "The session of {Key} cannot be read and is lost.", key);
            subscriptions.RemoveLost(target);
            _parking.Lose(target);
            (_target, _rights, _ended) = (null, null, target);
            return;
        }
        UseLog(target.Session);
        _recorder!.Restore(stored, unwritten);
        _parking.ReturnMemory(stored.State.Subscriptions.Keys);
        var now = context.UtcNow;
        Core = SessionCore.Restore(stored.State, context.SessionLimits, now, _recorder, context.SessionMemory);
        _rights ??= _parking.RightsOf(stored.State);
        Observe(0);
    }

    /// <summary>Delivers messages of a publisher.</summary>
    /// <param name="deliver">The messages.</param>
    /// <param name="now">The time now.</param>
    public void Deliver(Deliver deliver, long now)
    {
        if (_recorder is not { } recorder)
        {
            Core!.Outgoing.Deliver(deliver.Packets, deliver.Shares, deliver.ReceivedAt, now, this);
            return;
        }
        if (deliver.NotIn(_ticket) is not { } rest)
            return; // the message was read with the session
        recorder.BeginDelivery(rest.Packets, rest.First, rest.Unwritten);
        Core!.Outgoing.Deliver(rest.Packets, rest.Shares, rest.ReceivedAt, now, this);
        recorder.EndDelivery();
    }

    /// <summary>Parks the session in the store, because no client is connected.</summary>
    /// <param name="due">When will or expiry is due; <see cref="long.MaxValue"/> for never.</param>
    /// <returns>Whether it is parked. If not, messages are on their way to the actor.</returns>
    public bool TryPark(out long due)
    {
        due = long.MaxValue;
        if (IsLoading)
            return false;
        if (_ended is { IsBusy: true })
            return TellSelfToRest();
        _ended = null;
        if (!IsAlive)
            return true;
        if (_target!.IsBusy)
            return false; // the actor tries again when these messages have arrived
        if (_target.Session != 0)
            return TryParkDurable();
        due = Core!.NextDue;
        _target.Rights = Core.HasWill ? _rights : null;
        // Put the session into the store before removing the actor: a publisher that finds no actor then finds the session in the store.
        context.Store.Park(Core, _target);
        if (!_target.TryPark())
        {
            Core = context.Store.Take(key);
            return false;
        }
        _timer?.Dispose();
        (Core, _target, _publisher, _rights, _timer) = (null, null, null, null, null);
        return true;
    }

    /// <summary>
    /// Parks a durable session even when messages are on their way to the actor. The written ones are in the storage, and the actor keeps the others when
    /// they arrive.
    /// </summary>
    public void ParkDurable()
    {
        var written = _parking.Begin(Core!, _target!, _recorder!, _rights);
        _target!.Leave();
        _ended = _target;
        FinishParking(written);
    }

    /// <summary>Notes that a client is connected.</summary>
    public void Connected(ClientConnection connection)
    {
        _timer?.Dispose();
        _target!.IsConnected = true;
        _target.Entry!.Connection = connection;
        context.Stats.AddConnected(1);
    }

    /// <summary>Notes that the connection of the client has ended.</summary>
    /// <param name="keepWill">Whether the will is to be published.</param>
    /// <param name="expiry">The Session Expiry Interval of DISCONNECT, or null.</param>
    /// <param name="comesBack">Whether the client has already connected again and continues the session.</param>
    public void Disconnected(bool keepWill, uint? expiry, bool comesBack)
    {
        _target!.IsConnected = false;
        _target.Entry!.Connection = null;
        context.Stats.AddConnected(-1);
        var core = Core!;
        core.Disconnect(keepWill, expiry is { } changed ? SessionExpiry.Limit(changed, context.Settings) : null, context.UtcNow);
        if (core.Expiry > 0)
            _replays?.Keep(core.Outgoing);
        _replays = null;
        if (core.Expiry > 0 && !comesBack)
            core.Outgoing.HandOver(this, connectedOnly: true);
    }

    /// <summary>Ends the session: publishes its will if that has not happened, and removes its subscriptions.</summary>
    public void EndSession()
    {
        var core = Core!;
        _target!.IsConnected = false;
        core.Outgoing.HandOver(this, connectedOnly: false);
        subscriptions.RemoveAll(core, _target);
        if (core.End() is { } will)
            Publish(will);
        core.TakeDrops().AddTo(context.Drops);
        Log?.Flush(); // appended before the changes of the next session
        _target.Close();
        if (_target.Session != 0)
            context.Targets.Remove(_target);
        _ended = _target;
        _replays = null;
        context.Clients.Remove(_target.Entry!);
        context.Stats.AddSession(-1);
    }

    /// <summary>Publishes a will that is due at the end of the connection, because the server stops. Called before subscribers are disconnected.</summary>
    public void PublishWillBeforeEnd()
    {
        if (IsAlive && Core!.TakeWillBeforeEnd() is { } will)
            Publish(will);
    }

    /// <summary>Publishes the will and ends the session when they are due and no client is connected; otherwise starts the timer for them.</summary>
    public void CheckDue()
    {
        if (!IsAlive || Core!.IsConnected)
            return;
        var now = context.UtcNow;
        if (Core.TakeDueWill(now) is { } will)
            Publish(will); // [MQTT-3.1.2-8]
        _publisher = null; // frees its cached routes
        if (Core.HasExpired(now))
        {
            if (Core.Expiry > 0)
                context.Stats.AddExpiredSession();
            EndSession(); // [MQTT-4.1.0-2 v5] [MQTT-3.1.2-6 v3.1.1]
        }
        else if (Core.NextDue is < long.MaxValue and var due)
        {
            var wait = TimeSpan.FromMilliseconds(Math.Max(1, due - now));
            _timer ??= new ClockTimer(context.Clock, session, Due.Instance);
            _timer.Start(wait < LongestTimer ? wait : LongestTimer);
        }
    }

    /// <summary>Releases everything, because the actor of the session stops.</summary>
    public void Stop()
    {
        _publisher?.Leave();
        if (IsAlive && _target!.Session != 0)
            ParkDurable();
        else if (IsAlive)
            EndSession(); // no other code would remove its subscriptions after a failure of this actor
        _timer?.Dispose();
    }

    public bool TryHandOver(in QueuedMessage message, bool connectedOnly) =>
        SharedHandOver.TryHandOver(context, key.ClientId, message, _target!, connectedOnly);

    /// <summary>Adds the retained messages of a new subscription to those that are to be sent.</summary>
    /// <param name="subscription">The subscription.</param>
    /// <param name="version">The version of the routing index that contains it.</param>
    public void Replay(SessionSubscription subscription, long version)
    {
        (_replays ??= new RetainedReplays(context, key.ClientId)).Add(subscription, version);
        Core!.Outgoing.HasReplay = true;
    }

    /// <summary>Sends as many waiting messages as the client accepts.</summary>
    public void Pump()
    {
        var now = context.UtcNow;
        var outgoing = Core!.Outgoing;
        outgoing.Pump(now);
        if (!outgoing.HasReplay)
            return;
        _replays!.Pump(outgoing, now);
        outgoing.Pump(now);
    }

    /// <summary>Updates the entry in lists after messages were queued, sent or removed.</summary>
    /// <param name="unwrittenBytes">Bytes that the connection has not written yet.</param>
    /// <returns>The messages that were dropped.</returns>
    public SessionDrops Observe(long unwrittenBytes)
    {
        var outgoing = Core!.Outgoing;
        _target!.Entry!.SetWaiting(outgoing.QueuedCount, outgoing.QueuedBytes + unwrittenBytes);
        var drops = Core.TakeDrops();
        if (drops.Total > 0)
            drops.AddTo(context.Drops);
        return drops;
    }

    private bool TryParkDurable()
    {
        var written = _parking.Begin(Core!, _target!, _recorder!, _rights);
        // No message may be on its way to the actor: messages that are not written would get out of order.
        if (!_target!.TryPark())
        {
            context.Unwritten.Take(_target.Session);
            return false;
        }
        FinishParking(written);
        return true;
    }

    private void FinishParking(QueueCount written)
    {
        var (core, target) = (Core!, _target!);
        Log!.Add(new StoreOp.Parked(target.Session, written.Messages, written.Bytes));
        Log.Flush();
        _parking.TakeMemory(core.Subscriptions.All);
        core.Forget();
        _parking.End(target);
        _timer?.Dispose();
        (Core, _target, _publisher, _rights, _timer) = (null, null, null, null, null);
        UseLog(0);
    }

    /// <summary>Requests a session from the storage in which it is parked.</summary>
    private void TakeStored(long identity)
    {
        _target = _parking.Hold(identity, session);
        _ended = null;
        _rights = _target.Rights;
        IsLoading = true;
        // Set the actor first, then take the session: messages in the mailbox are newer than everything in the storage, or are recognised
        // by their ticket.
        _ticket = context.Engine!.Take(identity, new StoredReader(session));
    }

    private bool TellSelfToRest()
    {
        session.Tell(Rested.Instance);
        return false;
    }

    private void UseLog(long identity)
    {
        Log = identity == 0 ? null : new SessionLog(context.Engine!);
        _recorder = identity == 0 ? null : new DurableRecorder(context.Engine!, Log!, identity, key.ClientId, context.Topics);
        subscriptions.Log = Log;
    }

    private void Publish(Will will)
    {
        Publisher.Add(LinkEnd.Message(will));
        Publisher.Flush(); // no receipt is needed
    }

    /// <summary>Sent to the session when its will or expiry may be due.</summary>
    internal sealed class Due : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Due Instance = new();
    }

    /// <summary>
    /// A message of the session to itself: messages that were on the way when the session ended may have arrived, so it tries again to stop.
    /// </summary>
    internal sealed class Rested : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Rested Instance = new();
    }
}
