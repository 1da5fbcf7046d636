using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Clients;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Publishing;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// The target through which publishers reach one session. Messages go to its actor while one exists, otherwise to the store, on the
/// publisher's thread. A durable session that is parked has a target only while publishers use it: <see cref="DurableTargets"/>.
/// </summary>
internal class SessionTarget : ActorTarget, IParkedSessionWatcher, IUnwrittenOwner
{
    private readonly ServerContext _context;

    /// <summary>Creates the target of a session with an actor.</summary>
    /// <param name="context">The server.</param>
    /// <param name="key">The session.</param>
    /// <param name="actor">The actor.</param>
    /// <param name="session">The identity of a durable session; 0 for one that ends with the process.</param>
    public SessionTarget(ServerContext context, SessionKey key, IActorRef actor, long session = 0)
        : base(key.ClientId, actor, context.Settings.MaxUnhandledMessages, context.Routing.Stuck)
    {
        _context = context;
        Session = session;
        Entry = new ClientEntry(key, this);
    }

    /// <summary>Creates the target of a durable session that is parked.</summary>
    /// <param name="context">The server.</param>
    /// <param name="session">The identity of the session.</param>
    /// <param name="clientId">Its client; null when it is unknown until an actor has the session.</param>
    public SessionTarget(ServerContext context, long session, string? clientId)
        : base(clientId, ActorRefs.Nobody, context.Settings.MaxUnhandledMessages, context.Routing.Stuck)
    {
        _context = context;
        Session = session;
        TryPark();
    }

    public bool IsParked => HasNoActor && !IsClosed && !IsForgotten;

    /// <summary>The entry of the session in lists; null while it is durable and parked.</summary>
    public ClientEntry? Entry { get; private set; }

    public override DurableTargets? Table => Session == 0 ? null : _context.Targets;

    public QueueCount Written => Waiting;

    /// <summary>The rights of the client on its last connection, while its will waits; else null.</summary>
    public ClientRights? Rights { get; set; }

    /// <summary>
    /// Receives the messages of a session that is moving to another node; null for all others. Set while the session is parked.
    /// </summary>
    public IMessageTaker? Mover { get; set; }

    public override bool IsNeeded => Rights is not null;

    protected override IMessageTaker? Taker => Mover;

    protected override ActorTarget Successor => _context.Targets.Of(Session);

    /// <summary>Makes an actor the holder of the durable session. Called by that actor.</summary>
    /// <param name="key">The session.</param>
    /// <param name="actor">The actor.</param>
    /// <returns>Whether it is the holder; if not, another object is the target.</returns>
    public bool TryHold(SessionKey key, IActorRef actor)
    {
        ClientId = key.ClientId;
        if (!TryHold(actor))
            return false;
        Entry = new ClientEntry(key, this);
        Entry.SetWaiting(Waiting.Messages, Waiting.Bytes);
        return true;
    }

    /// <summary>Prepares parking of the durable session. Called by its actor.</summary>
    /// <param name="waiting">The messages that wait in the storage.</param>
    /// <param name="rights">The rights of its client, while its will waits; else null.</param>
    public void BeginParking(QueueCount waiting, ClientRights? rights)
    {
        SetWaiting(waiting);
        Rights = rights;
    }

    /// <summary>Ends parking: from now on only the storage has the durable session.</summary>
    public void EndParking()
    {
        Entry = null;
        _context.Targets.Parked(this);
    }

    public void Delivered(int queued, long queuedBytes, SessionDrops drops)
    {
        Entry!.SetWaiting(queued, queuedBytes);
        if (drops.Total > 0)
            drops.AddTo(_context.Drops);
    }

    /// <summary>
    /// Handles messages that reached the actor after it gave up the session. If the session has ended, messages of shared subscriptions go
    /// to other members. If it is durable, the messages are kept.
    /// </summary>
    /// <param name="delivery">The messages.</param>
    public void Return(Deliver delivery)
    {
        if (Session != 0 && !IsClosed)
        {
            if (KeepUnwritten(delivery) is { } rest && !TryDeliver(rest) && !DeliverBehind(rest, null)) // delivers to the actor that has the session now
                _context.Drops.Add(DropReason.SessionBehind, rest.Packets.Length);
            return;
        }
        var lost = HandOver(delivery)?.Packets.Length ?? 0;
        _context.Drops.Add(DropReason.SessionEnded, lost);
    }

    protected override Deliver? DeliverParked(Deliver delivery)
    {
        if (IsClosed)
        {
            Return(delivery);
            return null;
        }
        if (Session != 0)
            return KeepUnwritten(delivery); // written messages are already delivered
        // A connected member of a group can send the message sooner (U-4.8.2-1 v5).
        if (HandOver(delivery) is not { } rest)
            return null;
        var now = _context.UtcNow;
        if (!_context.Store.TryDeliver(Entry!.Key, rest.Packets, rest.Shares, rest.ReceivedAt, now))
            return rest; // an actor has taken the session
        _context.Meters?.Delivered(Math.Max(0, now - rest.ReceivedAt));
        return null;
    }

    /// <summary>Keeps the messages of a delivery to a durable session that are not written.</summary>
    /// <returns>Null when all are kept; the remaining messages when an actor has the session now.</returns>
    private Deliver? KeepUnwritten(Deliver delivery)
    {
        if (delivery.Shares is not null)
        {
            // A connected member of a group can send the message sooner (U-4.8.2-1 v5).
            if (delivery.WithoutWritten() is not { } unwritten || HandOver(unwritten) is not { } rest)
                return null;
            delivery = rest;
        }
        var offline = 0;
        List<(QueuedMessage Message, long After)>? kept = null;
        for (var at = 0; at < delivery.Packets.Length; at++)
        {
            if (delivery.IsWritten(at))
                continue;
            var packet = delivery.Packets[at];
            if (packet.QoS != QualityOfService.AtMostOnce || _context.Settings.Features.QueueQoS0Messages)
                (kept ??= []).Add((new QueuedMessage(packet, delivery.ReceivedAt) { Share = delivery.Shares?[at] }, delivery.AfterOf(at)));
            else
                offline++; // [MQTT-3.1.2-5 v3.1.1] QoS 0 is not queued
        }
        if (kept is not null)
        {
            if (TakeIsUncounted())
                _ = _context.Engine!.CountAsync([Session]).AsTask(); // the engine reports the count, so that the limits of the queue can be kept
            if (!_context.Unwritten.TryAdd(this, CollectionsMarshal.AsSpan(kept), out var drops))
                return delivery.WithoutWritten();
            drops.AddTo(_context.Drops);
        }
        _context.Drops.Add(DropReason.Offline, offline);
        return null;
    }

    /// <summary>Gives messages of shared subscriptions to other members that are connected.</summary>
    /// <returns>The remaining messages; null for none.</returns>
    private Deliver? HandOver(Deliver delivery)
    {
        if (delivery.Shares is not { } shares)
            return delivery;
        var kept = new List<Publish>(delivery.Packets.Length);
        var keptShares = new List<SharedKey?>(delivery.Packets.Length);
        for (var at = 0; at < shares.Length; at++)
        {
            var message = new QueuedMessage(delivery.Packets[at], delivery.ReceivedAt) { Share = shares[at] };
            if (shares[at] is not null && SharedHandOver.TryHandOver(_context, ClientId, message, this, connectedOnly: true))
                continue;
            kept.Add(delivery.Packets[at]);
            keptShares.Add(shares[at]);
        }
        return kept.Count == 0 ? null
            : kept.Count == shares.Length ? delivery
            : delivery with { Batch = new MessageBatch([.. kept], isShared: false), Shares = [.. keptShares] };
    }
}
