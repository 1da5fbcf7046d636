using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Publishing;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// What of a session outlives connections: its core, where publishers find it, its entry in lists, and the timer of its will and its expiry. Begins and
/// ends with the session state, several times in the life of an actor; is taken from the store and parked there. Owned by the session actor.
/// </summary>
internal sealed class SessionLife(ServerContext context, SessionKey key, IActorRef session, SubscriptionHandler subscriptions) : IHandOver
{
    // Timers are started again for longer waits: no scheduler is asked for the 136 years that an interval can be.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromHours(12);

    private SessionTarget? _target;
    private SessionTarget? _ended; // of the session before
    private Publisher? _publisher; // of the client, of its will, and of what is handed over to other members of a group
    private RetainedReplays? _replays;
    private ClientRights? _rights;
    private ClockTimer? _timer;

    /// <summary>The session; null before the first, and over when there is none.</summary>
    public SessionCore? Core { get; private set; }

    public bool IsAlive => Core is { IsOver: false };

    public DeliveryTarget? Target => _target;

    public Publisher Publisher => _publisher ??= new Publisher(context, key.ClientId, owner: session) { Rights = _rights };

    /// <summary>What the client may do; subscriptions that it may not have end now.</summary>
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

    /// <summary>Whether a user may have the session.</summary>
    public bool BelongsTo(string? user) => !IsAlive || Core!.BelongsTo(user);

    /// <summary>A session begins, where there is none.</summary>
    /// <param name="user">The user that makes it.</param>
    /// <param name="now">The time now.</param>
    public void Begin(string? user, long now)
    {
        Core = context.Store.Begin(key, user, now);
        _target = new SessionTarget(context, key, session);
        context.Clients.Add(_target.Entry);
        context.Stats.AddSession(1);
    }

    /// <summary>Takes the session from the store if it is parked there. Called by the actor that the directory names as holder.</summary>
    public void TakeParked()
    {
        if (IsAlive || context.Clients.Get(key)?.Target is not SessionTarget target)
            return;
        // First held, then taken: who finds it neither here nor there tries again, and what comes by the mailbox is later than all in the store.
        target.Hold(session);
        Core = context.Store.Take(key) ?? throw new InvalidOperationException($"The session of {key} is not where it was parked.");
        _target = target;
        _rights = target.Rights;
    }

    /// <summary>No client is connected: parks the session in the store.</summary>
    /// <param name="due">When will or expiry is due; <see cref="long.MaxValue"/> for never.</param>
    /// <returns>Whether nothing is left for the actor to do; if not, messages are on their way to it.</returns>
    public bool TryPark(out long due)
    {
        due = long.MaxValue;
        if (_ended is { IsBusy: true })
        {
            session.Tell(Rested.Instance);
            return false;
        }
        _ended = null;
        if (!IsAlive)
            return true;
        if (_target!.IsBusy)
            return false; // what is on its way makes the actor try again
        due = Core!.NextDue;
        _target.Rights = Core.HasWill ? _rights : null;
        // First in the store, then away: who finds no actor finds it there.
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

    /// <summary>A client holds the session.</summary>
    public void Connected(ClientConnection connection)
    {
        _timer?.Dispose();
        _target!.IsConnected = true;
        _target!.Entry.Connection = connection;
        context.Stats.AddConnected(1);
    }

    /// <summary>The client has gone.</summary>
    /// <param name="keepWill">Whether the will is to be published.</param>
    /// <param name="expiry">The Session Expiry Interval of DISCONNECT, or null.</param>
    /// <param name="comesBack">Whether the client has connected again already and goes on with the session.</param>
    public void Disconnected(bool keepWill, uint? expiry, bool comesBack)
    {
        _target!.IsConnected = false;
        _target!.Entry.Connection = null;
        context.Stats.AddConnected(-1);
        var core = Core!;
        core.Disconnect(keepWill, expiry is { } changed ? SessionExpiry.Limit(changed, context.Settings) : null, context.UtcNow);
        if (core.Expiry > 0)
            _replays?.Keep(core.Outgoing);
        _replays = null;
        if (core.Expiry > 0 && !comesBack)
            core.Outgoing.HandOver(this, connectedOnly: true);
    }

    /// <summary>The session ends: its will is due now at the latest, and its subscriptions go.</summary>
    public void End()
    {
        var core = Core!;
        _target!.IsConnected = false;
        core.Outgoing.HandOver(this, connectedOnly: false);
        subscriptions.RemoveAll(core, _target);
        if (core.End() is { } will)
            Publish(will);
        core.TakeDrops().AddTo(context.Drops);
        _target.Close();
        _ended = _target;
        _replays = null;
        context.Clients.Remove(_target.Entry);
        context.Stats.AddSession(-1);
    }

    /// <summary>Nobody is connected: publishes the will and ends the session when it is time; else starts the timer for that.</summary>
    public void CheckDue()
    {
        if (!IsAlive || Core!.IsConnected)
            return;
        var now = context.UtcNow;
        if (Core.TakeDueWill(now) is { } will)
            Publish(will); // [MQTT-3.1.2-8]
        _publisher = null; // with all that it remembers of routes
        if (Core.HasExpired(now))
        {
            if (Core.Expiry > 0)
                context.Stats.AddExpiredSession();
            End(); // [MQTT-4.1.0-2 v5] [MQTT-3.1.2-6 v3.1.1]
        }
        else if (Core.NextDue is < long.MaxValue and var due)
        {
            var wait = TimeSpan.FromMilliseconds(Math.Max(1, due - now));
            _timer ??= new ClockTimer(context.Clock, session, Due.Instance);
            _timer.Start(wait < LongestTimer ? wait : LongestTimer);
        }
    }

    /// <summary>The actor of the session stops.</summary>
    public void Stop() => _timer?.Dispose();

    public bool TryHandOver(in QueuedMessage message, bool connectedOnly) =>
        SharedHandOver.TryHandOver(context, key.ClientId, message, _target!, connectedOnly);

    /// <summary>Retained messages of a new subscription are to be sent.</summary>
    /// <param name="subscription">The subscription.</param>
    /// <param name="version">The version of the routing index that has it.</param>
    public void Replay(SessionSubscription subscription, long version)
    {
        (_replays ??= new RetainedReplays(context, key.ClientId)).Add(subscription, version);
        Core!.Outgoing.HasReplay = true;
    }

    /// <summary>Sends as much of what waits as the client takes.</summary>
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

    /// <summary>A batch has gone into the queue or to the connection, or out of them.</summary>
    /// <param name="unwrittenBytes">Bytes that the connection has not written.</param>
    /// <returns>What was dropped.</returns>
    public SessionDrops Observe(long unwrittenBytes)
    {
        var outgoing = Core!.Outgoing;
        _target!.Entry.SetWaiting(outgoing.QueuedCount, outgoing.QueuedBytes + unwrittenBytes);
        var drops = Core.TakeDrops();
        if (drops.Total > 0)
            drops.AddTo(context.Drops);
        return drops;
    }

    private void Publish(Will will)
    {
        Publisher.Add(LinkEnd.Message(will));
        Publisher.Flush(); // nobody waits for a receipt
    }

    /// <summary>To the session: look whether the will or the expiry is due.</summary>
    internal sealed class Due : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Due Instance = new();
    }

    /// <summary>To the session, from itself: what was on its way when the session ended may have come; try again to stop.</summary>
    internal sealed class Rested : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Rested Instance = new();
    }
}
