using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Publishing;

/// <summary>
/// Gathers messages by target and sends each target one batch. While all messages of a chunk have the same route, they are kept in one
/// list. Owned by one <see cref="Publisher"/>; allocates nothing before the first message.
/// </summary>
internal sealed class PendingBatches(ServerContext context, IActorRef owner, bool waitsForStore)
{
    private readonly List<Publish> _sameRoute = []; // messages that all have _route, as long as no batch has been started
    private Route _route = Route.Nowhere;
    private readonly List<PendingBatch> _filled = [];
    private Dictionary<DeliveryTarget, PendingBatch>? _byTarget;
    private Receipt? _receipt; // of the current flush
    private DurableUnit? _unit;
    private bool _hasWritten;

    /// <summary>The origin of the gathered messages; null for a server without a cluster.</summary>
    public DeliverySource? Source { get; set; }

    /// <summary>What is written together with messages, and only with them; null for nothing.</summary>
    public StoreOp? Mark { get; set; }

    private bool Upgrades => context.Settings.Features.UpgradeOutgoingQoS;

    /// <summary>The number of known targets.</summary>
    public int Count => _byTarget?.Count ?? 0;

    public PendingBatch Of(DeliveryTarget target)
    {
        _byTarget ??= [];
        if (!_byTarget.TryGetValue(target, out var pending))
            _byTarget.Add(target, pending = new PendingBatch(target));
        return pending;
    }

    /// <summary>
    /// Forgets all targets. The caller must also forget the cached routes: they refer to these batches, and a target must have only one.
    /// </summary>
    public void Forget()
    {
        SpreadOut();
        if (_byTarget is null)
            return;
        _byTarget.Clear();
        foreach (var pending in _filled) // they contain messages of this chunk, and later messages must be behind those
            _byTarget.Add(pending.Target, pending);
    }

    /// <summary>Adds a message for the targets of a route.</summary>
    public void Add(Publish packet, Route route)
    {
        if (_filled.Count == 0 && route.Groups.Length == 0 && (_sameRoute.Count == 0 || ReferenceEquals(route, _route)))
        {
            _route = route;
            _sameRoute.Add(packet);
            return;
        }
        SpreadOut();
        Put(packet, route);
    }

    /// <summary>Adds a message for a member of a shared subscription.</summary>
    public void Add(Publish packet, Subscriber member, SharedKey group, bool isWritten)
    {
        SpreadOut();
        // [MQTT-4.8.2-3 v5] with the QoS that was granted to this member
        var identifiers = MessageShape.Identifiers(member.Identifier);
        Put(Of(member.Target), MessageShape.Shaped(packet, member.QoS, Upgrades, member.RetainAsPublished, identifiers), group, isWritten);
    }

    /// <summary>Adds a message for another node. The node must retain it, even if it has no subscriber for it.</summary>
    public void Add(Publish packet, DeliveryTarget node)
    {
        SpreadOut();
        Put(Of(node), packet.PacketId == 0 && !packet.Dup ? packet : packet with { PacketId = 0, Dup = false }, null, isWritten: true);
    }

    /// <summary>Sends each target the gathered messages.</summary>
    /// <returns>
    /// Null when all messages are with their targets; otherwise the receipt that completes when they are. Written messages may not be
    /// committed yet.
    /// </returns>
    /// <param name="log">Changes of the publisher's own session, written together with the gathered messages; null for none.</param>
    public Receipt? Flush(SessionLog? log)
    {
        if (context.Engine is { } engine)
            FlushDurable(engine, log);
        if (_sameRoute.Count > 0)
            FlushSameRoute();
        if (_filled.Count > 0)
            FlushFilled();
        if (_receipt is not { } receipt)
            return null;
        _receipt = null;
        return receipt.Seal() ? receipt : null;
    }

    /// <summary>
    /// Whether something was written for durable sessions since the last call. If so, acknowledgements must wait for its commit.
    /// </summary>
    public bool TakeAwaitsCommit()
    {
        var written = _hasWritten;
        _hasWritten = false;
        return written;
    }

    /// <summary>
    /// Writes everything in one unit together with the changes of the publisher's own session, so that a crash cannot separate them. Then
    /// hands over the messages with their identities.
    /// </summary>
    private void FlushDurable(IStorageEngine engine, SessionLog? log)
    {
        var now = context.UtcNow;
        var unit = _unit ??= new DurableUnit(engine);
        unit.Begin(now, log?.Take(), Source);
        if (_sameRoute.Count > 0)
        {
            foreach (var part in _route.Parts)
            {
                var packets = Shaped(part);
                unit.Add(new MessageBatch(packets, isShared: part.PendingBatches.Length > 1), part);
            }
            _sameRoute.Clear();
        }
        for (var at = 0; at < _filled.Count; at++)
        {
            var packets = _filled[at].Messages;
            unit.Add(packets, _filled[at], at + 1 < _filled.Count && IsSame(packets, _filled[at + 1].Messages) && IsAlikeWritten(_filled[at], _filled[at + 1]));
            _filled[at].Clear();
        }
        _filled.Clear();
        if (unit.WritesMessages)
        {
            _hasWritten = true;
            if (waitsForStore)
                (_receipt ??= new Receipt(owner)).AddStore();
        }
        unit.Append(unit.WritesMessages && waitsForStore ? _receipt : null, Mark);
        if (Source?.Heir is null)
        {
            foreach (var delivery in unit.Deliveries)
                Tell(delivery.Target, Source is null ? delivery : delivery with { Source = Source });
        }
        unit.Clear();
    }

    private Publish[] Shaped(in RoutePart part)
    {
        var packets = new Publish[_sameRoute.Count];
        for (var at = 0; at < packets.Length; at++)
            packets[at] = MessageShape.Shaped(_sameRoute[at], part.QoS, Upgrades, part.RetainAsPublished, part.Identifiers);
        return packets;
    }

    private void FlushFilled()
    {
        var now = context.UtcNow;
        MessageBatch? batch = null;
        for (var at = 0; at < _filled.Count; at++)
        {
            // All targets with the same messages get the same batch object.
            var packets = _filled[at].Messages;
            var isNext = at + 1 < _filled.Count && IsSame(packets, _filled[at + 1].Messages);
            if (batch is null || !IsSame(packets, batch.Packets))
                batch = new MessageBatch(packets.ToArray(), isNext);
            Tell(_filled[at].Target, new Deliver(_filled[at].Target, batch, now, _filled[at].Shares?.ToArray()) { Source = Source });
        }
        foreach (var pending in _filled)
            pending.Clear();
        _filled.Clear();
    }

    private void FlushSameRoute()
    {
        var now = context.UtcNow;
        foreach (var part in _route.Parts)
        {
            var batch = new MessageBatch(Shaped(part), isShared: part.PendingBatches.Length > 1);
            foreach (var pending in part.PendingBatches)
                Tell(pending.Target, new Deliver(pending.Target, batch, now) { Source = Source });
        }
        _sameRoute.Clear();
    }

    /// <summary>Moves the list to the batches, because the next message has another route and must be behind these.</summary>
    private void SpreadOut()
    {
        foreach (var packet in _sameRoute)
            Put(packet, _route);
        _sameRoute.Clear();
    }

    private void Put(Publish packet, Route route)
    {
        foreach (var part in route.Parts)
        {
            var sent = MessageShape.Shaped(packet, part.QoS, Upgrades, part.RetainAsPublished, part.Identifiers);
            foreach (var pending in part.PendingBatches)
                Put(pending, sent, null, part.IsWritten);
        }
    }

    private void Put(PendingBatch pending, Publish packet, SharedKey? share, bool isWritten)
    {
        if (pending.Packets.Count == 0)
            _filled.Add(pending);
        pending.Add(packet, share, isWritten || pending.Target.Session == 0);
    }

    private void Tell(DeliveryTarget target, Deliver delivery)
    {
        if (!target.TryDeliver(delivery))
            DeliverBehind(target, delivery);
    }

    /// <summary>
    /// Hands over to a target that is behind, or that answers later, as another node does. Messages that the target does not accept are
    /// dropped; for the others the publisher waits.
    /// </summary>
    private void DeliverBehind(DeliveryTarget target, Deliver delivery)
    {
        var kept = target.TakesQoS0Behind ? delivery : WithoutQoS0(delivery);
        var count = delivery.Packets.Length;
        if (kept is not null)
        {
            var waits = !owner.IsNobody() && target.IsAwaited(kept);
            if (waits)
                _receipt ??= new Receipt(owner);
            if (target.DeliverBehind(kept, waits ? _receipt : null))
                count -= kept.Packets.Length;
            else if (kept.First != 0)
                RemoveWritten(target.Session, kept);
        }
        context.Drops.Add(DropReason.SessionBehind, count);
    }

    /// <summary>
    /// Removes the written rows of messages that the target has dropped. Otherwise they would be delivered when the session is read again,
    /// behind newer messages.
    /// </summary>
    private void RemoveWritten(long session, Deliver delivery)
    {
        var dropped = new List<long>(delivery.Packets.Length);
        for (var at = 0; at < delivery.Packets.Length; at++)
        {
            if (delivery.IsWritten(at))
                dropped.Add(delivery.First + at);
        }
        context.Engine!.Append(new StoreUnit([new StoreOp.Removed(session, [.. dropped])], null));
    }

    private static Deliver? WithoutQoS0(Deliver delivery)
    {
        var kept = new List<Publish>(delivery.Packets.Length);
        var shares = delivery.Shares is null ? null : new List<SharedKey?>();
        for (var at = 0; at < delivery.Packets.Length; at++)
        {
            if (delivery.Packets[at].QoS == QualityOfService.AtMostOnce)
                continue;
            kept.Add(delivery.Packets[at]);
            shares?.Add(delivery.Shares![at]);
        }
        return kept.Count == 0 ? null
            : kept.Count == delivery.Packets.Length ? delivery
            : delivery with { Batch = new MessageBatch([.. kept], isShared: false), Shares = shares?.ToArray() };
    }

    private static bool IsAlikeWritten(PendingBatch left, PendingBatch right) =>
        CollectionsMarshal.AsSpan(left.Unwritten).SequenceEqual(CollectionsMarshal.AsSpan(right.Unwritten));

    private static bool IsSame(ReadOnlySpan<Publish> left, ReadOnlySpan<Publish> right)
    {
        if (left.Length != right.Length)
            return false;
        for (var at = 0; at < left.Length; at++)
        {
            if (!ReferenceEquals(left[at], right[at]))
                return false;
        }
        return true;
    }
}
