using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Nodes that have left the cluster, until another one has what is kept for them (docs/adr/0027). Their filters stay in the routing table meanwhile, and what is published
/// waits in their links. When an heir asks, a turn begins from which on it gets everything itself; what was flushed before is sent to it. Owned by the cluster actor.
/// </summary>
/// <param name="gate">Numbers what publishers of this node flush.</param>
/// <param name="heirs">Is told when this node is the heir itself.</param>
/// <param name="self">This node.</param>
/// <param name="cluster">The cluster actor, which <see cref="Passed"/> comes to.</param>
/// <param name="linkOf">The link to a member; null when it is none.</param>
internal sealed class LostNodes(FlushGate gate, Heirs heirs, UniqueAddress self, IActorRef cluster, Func<UniqueAddress, IActorRef?> linkOf)
{
    private readonly Dictionary<string, NodeState> _lost = [];
    private readonly Dictionary<(UniqueAddress Heir, long Run), Request> _requests = [];

    /// <summary>This node is about to send to another one: that one is told to which nodes this one sends, and all others that it sends to that one too.</summary>
    /// <param name="added">The other one.</param>
    /// <param name="link">The link to it.</param>
    /// <param name="nodes">All nodes that this one sends to.</param>
    public void Begin(UniqueAddress added, IActorRef link, IReadOnlyDictionary<UniqueAddress, NodeState> nodes)
    {
        // Its first step must have all of them: it does not wait for messages of a node that does not name its lost node.
        link.Tell(new HeirStep(HeirStepKind.Knows, 0, 0, [.. nodes.Keys.Select(DurableMoves.NameOf), .. _lost.Keys]));
        TellAll(HeirStepKind.Knows, added, nodes.Where(each => !each.Key.Equals(added)));
    }

    /// <summary>A node has left in good order, and this one keeps nothing for it.</summary>
    /// <param name="left">That node.</param>
    /// <param name="nodes">All nodes that this one sends to.</param>
    public void Forget(UniqueAddress left, IReadOnlyDictionary<UniqueAddress, NodeState> nodes) => TellAll(HeirStepKind.Forgets, left, nodes);

    private void TellAll(HeirStepKind what, UniqueAddress about, IEnumerable<KeyValuePair<UniqueAddress, NodeState>> nodes)
    {
        var step = new HeirStep(what, 0, 0, [DurableMoves.NameOf(about)]);
        foreach (var (_, node) in nodes)
            node.Link.Tell(step);
        heirs.Receive(Server.Stores.Inheritance.Here, step);
    }

    /// <summary>A node has left.</summary>
    public void Add(string name, NodeState node)
    {
        node.Target.SetReachable(false);
        node.Link.Tell(NodeLost.Instance);
        node.Inbox?.Tell(NodeLost.Instance);
        _lost.Add(name, node);
    }

    /// <summary>A node that may have asked has left: what it has not got yet is for the next that asks.</summary>
    public void Forget(UniqueAddress heir)
    {
        foreach (var key in _requests.Keys.Where(each => each.Heir.Equals(heir)).ToList())
            _requests.Remove(key);
    }

    /// <summary>A node asks. It asks again until it has the answer.</summary>
    /// <param name="asked">What it wants.</param>
    /// <param name="isMember">Whether a node, as the storage names it, is a member still, as far as this node has heard.</param>
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
            return; // it is asked again when the node has left for this one too
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

    /// <summary>All flushes of the turns before have been handed over.</summary>
    /// <param name="passed">What passed.</param>
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

    /// <summary>All that a link had has been handed over.</summary>
    public void Gone(HandOverLost over)
    {
        foreach (var request in _requests.Values.Where(each => ReferenceEquals(each.Current, over)).ToList())
            HandOver(request);
    }

    // A message of a shared subscription goes to one node only: flushes that have found the lost one before its filters were gone bring it there still.
    private void Leave(Request request)
    {
        if (request.Stopping.Count == 0)
            gate.Next(static _ => { }, () => cluster.Tell(new Passed(request, IsCut: false), ActorRefs.NoSender));
    }

    // One link after the other: what the first node had is older than what its heir had.
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
