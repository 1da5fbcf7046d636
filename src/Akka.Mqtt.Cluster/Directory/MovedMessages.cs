using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Sessions;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// Messages that come for a session after it was given up: kept until the other node has the session, then sent behind it; or given back, when the session stays.
/// Thread safe: publishers call it.
/// </summary>
/// <param name="context">The server.</param>
/// <param name="key">The session.</param>
/// <param name="target">Where publishers find it.</param>
internal sealed class MovedMessages(ServerContext context, SessionKey key, SessionTarget target)
{
    private readonly Lock _lock = new();
    private readonly List<Deliver> _kept = [];
    private long _keptBytes;
    private IActorRef? _link; // to the node that has the session
    private bool _isBack;

    /// <summary>Takes messages of a publisher.</summary>
    public void Add(Deliver delivery)
    {
        lock (_lock)
        {
            if (_link is { } link)
            {
                link.Tell(new SessionDelivery(key, delivery), ActorRefs.NoSender);
                return;
            }
            if (!_isBack)
            {
                if (_keptBytes > context.Settings.MaxQueuedBytes)
                {
                    context.Drops.Add(DropReason.QueueFull, delivery.Packets.Length);
                    return;
                }
                _keptBytes += delivery.Batch.Size;
                _kept.Add(delivery);
                return;
            }
        }
        if (!target.TryDeliver(delivery))
            context.Drops.Add(DropReason.SessionBehind, delivery.Packets.Length);
    }

    /// <summary>The other node has the session.</summary>
    /// <param name="link">The link to that node; null when it is gone with the session.</param>
    public void SendTo(IActorRef? link)
    {
        lock (_lock)
        {
            _link = link ?? ActorRefs.Nobody;
            foreach (var delivery in _kept)
                _link.Tell(new SessionDelivery(key, delivery), ActorRefs.NoSender);
            _kept.Clear();
        }
    }

    /// <summary>The session stays here.</summary>
    /// <param name="session">The session; parked again when this returns.</param>
    public void GiveBack(SessionCore session)
    {
        lock (_lock)
        {
            foreach (var delivery in _kept)
                session.Outgoing.Deliver(delivery.Packets, delivery.Shares, delivery.ReceivedAt, context.UtcNow);
            _kept.Clear();
            context.Store.Park(session, target);
            target.Mover = null;
            _isBack = true;
        }
    }
}

/// <summary>To a link: messages for a session that has moved to the node.</summary>
/// <param name="Key">The session.</param>
/// <param name="Delivery">The messages.</param>
internal sealed record SessionDelivery(SessionKey Key, Deliver Delivery) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
