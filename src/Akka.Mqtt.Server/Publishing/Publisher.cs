using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Settings;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Publishing;

/// <summary>
/// The publishing side of one client. It stores retained messages, finds the route of each message, gathers messages by target, and sends
/// each target one batch per received chunk. Owned by one actor; allocates nothing before the first message.
/// </summary>
internal sealed class Publisher
{
    private readonly ServerContext _context;
    private readonly string _clientId;
    private readonly PendingBatches _pending;
    private readonly RouteCache _routes;
    private readonly bool _localOnly;
    private readonly FlushGate? _gate;
    private FlushGate.Turn? _turn; // of the flush in progress
    private DeliverySource? _source;
    private bool _hasRetained; // a retained message was written to the storage

    /// <summary>Makes a publisher.</summary>
    /// <param name="context">The server.</param>
    /// <param name="clientId">The client identifier; empty for the server itself and for code of this process.</param>
    /// <param name="isServer">Whether it may publish to the topics of the server (<c>$SYS</c>).</param>
    /// <param name="owner">The actor that receives the receipts of <see cref="Flush"/>; null when nobody waits.</param>
    /// <param name="waitsForStore">Whether a receipt completes only when the written messages are committed.</param>
    /// <param name="localOnly">
    /// Whether messages stay on this node: for messages from another node, and for topics that each node publishes itself.
    /// </param>
    public Publisher(
        ServerContext context, string clientId, bool isServer = false, IActorRef? owner = null, bool waitsForStore = false, bool localOnly = false)
    {
        _localOnly = localOnly;
        _context = context;
        _clientId = clientId;
        _gate = localOnly && !isServer ? null : context.Routing.Gate; // a message from another node has the turn of that node
        _pending = new PendingBatches(context, owner ?? ActorRefs.Nobody, waitsForStore);
        _routes = new RouteCache(context, clientId, isServer, _pending, localOnly);
    }

    /// <summary>The rights of the publisher; null for all. Setting it discards the cached decisions.</summary>
    public ClientRights? Rights
    {
        get => _routes.Rights;
        set => _routes.Rights = value;
    }

    /// <summary>Whether a message would be written to the storage.</summary>
    /// <param name="packet">The message.</param>
    /// <returns>Whether it is retained, or is for a session that outlives the process.</returns>
    public bool Writes(Publish packet)
    {
        if (packet.Retain && _context.Stores.RetainedEngineOf(packet.Topic) is not null)
            return true;
        var route = _routes.Of(packet.Topic);
        if (route.Groups.Length > 0 && TopicDurability.MayWrite(route.Rules))
            return true; // a member may be durable
        foreach (var part in route.Parts)
        {
            if (part.Sessions.Length > 0)
                return true;
        }
        return false;
    }

    /// <summary>
    /// Whether a message would be sent with QoS 1 or 2 to a stuck target. Call it only while <see cref="StuckTargets.Any"/>.
    /// </summary>
    /// <param name="packet">The message.</param>
    /// <returns>True when a target with QoS 1 or 2 is stuck.</returns>
    public bool IsForStuck(Publish packet)
    {
        foreach (var part in _routes.Of(packet.Topic).Parts)
        {
            foreach (var pending in part.PendingBatches)
            {
                if (part.QoS != QualityOfService.AtMostOnce && pending.Target.Refuses(packet.Topic))
                    return true;
            }
        }
        return false;
    }

    /// <summary>Changes of the publisher's own session, written together with its messages; null for none.</summary>
    public SessionLog? Log { get; set; }

    /// <summary>Publishes a message: stores it if it is retained, and gathers it for all its targets.</summary>
    /// <param name="packet">
    /// The message with its topic. Alias, identifier and DUP belong to the inbound connection and are not passed on.
    /// </param>
    /// <returns>Success, <see cref="ReasonCode.NoMatchingSubscribers"/>, or the reason code of the refusal.</returns>
    public ReasonCode Add(Publish packet)
    {
        if (Rights is { InterceptsPublish: true } rights && rights.Intercept(ref packet) is var refusal && refusal != ReasonCode.Success)
        {
            _context.Drops.Add(DropReason.NotAuthorized, 1);
            return refusal;
        }
        Enter();
        var route = _routes.Of(packet.Topic);
        if (route.Result >= ReasonCode.UnspecifiedError)
        {
            if (route.Result == ReasonCode.NotAuthorized)
                _context.Drops.Add(DropReason.NotAuthorized, 1);
            return route.Result;
        }
        if (packet.Retain)
        {
            route = _routes.Of(packet.Topic, Retain(packet));
            AddForNodes(packet, route);
        }
        return Add(packet, route);
    }

    /// <summary>Starts the messages of one flush of another node. Call it when nothing is gathered.</summary>
    /// <param name="node">That node.</param>
    /// <param name="turn">The number of its <see cref="FlushGate.Turn"/>.</param>
    public void BeginForwarded(DeliveryTarget node, long turn) => _pending.Source = new DeliverySource("", node, turn);

    /// <summary>Messages follow that a node had for a lost one. Called when nothing is gathered.</summary>
    /// <param name="node">The node that had them; null for this one.</param>
    /// <param name="turn">The number of its <see cref="FlushGate.Turn"/>.</param>
    /// <param name="heir">The inheritance.</param>
    public void BeginInherited(DeliveryTarget? node, long turn, Inheritance heir) => _pending.Source = new DeliverySource("", node, turn) { Heir = heir };

    /// <summary>Takes a message of <see cref="BeginInherited"/>: it is written for the sessions that the lost node had.</summary>
    /// <param name="packet">The message.</param>
    /// <param name="share">The group when it is for one member of a shared subscription.</param>
    /// <param name="heir">The inheritance.</param>
    /// <returns>Whether somebody may get it.</returns>
    public bool AddInherited(Publish packet, SharedKey? share, Inheritance heir)
    {
        var route = _routes.Of(packet.Topic);
        if (route.Result >= ReasonCode.UnspecifiedError)
            return false;
        if (share is null)
        {
            AddTo(route, packet);
            return true;
        }
        if (_context.Routing.Current.Find(share) is not { } group)
            return false;
        foreach (var member in group.Members.All)
        {
            if (!heir.Has(member.Session))
                continue;
            _pending.Add(packet, member, share, TopicDurability.Writes(route.Rules, member.Target.ClientId));
            return true;
        }
        return false;
    }

    /// <summary>What is written together with the messages of the next flush, and only with them.</summary>
    public StoreOp? Mark
    {
        get => _pending.Mark;
        set => _pending.Mark = value;
    }

    /// <summary>Publishes a message from another node to the subscribers of this node.</summary>
    /// <param name="packet">The message.</param>
    /// <param name="retainedAt">When it became the retained message of its topic; null when it is not retained.</param>
    /// <param name="publisher">The client identifier of its publisher.</param>
    public void AddForwarded(Publish packet, long? retainedAt, string publisher)
    {
        var index = retainedAt is { } at ? Retain(packet, at, publisher) : _context.Routing.Current;
        var route = _routes.Of(packet.Topic, index);
        if (route.Result < ReasonCode.UnspecifiedError)
            AddTo(route, packet); // its node has chosen a member of each shared subscription
    }

    /// <summary>Stores a retained message from another node, unless this node has a newer one.</summary>
    /// <param name="packet">The message.</param>
    /// <param name="retainedAt">When it became the retained message of its topic.</param>
    /// <param name="publisher">The client identifier of its publisher.</param>
    public void RetainForwarded(Publish packet, long retainedAt, string publisher) => Retain(packet, retainedAt, publisher);

    private ReasonCode Add(Publish packet, Route route)
    {
        if (route.IsNowhere)
            return route.Result;
        AddTo(route, packet);
        foreach (var group in route.Groups)
        {
            if (group.Choose(_context.Settings.SharedSubscriptionStrategy, _clientId, packet.Topic, localOnly: _localOnly) is { } member)
                _pending.Add(packet, member, group.Key, TopicDurability.Writes(route.Rules, member.Target.ClientId));
        }
        return route.Result;
    }

    private void AddTo(Route route, Publish packet)
    {
        if (route.Parts.Length > 0)
            _pending.Add(packet, route);
    }

    /// <summary>Delivers a message from another node to one member of a shared subscription on this node.</summary>
    /// <param name="packet">The message.</param>
    /// <param name="key">The group.</param>
    /// <param name="publisher">The client identifier of its publisher.</param>
    /// <returns>Whether the group has a member.</returns>
    public bool AddForMember(Publish packet, SharedKey key, string publisher)
    {
        var group = _context.Routing.Current.Find(key);
        if (group?.Choose(_context.Settings.SharedSubscriptionStrategy, publisher, packet.Topic, localOnly: true) is not { } member)
            return false;
        _pending.Add(packet, member, key, TopicDurability.Writes(_routes.Of(packet.Topic).Rules, member.Target.ClientId));
        return true;
    }

    /// <summary>Sends each target the gathered messages.</summary>
    /// <returns>
    /// Null when all messages are with their targets; otherwise a receipt, which is sent to the owner when they are. With a storage this
    /// may not be enough for an acknowledgement: a publisher whose receipts do not wait for the store must also check
    /// <see cref="TakeAwaitsCommit"/>.
    /// </returns>
    public Receipt? Flush()
    {
        if (_turn is null)
            return _pending.Flush(Log);
        var receipt = _pending.Flush(Log);
        Leave();
        return receipt;
    }

    /// <summary>Discards the current flush, because its owner has failed.</summary>
    public void Leave()
    {
        if (_turn is not { } turn)
            return;
        _turn = null;
        _gate!.Leave(turn);
    }

    private void Enter()
    {
        if (_gate is null || _turn is not null)
            return;
        _turn = _gate.Enter();
        if (_source?.Turn != _turn.Number)
            _pending.Source = _source = new DeliverySource(_clientId, null, _turn.Number);
    }

    /// <summary>
    /// Whether something was written since the last call that may not be committed yet. If so, acknowledgements wait in
    /// <c>CommitQueue</c>, whatever <see cref="Flush"/> returned.
    /// </summary>
    /// <returns>True when there was.</returns>
    public bool TakeAwaitsCommit()
    {
        var written = _pending.TakeAwaitsCommit() || _hasRetained;
        _hasRetained = false;
        return written;
    }

    /// <summary>Adds a retained message for all nodes. Nodes without a subscriber get it too, so that they retain it.</summary>
    private void AddForNodes(Publish packet, Route route)
    {
        if (_localOnly)
            return;
        foreach (var node in _context.Routing.Nodes)
        {
            if (!route.IsFor(node))
                _pending.Add(packet, node);
        }
    }

    /// <summary>Stores a message, and returns the index to route it by: see <see cref="RoutingTable.Retaining"/>.</summary>
    private SubscriptionIndex Retain(Publish packet)
    {
        lock (_context.Routing.Retaining)
        {
            var index = _context.Routing.Current;
            // [MQTT-3.3.1-5]
            var retained = MessageShape.ToRetain(packet);
            var now = _context.UtcNow;
            if (!_context.Retained.Set(retained, now, _clientId, Rights?.Client, index.Version, _context.Hooks.Cluster is not null))
                _context.Drops.Add(DropReason.RetainedFull, 1);
            else if (_context.Stores.RetainedEngineOf(packet.Topic) is { } engine)
                Write(engine, retained, now); // written here, under the lock, so that the engine has the same order as the index
            return index;
        }
    }

    /// <summary>Stores a message of another node, unless this node has a newer one.</summary>
    private SubscriptionIndex Retain(Publish packet, long retainedAt, string publisher)
    {
        lock (_context.Routing.Retaining)
        {
            var index = _context.Routing.Current;
            var retained = MessageShape.ToRetain(packet);
            switch (_context.Retained.Merge(retained, retainedAt, publisher, index.Version))
            {
                case false:
                    _context.Drops.Add(DropReason.RetainedFull, 1);
                    break;
                case true when _context.Stores.RetainedEngineOf(packet.Topic) is { Shared: null } engine: // the node of the publisher has already written it to a shared database
                    Write(engine, retained, retainedAt);
                    break;
            }
            return index;
        }
    }

    private void Write(IStorageEngine engine, Publish retained, long now)
    {
        engine.Append(new StoreUnit(
            [
                retained.Payload.IsEmpty
                    ? new StoreOp.RetainedRemoved(retained.Topic)
                    : new StoreOp.RetainedSet(new RetainedRecord(retained, now, _clientId, Rights?.Client.UserName, Rights?.Client.Listener)),
            ],
            null));
        _hasRetained = true;
    }
}
