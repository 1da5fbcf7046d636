using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// The nodes that have left the cluster, until an heir has the messages that this node keeps for them (docs/adr/0027). Until then their filters
/// stay in the routing table, and messages for them are queued in their links. When an heir asks, this node begins a turn. Messages that are
/// flushed with this turn or a later one go to the heir itself. Earlier messages are sent to it from the links. Owned by the cluster actor.
/// </summary>
/// <param name="gate">Numbers the flushes of the publishers of this node.</param>
/// <param name="heirs">Receives the steps when this node itself is the heir.</param>
/// <param name="self">This node.</param>
/// <param name="cluster">The cluster actor, which receives <see cref="Passed"/>.</param>
/// <param name="linkOf">Finds the link to a member; null when the node is not a member.</param>
internal sealed class LostNodes(FlushGate gate, Heirs heirs, UniqueAddress self, IActorRef cluster, Func<UniqueAddress, IActorRef?> linkOf)
{
    private readonly Dictionary<string, NodeState> _lost = [];
    private readonly Dictionary<(UniqueAddress Heir, long Run), Request> _requests = [];

    /// <summary>
    /// This node is about to send messages to a new node. It tells the new node to which nodes it sends, and tells the other nodes that it sends
    /// to the new node too.
    /// </summary>
    /// <param name="added">The new node.</param>
    /// <param name="link">The link to the new node.</param>
    /// <param name="nodes">All nodes to which this node sends.</param>
    public void Begin(UniqueAddress added, IActorRef link, IReadOnlyDictionary<UniqueAddress, NodeState> nodes)
    {
        // The first step must name all nodes: an heir does not wait for the messages of a node that has not named the lost node.
        link.Tell(new HeirStep(HeirStepKind.Knows, 0, 0, [.. nodes.Keys.Select(DurableMoves.NameOf), .. _lost.Keys]));
        TellAll(HeirStepKind.Knows, added, nodes.Where(each => !each.Key.Equals(added)));
    }

    /// <summary>A node has left in good order, and this node keeps no messages for it.</summary>
    /// <param name="left">The node that has left.</param>
    /// <param name="nodes">All nodes to which this node sends.</param>
    public void Forget(UniqueAddress left, IReadOnlyDictionary<UniqueAddress, NodeState> nodes) => TellAll(HeirStepKind.Forgets, left, nodes);

    private void TellAll(HeirStepKind what, UniqueAddress about, IEnumerable<KeyValuePair<UniqueAddress, NodeState>> nodes)
    {
        var step = new HeirStep(what, 0, 0, [DurableMoves.NameOf(about)]);
        foreach (var (_, node) in nodes)
            node.Link.Tell(step);
        heirs.Receive(Server.Stores.Inheritance.Here, step);
    }

    /// <summary>A node has left the cluster, and another one may inherit from it.</summary>
    public void Add(string name, NodeState node)
    {
        node.Target.SetReachable(false);
        node.Link.Tell(NodeLost.Instance);
        node.Inbox?.Tell(NodeLost.Instance);
        _lost.Add(name, node);
    }

    /// <summary>Forgets the requests of a node that has left. The next heir that asks gets the messages that are still kept.</summary>
    public void Forget(UniqueAddress heir)
    {
        foreach (var key in _requests.Keys.Where(each => each.Heir.Equals(heir)).ToList())
            _requests.Remove(key);
    }

    /// <summary>Begins to answer an heir, or repeats the answer: the heir repeats its question until it has the answer.</summary>
    /// <param name="asked">The question.</param>
    /// <param name="isMember">Whether this node still knows a node as a member. The name is that of the storage.</param>
    public void Ask(Heirs.Asked asked, Predicate<string> isMember)
    {
        var key = (asked.Heir, asked.Step.Run);
        if (_requests.TryGetValue(key, out var request))
        {
            if (request.Turn > 0)
                Tell(request, HeirStepKind.Cut);
            if (request.HasEnded)
                Tell(request, HeirStepKind.End);
            return;
        }
        if (asked.Step.Nodes.Any(isMember.Invoke))
            return; // the heir repeats the question, and by then this node may know that the node has left
        request = new Request(asked);
        _requests.Add(key, request);
        foreach (var name in asked.Step.Nodes)
        {
            if (_lost.TryGetValue(name, out var node))
                request.Nodes.Add((name, node));
        }
        if (request.Nodes.Count == 0)
        {
            End(request);
            return;
        }
        gate.Next(
            turn =>
            {
                request.Turn = turn;
                foreach (var (_, node) in request.Nodes)
                    node.Link.Tell(new LostCut(turn), ActorRefs.NoSender);
                Tell(request, HeirStepKind.Cut); // before a flush can have the turn
            },
            () => cluster.Tell(new Passed(request, IsCut: true), ActorRefs.NoSender));
    }

    /// <summary>All flushes of the earlier turns are with their targets.</summary>
    /// <param name="passed">Which turns.</param>
    /// <param name="stop">Stops an inbox, and watches it.</param>
    public void Continue(Passed passed, Action<IActorRef> stop)
    {
        var request = passed.Request;
        if (!_requests.ContainsValue(request))
            return; // the heir is lost too
        if (!passed.IsCut)
        {
            request.Left = new Stack<(string Name, NodeState Node)>(request.Nodes);
            HandOver(request);
            return;
        }
        foreach (var (_, node) in request.Nodes)
        {
            if (node.Inbox is not { } inbox)
                continue;
            node.Inbox = null;
            request.Stopping.Add(inbox);
            stop(inbox); // takes the filters out of the routing table
        }
        Leave(request);
    }

    /// <summary>An inbox has stopped: its filters are in no route any more.</summary>
    public void Stopped(IActorRef inbox)
    {
        foreach (var request in _requests.Values.Where(each => each.Stopping.Remove(inbox)).ToList())
            Leave(request);
    }

    /// <summary>A link has handed over all its messages.</summary>
    public void Gone(HandOverLost over)
    {
        foreach (var request in _requests.Values.Where(each => ReferenceEquals(each.Current, over)).ToList())
            HandOver(request);
    }

    // A message of a shared subscription goes to one node only. A flush that began before the filters were removed can still choose the lost node.
    private void Leave(Request request)
    {
        if (request.Stopping.Count == 0)
            gate.Next(static _ => { }, () => cluster.Tell(new Passed(request, IsCut: false), ActorRefs.NoSender));
    }

    // One link after the other, because the messages for the node that was lost first are older.
    private void HandOver(Request request)
    {
        if (request.Left.Count == 0)
        {
            End(request);
            return;
        }
        var (name, node) = request.Left.Pop();
        var isWanted = request.Asked.Step.What == HeirStepKind.Wanted;
        var isSelf = request.Asked.Heir.Equals(self);
        var heir = isWanted && !isSelf ? linkOf(request.Asked.Heir) : null;
        _lost.Remove(name);
        node.Target.Close();
        request.Current = new HandOverLost(name, request.Run, heir, isWanted && isSelf ? heirs.Find(request.Run) : null);
        node.Link.Tell(request.Current, cluster);
    }

    private void End(Request request)
    {
        request.HasEnded = true;
        request.Nodes.Clear(); // the request itself stays, because the heir may repeat its question
        request.Current = null;
        Tell(request, HeirStepKind.End);
    }

    private void Tell(Request request, HeirStepKind what)
    {
        var step = new HeirStep(what, request.Run, request.Turn, []);
        if (request.Asked.Heir.Equals(self))
            heirs.Receive(Server.Stores.Inheritance.Here, step);
        else
            linkOf(request.Asked.Heir)?.Tell(step, ActorRefs.NoSender);
    }

    /// <summary>To the cluster actor: see <see cref="Continue"/>.</summary>
    /// <param name="Request">The request.</param>
    /// <param name="IsCut">Whether the turns before the cut have passed; else those before the filters were gone.</param>
    internal sealed record Passed(Request Request, bool IsCut) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>What an heir has asked for.</summary>
    /// <param name="asked">Its question.</param>
    internal sealed class Request(Heirs.Asked asked)
    {
        public Heirs.Asked Asked => asked;

        public long Run => asked.Step.Run;

        public List<(string Name, NodeState Node)> Nodes { get; } = [];

        /// <summary>Inboxes of the nodes that have not stopped.</summary>
        public HashSet<IActorRef> Stopping { get; } = [];

        /// <summary>Nodes whose links have not handed anything over: last the one that was lost last, and was the heir of those above it.</summary>
        public Stack<(string Name, NodeState Node)> Left { get; set; } = [];

        /// <summary>What a link was told last.</summary>
        public HandOverLost? Current { get; set; }

        public long Turn { get; set; }

        public bool HasEnded { get; set; }
    }
}
