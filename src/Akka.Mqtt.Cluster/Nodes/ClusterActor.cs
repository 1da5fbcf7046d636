using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Keeps the list of the other nodes of the cluster, with one link to each and one inbox for each. It has the same path on all nodes.
/// </summary>
internal sealed class ClusterActor : UntypedActor, IWithTimers
{
    private readonly ServerContext _context;
    private readonly MqttClusterSettings _settings;
    private readonly global::Akka.Cluster.Cluster _cluster = global::Akka.Cluster.Cluster.Get(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<UniqueAddress, NodeState> _nodes = [];
    private readonly Moves _moves;
    private readonly Heirs _heirs;
    private readonly LostNodes? _lost; // with a database that the nodes share: other nodes may inherit from one that is lost
    private readonly IActorRef _directory;
    private readonly SessionOwners _owners;
    private readonly Joining _joining;
    private readonly FrameListener? _listener;
    private readonly Leaving _leaving = new();
    private readonly HashSet<UniqueAddress> _gone = []; // members that have already left
    private readonly IActorRef? _topics;
    private readonly IActorRef _questions;
    private bool _isMember;
    private bool _isJoined; // joined, and the directory knows it

    public ClusterActor(ServerContext context, MqttClusterSettings? settings)
    {
        _context = context;
        _settings = settings ?? MqttClusterSettings.Create(Context.System);
        _owners = (SessionOwners)context.Owners!;
        _moves = new Moves(context, _cluster.SelfUniqueAddress);
        _joining = new Joining(_cluster.SelfUniqueAddress);
        _listener = FrameListener.Open(Context.System, _settings, _log);
        if (context.Settings.SysInterval is { } interval)
            _topics = Context.ActorOf(ClusterTopicsActor.PropsFor(context, interval, _cluster.SelfUniqueAddress), "topics");
        _questions = Context.ActorOf(NodeQuestionsActor.PropsFor(context, _settings, _cluster.SelfUniqueAddress, Context.Parent), "questions");
        _heirs = new Heirs(_cluster.SelfUniqueAddress) { Cluster = Self };
        if (context.Engine?.Shared is not null)
            _lost = new LostNodes(context.Routing.Gate!, _heirs, _cluster.SelfUniqueAddress, Self, address => _nodes.GetValueOrDefault(address)?.Link);
        _directory = Context.ActorOf(DirectoryActor.PropsFor(context, _settings, _cluster.SelfUniqueAddress, _moves, _heirs), "directory");
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(
        error =>
        {
            if (Sender.Equals(_directory) && error is not ActorInitializationException)
            {
                // A message that fails counts as lost, because the node that waits sends it again. A new directory would not know the
                // sessions.
                _log.Error(error, "The directory of sessions could not handle a message. It continues with the next one.");
                return Directive.Resume;
            }
            if (Sender.Equals(_questions))
            {
                _log.Error(error, "A question of an administrator could not be handled.");
                return Directive.Resume;
            }
            if (Sender.Equals(_topics))
            {
                _log.Error(error, "$SYS/cluster could not be published. The next attempt follows after sys-interval."); // it keeps the counts of the other nodes
                return Directive.Resume;
            }
            _log.Error(error, "The exchange of messages with a node failed. It starts again with all filters.");
            return Directive.Restart;
        });

    protected override void PreStart()
    {
        var devices = MqttDevices.Get(Context.System);
        devices.Serve(_context, _settings);
        ((ClusterNodes)_owners.Nodes).Use(_questions, devices, _settings.DeviceTimeout);
        Timers.StartSingleTimer(StillAlone.Instance, StillAlone.Instance, _settings.JoinTimeout);
        _cluster.Subscribe(
            Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent),
            typeof(ClusterEvent.ClusterShuttingDown));
    }

    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        _listener?.Dispose();
        _context.Routing.SetNodes([]);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case LeaveCluster:
                Leave();
                break;
            case DirectoryEvents.HandedOver when _leaving.At == Leaving.Step.HandsOver:
                _leaving.Next(Leaving.Step.Confirms, ReachableNodes());
                Timers.StartPeriodicTimer(LeavingTick.Instance, LeavingTick.Instance, _settings.ResendInterval / 5);
                AskToConfirm();
                ContinueLeaving();
                break;
            case DirectoryEvents.HandedOver:
                break;
            case LinkConfirmed confirmed when _leaving.At == Leaving.Step.Confirms:
                _leaving.Remove(confirmed.Node);
                ContinueLeaving();
                break;
            case NodeLeavesHeard heard when _leaving.At == Leaving.Step.Announces:
                _leaving.Remove(heard.From);
                ContinueLeaving();
                break;
            case LinkConfirmed or NodeLeavesHeard:
                break;
            case LeavingTick when _leaving.At == Leaving.Step.Confirms:
                AskToConfirm();
                break;
            case LeavingTick when _leaving.At == Leaving.Step.Announces:
                AnnounceLeaving();
                break;
            case LeavingTick:
                break;
            case NodeLeaves leaves:
                _gone.Add(leaves.From);
                Remove(leaves.From);
                TellNodes();
                Sender.Tell(new NodeLeavesHeard(_cluster.SelfUniqueAddress));
                break;
            case ClusterEvent.CurrentClusterState state:
                // This node is last: when it learns that it is a member, it already has all nodes whose filters it must wait for.
                foreach (var member in state.Members.Where(IsMember).OrderBy(each => each.UniqueAddress.Equals(_cluster.SelfUniqueAddress)))
                    Add(member);
                foreach (var member in state.Unreachable)
                    SetReachable(member.UniqueAddress, false);
                break;
            case ClusterEvent.MemberUp or ClusterEvent.MemberWeaklyUp or ClusterEvent.MemberLeft or ClusterEvent.MemberExited:
                Add(((ClusterEvent.IMemberEvent)message).Member);
                break;
            case ClusterEvent.ClusterShuttingDown:
                // This node leaves. Akka.Cluster reports all others as removed next, but they are not lost: their durable sessions must not be adopted.
                RemoveSelf();
                break;
            case ClusterEvent.MemberRemoved removed when removed.Member.UniqueAddress.Equals(_cluster.SelfUniqueAddress):
                RemoveSelf();
                break;
            case ClusterEvent.MemberRemoved removed:
                if (_gone.Remove(removed.Member.UniqueAddress))
                    TellNodes();
                Remove(removed.Member.UniqueAddress);
                break;
            case ClusterEvent.UnreachableMember unreachable:
                SetReachable(unreachable.Member.UniqueAddress, false);
                break;
            case ClusterEvent.ReachableMember reachable:
                SetReachable(reachable.Member.UniqueAddress, true);
                break;
            case ClusterEvent.IMemberEvent:
                break;
            case OpenLink open when open.To != 0 && open.To != _cluster.SelfUniqueAddress.Uid:
                break; // for an earlier process at this address
            case OpenLink open when _leaving.At == Leaving.Step.Left:
                PeerOf(open.From.Address).Tell(new NodeLeaves(_cluster.SelfUniqueAddress), Self); // the node has joined since then
                break;
            case OpenLink open when _nodes.TryGetValue(open.From, out var node):
                node.Inbox ??= Context.ActorOf(NodeInboxActor.PropsFor(_context, node, open.From, _moves, _heirs, _listener));
                if (open.To == 0)
                    _heirs.Receive(node.Target, new HeirStep(HeirStepKind.Knows, 0, 0, [])); // of an earlier version, which has nothing for lost nodes
                node.Inbox.Forward(open);
                break;
            case SessionOwners.Wanted or SessionOwners.SessionEnded:
                _directory.Forward(message);
                break;
            case Heirs.Asked asked:
                _lost?.Ask(asked, name => _nodes.Keys.Any(each => DurableMoves.NameOf(each) == name));
                break;
            case LostNodes.Passed passed:
                _lost!.Continue(passed, inbox => Context.Stop(Context.Watch(inbox)));
                break;
            case Terminated stopped:
                _lost!.Stopped(stopped.ActorRef);
                break;
            case HandOverLost over:
                _lost!.Gone(over);
                break;
            case FiltersKnown known:
                _joining.Know(known.Node);
                EndJoining();
                break;
            case JoinTimeout when !_joining.IsOver:
                _log.Warning(
                    "The filters of {Nodes} have not arrived within join-timeout. This node accepts clients without them. Until they arrive, sessions that move between other nodes may miss messages of these clients",
                    string.Join(", ", _joining.Missing.Select(static each => each.Address)));
                _joining.GiveUp();
                EndJoining();
                break;
            case JoinTimeout:
                break;
            case StillAlone when !_isMember:
                _log.Warning(
                    "This node has joined no cluster for {Time}, so its server accepts no clients. Seed nodes: {Seeds}. One of them must run, with an actor system of the name {Name}; with TLS each needs a certificate that the others trust",
                    _settings.JoinTimeout, string.Join(", ", _cluster.Settings.SeedNodes), Context.System.Name);
                break;
            case StillAlone:
                break;
            case OpenLink:
                break; // that node is not known here yet; it tries again
            default:
                Unhandled(message);
                break;
        }
    }

    private void Add(Member member)
    {
        if (_leaving.At == Leaving.Step.Left || _gone.Contains(member.UniqueAddress))
            return;
        if (_nodes.ContainsKey(member.UniqueAddress) || (_settings.Role.Length > 0 && !member.HasRole(_settings.Role)))
            return;
        if (member.UniqueAddress.Equals(_cluster.SelfUniqueAddress))
        {
            if (!_isMember && !_joining.IsOver)
                Timers.StartSingleTimer(JoinTimeout.Instance, JoinTimeout.Instance, _settings.JoinTimeout);
            _isMember = true;
            SetNodes();
            return;
        }
        var node = new NodeState(new NodeTarget(_settings.MaxQueuedBytes, _context.Routing.Stuck, waits: _lost is not null));
        _nodes.Add(member.UniqueAddress, node);
        node.Link = Context.ActorOf(NodeLinkActor.PropsFor(_context, _settings, node.Target, PeerOf(member.Address), member.UniqueAddress.Uid, _cluster.SelfUniqueAddress));
        node.Target.Use(node.Link);
        _lost?.Begin(member.UniqueAddress, node.Link, _nodes); // before the first message
        SetNodes();
        _log.Info("Node {Node} joins: messages are sent to its subscribers", member.Address);
    }

    private static bool IsMember(Member member) => member.Status is MemberStatus.Up or MemberStatus.WeaklyUp or MemberStatus.Leaving or MemberStatus.Exiting;

    private void Remove(UniqueAddress address)
    {
        if (!_nodes.Remove(address, out var node))
            return;
        _leaving.Remove(address);
        if (_lost is not null && _leaving.At != Leaving.Step.Left && !_gone.Contains(address))
        {
            _lost.Add(DurableMoves.NameOf(address), node);
            _lost.Forget(address);
            SetNodes();
            _log.Info("Node {Node} has left: messages for its durable sessions wait until another node has them", address.Address);
            ContinueLeaving();
            return;
        }
        node.Target.Close();
        node.Link.Tell(NodeRemoved.Instance);
        _lost?.Forget(address, _nodes);
        SetNodes();
        if (node.Inbox is { } inbox)
            Context.Stop(inbox); // takes its filters out of the routing table
        _log.Info("Node {Node} has left: no more messages are sent to it", address.Address);
        ContinueLeaving();
    }

    private void RemoveSelf()
    {
        _isMember = false;
        SetNodes();
        if (_owners.Remove("this node is no longer a member of the cluster") && !_context.Lifecycle.IsDraining)
            _log.Warning("This node is no longer a member of the cluster. Its server refuses clients until the process is started again.");
    }

    /// <summary>The server has disconnected its clients: hands its sessions over to the other nodes.</summary>
    private void Leave()
    {
        _leaving.Begin(Sender);
        if (_leaving.At == Leaving.Step.Left || !_isMember || _nodes.Count == 0)
            EndLeaving();
        else if (_leaving.At == Leaving.Step.HandsOver)
            _directory.Tell(DirectoryEvents.HandOverAll.Instance);
    }

    private void ContinueLeaving()
    {
        if (_leaving.At == Leaving.Step.Confirms && _leaving.HasAll)
        {
            _leaving.Next(Leaving.Step.Announces, ReachableNodes());
            AnnounceLeaving();
        }
        if (_leaving.At == Leaving.Step.Announces && _leaving.HasAll)
            EndLeaving();
    }

    /// <summary>Asks again until they have confirmed, because a link that starts again has lost the request.</summary>
    private void AskToConfirm()
    {
        foreach (var node in _leaving.Awaited)
            _nodes[node].Link.Tell(new ConfirmLink(node));
    }

    private void AnnounceLeaving()
    {
        foreach (var node in _leaving.Awaited)
            PeerOf(node.Address).Tell(new NodeLeaves(_cluster.SelfUniqueAddress), Self);
    }

    /// <summary>The other nodes have forgotten this one. It forgets them too, so that it does not adopt their sessions.</summary>
    private void EndLeaving()
    {
        _leaving.Next(Leaving.Step.Left, []);
        Timers.Cancel(LeavingTick.Instance);
        _isMember = false;
        SetNodes();
        foreach (var node in _nodes.Keys.ToList())
            Remove(node);
        _leaving.Leaver.Tell(LeaveCluster.Left.Instance);
    }

    private List<UniqueAddress> ReachableNodes() => [.. _nodes.Where(static each => each.Value.IsReachable).Select(static each => each.Key)];

    private ActorSelection PeerOf(Address address) => Context.ActorSelection(new RootActorPath(address) / Self.Path.Elements);

    private void SetReachable(UniqueAddress address, bool isReachable)
    {
        if (!_nodes.TryGetValue(address, out var node))
            return;
        node.IsReachable = isReachable;
        TellNodes();
        node.Target.SetReachable(isReachable);
        node.Link.Tell(new Reachable(isReachable));
        _moves.SetReachable(address, isReachable);
        _log.Info(
            isReachable ? "Node {Node} can be reached again"
            : _lost is null ? "Node {Node} cannot be reached: publishers do not wait for it"
            : "Node {Node} cannot be reached: publishers of QoS 1 and 2 wait until it can be, or until another node has its durable sessions",
            address.Address);
        if (isReachable)
            return;
        _leaving.Remove(address);
        ContinueLeaving();
    }

    private void SetNodes()
    {
        _context.Routing.SetNodes([.. _nodes.Values.Select(static each => each.Target)]);
        UniqueAddress[] members = _isMember ? [.. _nodes.Keys, _cluster.SelfUniqueAddress] : [];
        var links = _nodes.ToDictionary(
            static each => each.Key, static each => new NodeLink(each.Value.Link, each.Value.Target, each.Value.Target.Forward));
        _moves.SetLinks(links);
        _heirs.SetLinks(links);
        _owners.HasOthers = _isMember && _nodes.Count > 0;
        _directory.Tell(new DirectoryEvents.MembersChanged(members, [.. _gone]));
        TellNodes();
        _topics?.Tell(new ClusterTopicsActor.NodesChanged([.. _nodes.Keys]));
        _owners.IsMember = _isMember;
        _joining.SetMembers(members);
        EndJoining();
    }

    /// <summary>Administrators ask these nodes.</summary>
    private void TellNodes() =>
        _questions.Tell(new NodeQuestionsActor.NodesChanged(_nodes.ToDictionary(static each => each.Key, static each => each.Value.IsReachable), [.. _gone]));

    private void EndJoining()
    {
        if (_isJoined || !_joining.IsOver)
            return;
        _isJoined = true;
        Timers.Cancel(JoinTimeout.Instance);
        _directory.Tell(DirectoryEvents.Joined.Instance);
    }

    /// <summary>The time in which the filters of all members should arrive is over.</summary>
    private sealed class JoinTimeout : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly JoinTimeout Instance = new();
    }

    /// <summary>Repeats the message of this step to the nodes that have not answered.</summary>
    private sealed class LeavingTick : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly LeavingTick Instance = new();
    }

    /// <summary>The time in which the node should join a cluster is over.</summary>
    private sealed class StillAlone : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly StillAlone Instance = new();
    }
}
