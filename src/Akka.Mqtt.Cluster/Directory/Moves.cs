using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// The messages of sessions that move (docs/adr/0024): the work of this node as the old place, as the new place, and as a node with
/// publishers. Thread safe: the directory actor, the inboxes of other nodes, and publishers use it.
/// </summary>
/// <param name="context">The server.</param>
/// <param name="self">This node.</param>
internal sealed class Moves(ServerContext context, UniqueAddress self)
{
    private readonly Lock _lock = new();
    private readonly FlushGate _gate = context.Routing.Gate!;
    private readonly ConcurrentDictionary<(SessionKey Key, long Epoch), IDeparture> _departures = new();
    private readonly ConcurrentDictionary<SessionKey, Arrival> _arrivals = new();
    private readonly Dictionary<(SessionKey Key, long Epoch), CutOfMove> _cuts = []; // of this node
    private volatile IReadOnlyDictionary<UniqueAddress, NodeLink> _links = new Dictionary<UniqueAddress, NodeLink>();

    /// <summary>Receives <see cref="Left"/> and <see cref="Arrived"/>.</summary>
    public IActorRef Directory { get; set; } = ActorRefs.Nobody;

    /// <summary>Whether messages may still arrive at an old place on this node, or through an old place at this node.</summary>
    public bool IsBusy => !_departures.IsEmpty || !_arrivals.IsEmpty;

    /// <summary>Handles nodes that joined or left.</summary>
    /// <param name="links">The links to all other nodes.</param>
    public void SetLinks(IReadOnlyDictionary<UniqueAddress, NodeLink> links)
    {
        lock (_lock)
        {
            var before = _links;
            _links = links;
            foreach (var arrival in _arrivals.Values)
            {
                Change(arrival, place =>
                {
                    foreach (var (_, node) in links.Where(each => !before.ContainsKey(each.Key)))
                        place.Add(node.Target);
                    foreach (var (address, node) in before.Where(each => !links.ContainsKey(each.Key)))
                    {
                        place.Remove(node.Target);
                        arrival.LeftNodes[address] = node.Target;
                    }
                    if (!links.ContainsKey(arrival.From))
                        place.LoseOldPlace();
                });
            }
            foreach (var (move, messages) in _departures)
            {
                if (messages.To is { } to && !links.ContainsKey(to))
                    Leave(move);
            }
            foreach (var move in _cuts.Where(each => !each.Value.To.Equals(self) && !links.ContainsKey(each.Value.To)).Select(static each => each.Key).ToList())
                _cuts.Remove(move);
        }
        Resend(); // to nodes that have joined
    }

    /// <summary>A node has become unreachable or reachable.</summary>
    public void SetReachable(UniqueAddress node, bool isReachable)
    {
        foreach (var arrival in _arrivals.Values.Where(each => each.From.Equals(node)))
            arrival.SetReachable(isReachable);
        foreach (var messages in _departures.Values.Where(each => node.Equals(each.To)))
            messages.SetReachable(isReachable);
    }

    /// <summary>Another node has the whole session that was here.</summary>
    public void Depart(in SessionKey key, long epoch, UniqueAddress to, IDeparture departure)
    {
        lock (_lock)
        {
            departure.SetPlace(to, epoch);
            _departures[(key, epoch)] = departure;
            if (!_links.ContainsKey(to))
                Leave((key, epoch));
        }
    }

    /// <summary>A session has arrived, and publishers are about to learn of it.</summary>
    public void Begin(in SessionKey key, long epoch, UniqueAddress from, ArrivedTarget target)
    {
        var arrival = new Arrival(context, key, epoch, from, target);
        target.Arrival = arrival;
        Begin(arrival);
    }

    /// <summary>A session has arrived, and publishers are about to learn of it.</summary>
    public void Begin(Arrival arrival)
    {
        lock (_lock)
        {
            var isOldLost = !_links.ContainsKey(arrival.From);
            if (isOldLost && arrival.IsDurable)
            {
                arrival.Finish();
                return;
            }
            _arrivals[arrival.Key] = arrival;
            arrival.Change(place =>
            {
                place.Add(Arrival.Here);
                foreach (var node in _links.Values)
                    place.Add(node.Target);
                if (isOldLost)
                    place.LoseOldPlace(); // it may have had what comes straight to this node for others too: that is sorted until each node has announced its cut
            });
        }
    }

    /// <summary>
    /// The subscriptions of an arrived session are in force on this node, and are being sent to the others: asks all nodes for their cuts.
    /// </summary>
    public void Announce(in SessionKey key)
    {
        if (_arrivals.TryGetValue(key, out var arrival))
            Announce(arrival);
    }

    /// <summary>A session has arrived without subscriptions, so no message can arrive through the old place.</summary>
    public void EndAt(in SessionKey key, long epoch, UniqueAddress from) => Send(from, new MoveStep(MoveStepKind.Over, key, epoch, from, self));

    /// <summary>Whether messages may still arrive through the old place of a session.</summary>
    public bool IsArriving(in SessionKey key) => _arrivals.ContainsKey(key);

    /// <summary>A session has ended here.</summary>
    public void End(in SessionKey key)
    {
        if (!_arrivals.TryRemove(key, out var arrival))
            return;
        arrival.End();
        TellAll(new MoveStep(MoveStepKind.Over, key, arrival.Epoch, arrival.From, self));
    }

    /// <summary>Asks again where no answer has arrived, because a link may have failed.</summary>
    public void Resend()
    {
        foreach (var arrival in _arrivals.Values)
        {
            Announce(arrival);
            Change(arrival, static _ => { }); // when all messages have arrived, this asks the old place again
        }
    }

    /// <summary>Handles a step that another node sent after its messages.</summary>
    /// <param name="from">That node.</param>
    /// <param name="step">The step.</param>
    public void Receive(UniqueAddress from, MoveStep step)
    {
        switch (step.What)
        {
            case MoveStepKind.CutWanted:
                if (_departures.TryGetValue((step.Key, step.Epoch), out var wanted))
                    wanted.Begin();
                Cut(step);
                break;
            case MoveStepKind.Cut when NodeOf(from) is { } node:
                if (_departures.TryGetValue((step.Key, step.Epoch), out var left))
                    left.Cut(node, step.Turn);
                if (ArrivalOf(step) is { } cut)
                    Change(cut, place => place.Cut(node, step.Turn));
                break;
            case MoveStepKind.Drained when NodeOf(from) is { } drained:
                if (ArrivalOf(step) is { } drainedFor)
                    Change(drainedFor, place => place.Drain(drained));
                break;
            case MoveStepKind.Passed when step.To.Equals(self):
                if (ArrivalOf(step) is { } passed && (NodeOf(step.Node) ?? passed.LeftNodes.GetValueOrDefault(step.Node)) is { } origin)
                    Change(passed, place => place.Pass(origin));
                break;
            case MoveStepKind.Passed when !step.Node.Equals(from) && !step.Node.Equals(self) && _links.ContainsKey(step.Node):
                break; // on this node the session has not moved yet
            case MoveStepKind.Passed:
                if (_departures.TryGetValue((step.Key, step.Epoch), out var messages))
                    messages.Pass(NodeOf(step.Node), step);
                else
                    Send(step.To, step);
                break;
            case MoveStepKind.Done:
                lock (_lock)
                {
                    if (_departures.TryGetValue((step.Key, step.Epoch), out var kept) &&
                        !kept.IsOverFor(_links.Values.Select(static each => (object)each.Target).Append(Arrival.Here)))
                        break; // the new place asks again
                    Leave((step.Key, step.Epoch));
                }
                Send(step.To, step with { What = MoveStepKind.Over });
                break;
            case MoveStepKind.Over when step.To.Equals(self) && from.Equals(step.Node) && ArrivalOf(step) is { } over:
                Finish(over);
                break;
            case MoveStepKind.Over:
                lock (_lock)
                {
                    _cuts.Remove((step.Key, step.Epoch));
                    Leave((step.Key, step.Epoch));
                }
                break;
        }
    }

    /// <summary>Handles messages that the old place of a session sends.</summary>
    /// <param name="key">The session.</param>
    /// <param name="epoch">The number of the move.</param>
    /// <param name="packets">The messages.</param>
    /// <param name="shares">For each message the group of its shared subscription, or null; null when none has a group.</param>
    /// <param name="receivedAt">When they were received.</param>
    /// <param name="receipt">Completed when the session has them.</param>
    public void Deliver(in SessionKey key, long epoch, Publish[] packets, SharedKey?[]? shares, long receivedAt, Receipt receipt)
    {
        if (context.Clients.Get(key)?.Target is not ArrivedTarget target || target.Epoch != epoch)
        {
            context.Drops.Add(DropReason.SessionEnded, packets.Length);
            return;
        }
        var delivery = new Deliver(target, new MessageBatch(packets, isShared: false), receivedAt, shares);
        if (!target.Pass(delivery, null, isBehind: false) && !target.Pass(delivery, receipt, isBehind: true))
            context.Drops.Add(DropReason.SessionBehind, packets.Length);
    }

    /// <summary>Sends a message that was queued at the old place.</summary>
    public void Send(MovedMessages.Item item, in SessionKey key, long epoch, UniqueAddress to)
    {
        if (item.Step is { } step)
            Send(to, step);
        else if (!_links.TryGetValue(to, out var node))
            item.Complete(); // lost with the node that has the session
        else if (!node.Forward(item.Delivery! with { Source = new ForwardedSource(key, epoch) }, item.TakeReceipt()))
            context.Drops.Add(DropReason.SessionBehind, item.Delivery!.Packets.Length);
    }

    private void Announce(Arrival arrival)
    {
        var missing = arrival.Missing;
        var wanted = new MoveStep(MoveStepKind.CutWanted, arrival.Key, arrival.Epoch, arrival.From, self);
        foreach (var node in _links.Values)
        {
            if (missing.Contains(node.Target))
                node.Link.Tell(wanted, ActorRefs.NoSender);
        }
        foreach (var (address, node) in arrival.LeftNodes)
        {
            if (missing.Contains(node))
                Send(arrival.From, wanted with { What = MoveStepKind.Passed, Node = address }); // on behalf of the old place
        }
        if (missing.Contains(Arrival.Here))
            Cut(wanted);
    }

    /// <summary>Starts a new turn of this node and announces it to both places, or announces the turn again.</summary>
    private void Cut(MoveStep wanted)
    {
        CutOfMove? cut;
        lock (_lock)
        {
            if (_cuts.TryGetValue((wanted.Key, wanted.Epoch), out cut))
            {
                Tell(cut);
                return;
            }
            _cuts.Add((wanted.Key, wanted.Epoch), cut = new CutOfMove(wanted));
        }
        _gate.Next(
            turn =>
            {
                cut.Turn = turn;
                Tell(cut);
            },
            () =>
            {
                cut.IsPassed = true;
                Tell(cut);
            });
    }

    private void Tell(CutOfMove cut)
    {
        var step = cut.Wanted;
        var turn = Volatile.Read(ref cut.Turn);
        if (turn == 0)
            return;
        var announced = step with { What = MoveStepKind.Cut, Node = self, Turn = turn };
        Send(step.To, announced);
        Send(step.Node, announced);
        if (cut.IsPassed)
        {
            Send(step.To, step with { What = MoveStepKind.Drained, Node = self });
            Send(step.Node, step with { What = MoveStepKind.Passed, Node = self });
        }
    }

    /// <summary>Sends a step of a move to a node, this one included.</summary>
    public void Send(UniqueAddress to, MoveStep step)
    {
        if (to.Equals(self))
            Receive(self, step);
        else if (_links.TryGetValue(to, out var node))
            node.Link.Tell(step, ActorRefs.NoSender);
    }

    private void TellAll(MoveStep step)
    {
        foreach (var node in _links.Values)
            node.Link.Tell(step, ActorRefs.NoSender);
        Receive(self, step);
    }

    private void Change(Arrival arrival, Action<NewPlace<object, (Deliver Delivery, Receipt? Receipt)>> change)
    {
        if (!arrival.Change(change))
            return;
        if (_links.ContainsKey(arrival.From))
            Send(arrival.From, new MoveStep(MoveStepKind.Done, arrival.Key, arrival.Epoch, arrival.From, self));
        else
            Finish(arrival);
    }

    private void Finish(Arrival arrival)
    {
        arrival.Finish();
        if (!_arrivals.TryRemove(KeyValuePair.Create(arrival.Key, arrival)))
            return;
        TellAll(new MoveStep(MoveStepKind.Over, arrival.Key, arrival.Epoch, arrival.From, self));
        Directory.Tell(new Arrived(arrival.Key), ActorRefs.NoSender);
    }

    private void Leave((SessionKey Key, long Epoch) move)
    {
        if (!_departures.TryRemove(move, out var departure))
            return;
        departure.End();
        Directory.Tell(new Left(move.Key, departure), ActorRefs.NoSender);
    }

    private Arrival? ArrivalOf(MoveStep step) => _arrivals.TryGetValue(step.Key, out var arrival) && arrival.Epoch == step.Epoch ? arrival : null;

    private object? NodeOf(UniqueAddress node) => node.Equals(self) ? Arrival.Here : _links.GetValueOrDefault(node)?.Target;

    /// <summary>To the directory: all messages that arrived at the old place are sent or written.</summary>
    internal sealed record Left(SessionKey Key, IDeparture Departure) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To the directory: no more messages arrive through the old place of a session, so the session may move again.</summary>
    internal sealed record Arrived(SessionKey Key) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    private sealed class CutOfMove(MoveStep wanted)
    {
        public long Turn;

        public MoveStep Wanted => wanted;

        public UniqueAddress To => wanted.To;

        public bool IsPassed { get; set; }
    }
}
