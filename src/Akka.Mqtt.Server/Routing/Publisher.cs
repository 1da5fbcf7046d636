using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Security;

namespace Akka.Mqtt.Server.Routing;

/// <summary>Messages of one publisher for one session that came in one chunk.</summary>
/// <param name="Target">The life of the session that they are for.</param>
/// <param name="Batch">The messages.</param>
/// <param name="ReceivedAt">When they came, by the server's clock.</param>
/// <param name="Shares">For each message the group of the shared subscription that it goes by, or null; null when none does.</param>
internal sealed record Deliver(SessionTarget Target, MessageBatch Batch, long ReceivedAt, SharedKey?[]? Shares = null)
    : INoSerializationVerificationNeeded
{
    public Publish[] Packets => Batch.Packets;
}

/// <summary>
/// The publishing side of one client: matches topics, remembers where they go, gathers messages by target and tells each target once per
/// received chunk. As long as all messages of a chunk go the same way they are only put in a row. Owned by one actor; allocates nothing until
/// the first message.
/// </summary>
internal sealed partial class Publisher
{
    private readonly ServerContext _context;
    private readonly string _clientId;
    private readonly bool _isServer; // may publish to the server's own topics
    private readonly List<Publish> _row = []; // messages that all go by _rowRoute, while nothing is in an outbox
    private Route _rowRoute = Nowhere;
    private readonly List<Outbox> _filled = [];
    private Dictionary<SessionTarget, Outbox>? _outboxes;
    private ClientRights? _rights;

    public Publisher(ServerContext context, string clientId, bool isServer = false)
    {
        _isServer = isServer;
        _context = context;
        _clientId = clientId;
    }

    /// <summary>What the publisher may do; null when nothing is forbidden. Setting it forgets what was decided before.</summary>
    public ClientRights? Rights
    {
        get => _rights;
        set
        {
            _rights = value;
            ForgetRoutes();
        }
    }

    /// <summary>Takes a message: stores it if it is retained, and gathers it for everybody it goes to.</summary>
    /// <param name="packet">The message with its topic; alias, identifier and DUP are the inbound connection's and go no further.</param>
    /// <returns>Success, <see cref="ReasonCode.NoMatchingSubscribers"/>, or why it was not taken.</returns>
    public ReasonCode Add(Publish packet)
    {
        if (_rights is { InterceptsPublish: true } rights && rights.Intercept(ref packet) is var refusal && refusal != ReasonCode.Success)
        {
            _context.Drops.Add(DropReason.NotAuthorized, 1);
            return refusal;
        }
        var route = RouteOf(packet.Topic);
        if (route.Result >= ReasonCode.UnspecifiedError)
        {
            if (route.Result == ReasonCode.NotAuthorized)
                _context.Drops.Add(DropReason.NotAuthorized, 1);
            return route.Result;
        }
        if (packet.Retain)
        {
            // [MQTT-3.3.1-5] Stored before the routes are read: a subscriber that comes meanwhile gets it one way or the other.
            if (!_context.Retained.Set(ToRetain(packet), _context.Now, _clientId, _rights?.Client))
                _context.Drops.Add(DropReason.RetainedFull, 1);
            route = RouteOf(packet.Topic);
        }
        if (route.Lanes.Length == 0 && route.Groups.Length == 0)
            return route.Result;
        if (_filled.Count == 0 && route.Groups.Length == 0 && (_row.Count == 0 || ReferenceEquals(route, _rowRoute)))
        {
            _rowRoute = route;
            _row.Add(packet);
            return route.Result;
        }
        PutRow();
        Put(packet, route);
        foreach (var group in route.Groups)
        {
            var member = group.Choose(_context.Settings.SharedSubscriptionStrategy, _clientId, packet.Topic)!;
            // [MQTT-4.8.2-3 v5] by the QoS that was granted to this member
            Put(OutboxOf(member.Target), Shaped(packet, member.QoS, member.RetainAsPublished, Identifiers(member.Identifier)), group.Key);
        }
        return route.Result;
    }

    /// <summary>Tells every target what was gathered. After this the messages are handed over and may be acknowledged.</summary>
    public void Flush()
    {
        if (_row.Count > 0)
            FlushRow();
        if (_filled.Count == 0)
            return;
        var now = _context.Now;
        MessageBatch? batch = null;
        for (var at = 0; at < _filled.Count; at++)
        {
            // Those who get the same messages are told the same batch.
            var packets = _filled[at].Messages;
            var isNext = at + 1 < _filled.Count && IsSame(packets, _filled[at + 1].Messages);
            if (batch is null || !IsSame(packets, batch.Packets))
                batch = new MessageBatch(packets.ToArray(), isNext);
            Tell(_filled[at], batch, now);
        }
        foreach (var outbox in _filled)
            outbox.Clear();
        _filled.Clear();
    }

    private void FlushRow()
    {
        var now = _context.Now;
        foreach (var lane in _rowRoute.Lanes)
        {
            var packets = new Publish[_row.Count];
            for (var at = 0; at < packets.Length; at++)
                packets[at] = Shaped(_row[at], lane.QoS, lane.RetainAsPublished, lane.Identifiers);
            var batch = new MessageBatch(packets, isShared: lane.Outboxes.Length > 1);
            foreach (var outbox in lane.Outboxes)
                Tell(outbox, batch, now);
        }
        _row.Clear();
    }

    /// <summary>Another route comes: what is in the row goes to the outboxes, and what follows goes behind it.</summary>
    private void PutRow()
    {
        foreach (var packet in _row)
            Put(packet, _rowRoute);
        _row.Clear();
    }

    private void Tell(Outbox outbox, MessageBatch batch, long now)
    {
        var count = batch.Packets.Length;
        if (outbox.Target.TryReserve(count))
            outbox.Target.Actor.Tell(new Deliver(outbox.Target, batch, now, outbox.Shares?.ToArray()), ActorRefs.NoSender);
        else
            _context.Drops.Add(DropReason.SessionBehind, count);
    }

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

    /// <summary>
    /// Gives a message of a shared subscription, which a member could not take, to another one (U-4.8.2-1 v5).
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="from">The member that had it.</param>
    /// <param name="connectedOnly">Whether only a connected member is better than the one that had it.</param>
    /// <returns>Whether there is one.</returns>
    public bool HandOver(QueuedMessage message, SessionTarget from, bool connectedOnly)
    {
        var key = (SharedKey)message.Share!;
        var packet = message.Packet;
        var member = _context.Routing.Current.Find(key)?.Choose(_context.Settings.SharedSubscriptionStrategy, _clientId, packet.Topic, from);
        if (member is null || (connectedOnly && !member.Target.IsConnected))
            return false;
        var properties = packet.Properties;
        if (member.Identifier != 0 || properties is { SubscriptionIdentifiers.IsEmpty: false })
            properties = (properties ?? new PublishProperties()) with { SubscriptionIdentifiers = Identifiers(member.Identifier) };
        packet = packet with
        {
            QoS = packet.QoS < member.QoS ? packet.QoS : member.QoS, // [MQTT-4.8.2-3 v5]
            Retain = packet.Retain && member.RetainAsPublished,
            Properties = properties,
        };
        if (member.Target.TryReserve(1))
            member.Target.Actor.Tell(new Deliver(member.Target, new MessageBatch([packet], isShared: false), message.ReceivedAt, [key]), ActorRefs.NoSender);
        else
            _context.Drops.Add(DropReason.SessionBehind, 1);
        return true;
    }

    private static MqttList<uint> Identifiers(uint identifier) => identifier == 0 ? default : [identifier];

    private static Publish ToRetain(Publish packet) =>
        packet with { PacketId = 0, Dup = false, Properties = Forwarded(packet.Properties) };

    /// <summary>What goes on of the properties of a message: alias and identifiers belong to the inbound connection.</summary>
    private static PublishProperties? Forwarded(PublishProperties? properties) =>
        properties is not null && (properties.TopicAlias is not null || !properties.SubscriptionIdentifiers.IsEmpty)
            ? properties with { TopicAlias = null, SubscriptionIdentifiers = default } // [MQTT-3.3.2-7 v5]
            : properties;

    /// <summary>The message as it is sent to a subscriber; often the packet itself.</summary>
    private Publish Shaped(Publish packet, QualityOfService granted, bool retainAsPublished, MqttList<uint> identifiers)
    {
        // [MQTT-3.8.4-8 v5] [MQTT-3.8.4-6 v3.1.1]; [!MQTT-3.8.4-8 v5] with upgrade-outgoing-qos, because its user asked for that
        var qos = packet.QoS < granted && !_context.Settings.Features.UpgradeOutgoingQoS ? packet.QoS : granted;
        var retain = packet.Retain && retainAsPublished; // [MQTT-3.3.1-12 v5] [MQTT-3.3.1-13 v5] [MQTT-3.3.1-9 v3.1.1]
        var properties = Forwarded(packet.Properties);
        if (!identifiers.IsEmpty) // [MQTT-3.3.4-3 v5] [MQTT-3.3.4-4 v5]
            properties = (properties ?? new PublishProperties()) with { SubscriptionIdentifiers = identifiers };
        return packet.QoS == qos && packet.Retain == retain && packet.PacketId == 0 && !packet.Dup && ReferenceEquals(properties, packet.Properties)
            ? packet
            : packet with { PacketId = 0, Dup = false, QoS = qos, Retain = retain, Properties = properties }; // [MQTT-3.3.1-3] DUP goes no further
    }

    private void Put(Publish packet, Route route)
    {
        foreach (var lane in route.Lanes)
        {
            var sent = Shaped(packet, lane.QoS, lane.RetainAsPublished, lane.Identifiers);
            foreach (var outbox in lane.Outboxes)
                Put(outbox, sent);
        }
    }

    private void Put(Outbox outbox, Publish packet, SharedKey? share = null)
    {
        if (outbox.Packets.Count == 0)
            _filled.Add(outbox);
        outbox.Add(packet, share);
    }

    private Outbox OutboxOf(SessionTarget target)
    {
        _outboxes ??= [];
        if (!_outboxes.TryGetValue(target, out var outbox))
            _outboxes.Add(target, outbox = new Outbox(target));
        return outbox;
    }

    private sealed class Outbox(SessionTarget target)
    {
        public SessionTarget Target { get; } = target;

        public List<Publish> Packets { get; } = [];

        public ReadOnlySpan<Publish> Messages => CollectionsMarshal.AsSpan(Packets);

        public List<SharedKey?>? Shares { get; private set; }

        public void Add(Publish packet, SharedKey? share)
        {
            if (share is not null)
            {
                Shares ??= [];
                while (Shares.Count < Packets.Count)
                    Shares.Add(null);
            }
            Packets.Add(packet);
            Shares?.Add(share);
        }

        public void Clear()
        {
            Packets.Clear();
            Shares = null;
        }
    }
}
