using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// What this node inherits of lost nodes (docs/adr/0027): asks the other nodes, and this one, for what they have for them. Nodes are named by their targets, this one by
/// <see cref="Inheritance.Here"/>. Thread safe: the directory actor, the cluster actor and the inboxes of other nodes use it.
/// </summary>
/// <param name="self">This node.</param>
internal sealed class Heirs(UniqueAddress self)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Inheritance> _all = [];
    private readonly Dictionary<object, HashSet<string>> _known = []; // the nodes that each node sends to
    private readonly List<Inheritance> _open = []; // of a node that is about to join
    private IReadOnlyDictionary<UniqueAddress, NodeLink> _links = new Dictionary<UniqueAddress, NodeLink>();

    /// <summary>Is told <see cref="Inherited"/>.</summary>
    public IActorRef Directory { get; set; } = ActorRefs.Nobody;

    /// <summary>Is told <see cref="Asked"/> when this node is asked by itself.</summary>
    public IActorRef Cluster { get; set; } = ActorRefs.Nobody;

    /// <summary>Nodes have joined or left.</summary>
    /// <param name="links">All others from now on.</param>
    public void SetLinks(IReadOnlyDictionary<UniqueAddress, NodeLink> links)
    {
        lock (_lock)
        {
            var gone = _links.Where(each => !links.ContainsKey(each.Key)).Select(static each => (object)each.Value.Target).ToList();
            _links = links;
            foreach (var node in gone)
            {
                _known.Remove(node);
                foreach (var inheritance in _all.Values.ToList())
                    End(inheritance, node);
            }
            foreach (var inheritance in _open)
                AddAll(inheritance);
        }
    }

    /// <summary>
    /// The publishers of this node are about to know the sessions of an inheritance. When all nodes can know them, <see cref="Resend"/> asks for what they have.
    /// </summary>
    /// <param name="inheritance">The inheritance.</param>
    /// <param name="isOpen">Whether this node is about to join: the others that may have something follow, until <see cref="Close"/>.</param>
    public void Begin(Inheritance inheritance, bool isOpen)
    {
        lock (_lock)
        {
            if (!isOpen && inheritance.Sessions.Count == 0 && !_known.Values.Any(each => each.Overlaps(inheritance.Nodes)))
            {
                Directory.Tell(new Inherited(inheritance), ActorRefs.NoSender);
                return;
            }
            if (inheritance.Run < 0 && _all.Values.Any(each => each.Nodes.SequenceEqual(inheritance.Nodes)))
                return; // they have been told, and have not answered
            _all[inheritance.Run] = inheritance;
            AddAll(inheritance);
            if (isOpen)
                _open.Add(inheritance);
            else if (inheritance.Close())
                Finish(inheritance);
        }
    }

    /// <summary>This node is a member, and knows all others that may have something for it.</summary>
    public void Close()
    {
        lock (_lock)
        {
            foreach (var inheritance in _open.Where(static each => each.Close()))
                Finish(inheritance);
            _open.Clear();
        }
    }

    /// <summary>What a node inherits; null for what is over, or was never heard of.</summary>
    public Inheritance? Find(long run)
    {
        lock (_lock)
            return _all.GetValueOrDefault(run);
    }

    /// <summary>A step that a node has sent, behind what it sent before.</summary>
    /// <param name="from">That node.</param>
    /// <param name="step">The step.</param>
    public void Receive(object from, HeirStep step)
    {
        lock (_lock)
        {
            switch (step.What)
            {
                case HeirStepKind.Knows:
                    if (!_known.TryGetValue(from, out var known))
                        _known.Add(from, known = []);
                    known.UnionWith(step.Nodes);
                    EndUnknown(from, known);
                    break;
                case HeirStepKind.Forgets when _known.TryGetValue(from, out var left):
                    left.ExceptWith(step.Nodes);
                    EndUnknown(from, left);
                    break;
                case HeirStepKind.Cut when _all.TryGetValue(step.Run, out var cut):
                    cut.Cut(from, step.Turn);
                    break;
                case HeirStepKind.End when _all.TryGetValue(step.Run, out var ended):
                    if (_known.TryGetValue(from, out var nodes))
                        nodes.ExceptWith(ended.Nodes);
                    End(ended, from);
                    break;
            }
        }
    }

    /// <summary>Asks again where no answer has come: a link may have failed.</summary>
    public void Resend()
    {
        lock (_lock)
        {
            foreach (var inheritance in _all.Values)
            {
                var step = new HeirStep(inheritance.Sessions.Count == 0 ? HeirStepKind.Unwanted : HeirStepKind.Wanted, inheritance.Run, 0, inheritance.Nodes);
                foreach (var node in inheritance.Missing)
                {
                    if (ReferenceEquals(node, Inheritance.Here))
                        Cluster.Tell(new Asked(self, step), ActorRefs.NoSender);
                    else
                        _links.Values.FirstOrDefault(each => ReferenceEquals(each.Target, node))?.Link.Tell(step, ActorRefs.NoSender);
                }
            }
        }
    }

    private void AddAll(Inheritance inheritance)
    {
        foreach (var node in _links.Values.Select(static each => (object)each.Target).Append(Inheritance.Here))
        {
            if (!_known.TryGetValue(node, out var nodes) ? !ReferenceEquals(node, Inheritance.Here) : nodes.Overlaps(inheritance.Nodes))
                inheritance.Add(node);
        }
    }

    /// <summary>A node has nothing for lost nodes that it does not send to.</summary>
    private void EndUnknown(object from, HashSet<string> known)
    {
        foreach (var inheritance in _all.Values.Where(each => !known.Overlaps(each.Nodes)).ToList())
            End(inheritance, from);
    }

    private void End(Inheritance inheritance, object node)
    {
        if (inheritance.End(node))
            Finish(inheritance);
    }

    private void Finish(Inheritance inheritance)
    {
        _all.Remove(inheritance.Run);
        Directory.Tell(new Inherited(inheritance), ActorRefs.NoSender);
    }

    /// <summary>To the directory: everything of an inheritance has come.</summary>
    internal sealed record Inherited(Inheritance Inheritance) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To the cluster actor: a node wants what this node has for lost ones.</summary>
    internal sealed record Asked(UniqueAddress Heir, HeirStep Step) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
