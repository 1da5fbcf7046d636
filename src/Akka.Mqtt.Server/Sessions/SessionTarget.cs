using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Clients;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Publishing;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Where publishers find one session, as long as it lives: its actor while there is one, else the store, on the publisher's thread. With it is what
/// else a parked session needs in memory.
/// </summary>
internal sealed class SessionTarget : ActorTarget, IParkedSessionWatcher, IUnwrittenOwner
{
    private readonly ServerContext _context;
    private readonly int _kept; // bytes that a durable session needs in memory although only the storage has it
    private long _keptSubscriptions; // and its subscriptions

    /// <summary>Makes the target of a session that an actor holds.</summary>
    /// <param name="context">The server.</param>
    /// <param name="key">The session.</param>
    /// <param name="actor">The actor.</param>
    /// <param name="session">The identity of a durable session; 0 for one that ends with the process.</param>
    public SessionTarget(ServerContext context, SessionKey key, IActorRef actor, long session = 0)
        : base(key.ClientId, actor, context.Settings.MaxUnhandledMessages)
    {
        _context = context;
        Session = session;
        _kept = MemoryCost.ParkedSession + (2 * (key.ClientId.Length + (key.User?.Length ?? 0)));
        Entry = new ClientEntry(key, this);
    }

    public bool IsParked => IsAway && !IsClosed;

    /// <summary>The session in lists.</summary>
    public ClientEntry Entry { get; }

    /// <summary>The subscriptions of a durable session that only the storage has, as routing has them; else null.</summary>
    public SessionSubscription[]? Subscriptions { get; private set; }

    /// <summary>What the client was allowed on its last connection, while its will waits; else null.</summary>
    public ClientRights? Rights { get; set; }

    /// <summary>Only the storage has the session from here on: what it needs in memory all the same is counted.</summary>
    /// <param name="subscriptions">Its subscriptions.</param>
    public void Keep(SessionSubscription[] subscriptions)
    {
        Subscriptions = subscriptions;
        _keptSubscriptions = 0;
        foreach (var subscription in subscriptions)
            _keptSubscriptions += SessionSubscriptions.SizeOf(subscription.Options.Filter);
        _context.Memory.Take(MemoryKind.Sessions, _kept);
        _context.Memory.Take(MemoryKind.Subscriptions, _keptSubscriptions);
    }

    /// <summary>An actor has the session, or it is lost: what <see cref="Keep"/> counted is returned.</summary>
    /// <returns>The subscriptions.</returns>
    public SessionSubscription[] Return()
    {
        if (Subscriptions is not { } subscriptions)
            return [];
        Subscriptions = null;
        _context.Memory.Return(MemoryKind.Sessions, _kept);
        _context.Memory.Return(MemoryKind.Subscriptions, _keptSubscriptions);
        return subscriptions;
    }

    public void Delivered(int queued, long queuedBytes, SessionDrops drops)
    {
        Entry.SetWaiting(queued, queuedBytes);
        if (drops.Total > 0)
            drops.AddTo(_context.Drops);
    }

    /// <summary>
    /// Messages that came to the actor when it had let the session go. If it has ended, those of shared subscriptions go to other members; of a durable
    /// one they are written.
    /// </summary>
    /// <param name="delivery">The messages.</param>
    public void Return(Deliver delivery)
    {
        if (Session != 0 && !IsClosed)
        {
            CountWritten(delivery);
            if (KeepUnwritten(delivery) is { } rest && !TryDeliver(rest) && !DeliverBehind(rest, null)) // to the actor that has the session now
                _context.Drops.Add(DropReason.SessionBehind, rest.Packets.Length);
            return;
        }
        var lost = HandOver(delivery)?.Packets.Length ?? 0;
        _context.Drops.Add(DropReason.SessionEnded, lost);
    }

    protected override Deliver? DeliverAway(Deliver delivery)
    {
        if (IsClosed)
        {
            Return(delivery);
            return null;
        }
        if (Session != 0)
        {
            CountWritten(delivery); // what its publisher has written is the delivery
            return KeepUnwritten(delivery);
        }
        // A connected member of a group gets the message sooner (U-4.8.2-1 v5).
        if (HandOver(delivery) is not { } rest)
            return null;
        var now = _context.UtcNow;
        if (!_context.Store.TryDeliver(Entry.Key, rest.Packets, rest.Shares, rest.ReceivedAt, now))
            return rest; // an actor has taken the session
        _context.Meters?.Delivered(Math.Max(0, now - rest.ReceivedAt));
        return null;
    }

    private void CountWritten(Deliver delivery)
    {
        var (count, bytes) = (0, 0L);
        for (var at = 0; at < delivery.Packets.Length; at++)
        {
            if (!delivery.IsWritten(at))
                continue;
            count++;
            bytes += QueuedMessage.KeptSizeOf(delivery.Packets[at]);
        }
        if (count > 0)
            Entry.AddWaiting(count, bytes);
    }

    /// <summary>Keeps what is not written of a delivery to a durable session.</summary>
    /// <returns>Null when that is done; what is left when an actor has the session now.</returns>
    private Deliver? KeepUnwritten(Deliver delivery)
    {
        if (delivery.Shares is not null)
        {
            // A connected member of a group gets the message sooner (U-4.8.2-1 v5).
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
                offline++; // [MQTT-3.1.2-5 v3.1.1] QoS 0 does not wait
        }
        if (kept is not null)
        {
            if (!_context.Unwritten.TryAdd(this, CollectionsMarshal.AsSpan(kept), out var change))
                return delivery.WithoutWritten();
            Entry.AddWaiting(change.Messages, change.Bytes);
            change.Drops.AddTo(_context.Drops);
        }
        _context.Drops.Add(DropReason.Offline, offline);
        return null;
    }

    /// <summary>Gives messages of shared subscriptions to other members that are connected.</summary>
    /// <returns>What is left; null for nothing.</returns>
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
