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
/// Where publishers find one session, as long as it lives: its actor while there is one, else the store, on the publisher's thread. With it is what
/// else a parked session needs in memory.
/// </summary>
internal sealed class SessionTarget : ActorTarget, IParkedSessionWatcher
{
    private readonly ServerContext _context;

    /// <summary>Makes the target of a session that an actor holds.</summary>
    /// <param name="context">The server.</param>
    /// <param name="key">The session.</param>
    /// <param name="actor">The actor.</param>
    public SessionTarget(ServerContext context, SessionKey key, IActorRef actor)
        : base(key.ClientId, actor, context.Settings.MaxUnhandledMessages)
    {
        _context = context;
        Entry = new ClientEntry(key, this);
    }

    /// <summary>The session in lists.</summary>
    public ClientEntry Entry { get; }

    /// <summary>What the client was allowed on its last connection, while its will waits; else null.</summary>
    public ClientRights? Rights { get; set; }

    public void Delivered(int queued, long queuedBytes, SessionDrops drops)
    {
        Entry.SetWaiting(queued, queuedBytes);
        if (drops.Total > 0)
            drops.AddTo(_context.Drops);
    }

    /// <summary>Messages for a session that has ended: those of shared subscriptions go to other members.</summary>
    /// <param name="delivery">The messages.</param>
    public void Return(Deliver delivery)
    {
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
        // A connected member of a group gets the message sooner (U-4.8.2-1 v5).
        if (HandOver(delivery) is not { } rest)
            return null;
        var now = _context.UtcNow;
        if (!_context.Store.TryDeliver(Entry.Key, rest.Packets, rest.Shares, rest.ReceivedAt, now))
            return rest; // an actor has taken the session
        _context.Meters?.Delivered(Math.Max(0, now - rest.ReceivedAt));
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
