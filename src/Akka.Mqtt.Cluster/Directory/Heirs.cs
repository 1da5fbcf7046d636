using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// What this node inherits of lost nodes (docs/adr/0027). It asks the other nodes, and this node itself, for their messages for the lost nodes.
/// A node is identified by its target, and this node by <see cref="Inheritance.Here"/>. Thread safe: the directory actor, the cluster actor and
/// the inboxes of other nodes use it.
/// </summary>
/// <param name="self">This node.</param>
internal sealed class Heirs(UniqueAddress self)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Inheritance> _all = [];
    private readonly Dictionary<object, HashSet<string>> _known = []; // by node: the nodes to which it sends
    private readonly List<Inheritance> _open = []; // of a node that is about to join
    private IReadOnlyDictionary<UniqueAddress, NodeLink> _links = new Dictionary<UniqueAddress, NodeLink>();

    /// <summary>Receives <see cref="Inherited"/>.</summary>
    public IActorRef Directory { get; set; } = ActorRefs.Nobody;

    /// <summary>Receives <see cref="Asked"/> when this node asks itself.</summary>
    public IActorRef Cluster { get; set; } = ActorRefs.Nobody;

    /// <summary>Nodes have joined or left.</summary>
    /// <param name="links">All other nodes from now on.</param>
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
    /// Begins an inheritance, before the publishers of this node find its sessions. When the filters of these sessions are sent to the other nodes,
    /// <see cref="Resend"/> asks them for their messages.
    /// </summary>
    /// <param name="inheritance">The inheritance.</param>
    /// <param name="isOpen">Whether this node is about to join. Until <see cref="Close"/> more nodes with messages may appear.</param>
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
                return; // the nodes know it, and have not answered yet
            _all[inheritance.Run] = inheritance;
            AddAll(inheritance);
            if (isOpen)
                _open.Add(inheritance);
            else if (inheritance.Close())
                Finish(inheritance);
        }
    }

    /// <summary>This node is a member, and knows all other nodes that may have messages for it.</summary>
    public void Close()
    {
        lock (_lock)
        {
            foreach (var inheritance in _open.Where(static each => each.Close()))
                Finish(inheritance);
            _open.Clear();
        }
    }

    /// <summary>Finds an inheritance; null when it is over or unknown.</summary>
    public Inheritance? Find(long run)
    {
        lock (_lock)
            return _all.GetValueOrDefault(run);
    }

    /// <summary>Handles a step, after everything that the node sent before it.</summary>
    /// <param name="from">The node that sent it.</param>
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

    /// <summary>Asks the nodes that have not answered, perhaps again: a link may have failed.</summary>
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

    /// <summary>A node has no messages for a lost node to which it did not send.</summary>
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

    /// <summary>To the directory: all messages of an inheritance have come.</summary>
    internal sealed record Inherited(Inheritance Inheritance) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To the cluster actor: an heir asks for the messages that this node has for lost nodes.</summary>
    internal sealed record Asked(UniqueAddress Heir, HeirStep Step) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
