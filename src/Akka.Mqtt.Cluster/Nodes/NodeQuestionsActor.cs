using System.Net;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Admin;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Sends the questions and requests of administrators of this node to the other nodes, and answers those of the others. It has the same path on all nodes.
/// </summary>
internal sealed class NodeQuestionsActor : UntypedActor, IWithTimers
{
    /// <summary>Most questions that may wait. Further ones are refused.</summary>
    public const int MostQuestions = 64;

    private readonly ServerContext _context;
    private readonly MqttClusterSettings _settings;
    private readonly UniqueAddress _self;
    private readonly IActorRef _root;
    private readonly BanCopies _bans;
    private readonly Dictionary<long, Waiting> _waiting = [];
    private IReadOnlyDictionary<UniqueAddress, bool> _others = new Dictionary<UniqueAddress, bool>(); // with whether they can be reached
    private IReadOnlyList<UniqueAddress> _gone = [];
    private long _number;

    public NodeQuestionsActor(ServerContext context, MqttClusterSettings settings, UniqueAddress self, IActorRef root)
    {
        (_context, _settings, _self, _root) = (context, settings, self, root);
        _bans = new BanCopies(context.Protection.Bans, Context.GetLogger());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props PropsFor(ServerContext context, MqttClusterSettings settings, UniqueAddress self, IActorRef root) =>
        Props.Create(() => new NodeQuestionsActor(context, settings, self, root)).WithDeploy(Deploy.Local);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case NodesChanged changed:
                (_others, _gone) = (changed.Others, changed.Gone);
                foreach (var (number, waiting) in _waiting.ToList())
                {
                    waiting.Awaited.RemoveWhere(node => !_others.GetValueOrDefault(node));
                    Finish(number, waiting);
                }
                foreach (var node in _bans.Find(_others))
                    CopyBans(node);
                break;
            case Answers answers: // about bans, to this node itself
                foreach (var node in answers.Others.Keys)
                    TakeBans(node, answers.Replies.GetValueOrDefault(node));
                break;
            case CopyAgain again:
                CopyBans(again.Node);
                break;
            case Ask ask when _waiting.Count >= MostQuestions:
                Sender.Tell(Busy.Instance);
                break;
            case Ask ask:
                Begin(ask, Sender);
                break;
            case NodeTold told when _waiting.TryGetValue(told.Number, out var waiting) && waiting.Awaited.Remove(told.From):
                waiting.Replies[told.From] = told.Reply;
                Finish(told.Number, waiting);
                break;
            case NodeTold:
                break; // it is late
            case Expired expired when _waiting.TryGetValue(expired.Number, out var late):
                late.Awaited.Clear();
                Finish(expired.Number, late);
                break;
            case Expired:
                break;
            case NodeAsked asked:
                Do(asked, Sender);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Asks the requested nodes that can be reached.</summary>
    private void Begin(Ask ask, IActorRef replyTo)
    {
        var number = ++_number;
        var waiting = new Waiting(replyTo, ask.Node);
        if (Wants(ask.Node, _self) && ask.WithSelf)
            waiting.Awaited.Add(_self);
        waiting.Awaited.UnionWith(_others.Where(each => each.Value && Wants(ask.Node, each.Key)).Select(static each => each.Key));
        _waiting.Add(number, waiting);
        Timers.StartSingleTimer(new Expired(number), new Expired(number), _settings.DeviceTimeout);
        foreach (var node in waiting.Awaited)
        {
            var asked = new NodeAsked(_self, number, ask.Question);
            if (node.Equals(_self))
                Self.Tell(asked);
            else
                Context.ActorSelection(new RootActorPath(node.Address) / Self.Path.Elements).Tell(asked, Self);
        }
        Finish(number, waiting);
    }

    private void CopyBans(UniqueAddress node)
    {
        if (_bans.NextOf(node) is { } from)
            Begin(new Ask(new NodeQuestion.Bans(from), node.Address.ToString(), WithSelf: false), Self);
    }

    private void TakeBans(UniqueAddress node, NodeReply? reply)
    {
        _bans.Take(node, reply);
        if (reply is null)
            Timers.StartSingleTimer((nameof(CopyAgain), node), new CopyAgain(node), _settings.DeviceTimeout);
        else
            CopyBans(node);
    }

    private static bool Wants(string? wanted, UniqueAddress node) => wanted is null || wanted == node.Address.ToString();

    /// <summary>Answers when no more replies are expected.</summary>
    private void Finish(long number, Waiting waiting)
    {
        if (waiting.Awaited.Count > 0)
            return;
        _waiting.Remove(number);
        Timers.Cancel(new Expired(number));
        waiting.ReplyTo.Tell(new Answers(
            _self,
            waiting.Replies,
            _others.Where(each => Wants(waiting.Node, each.Key)).ToDictionary(static each => each.Key, static each => each.Value),
            [.. _gone.Where(each => Wants(waiting.Node, each))]));
    }

    /// <summary>Carries out a request of another node, or of this one.</summary>
    private void Do(NodeAsked asked, IActorRef replyTo)
    {
        switch (asked.Question)
        {
            case NodeQuestion.Report:
                Reply(asked, replyTo, new NodeReply.Figures(OwnFigures.Of(_context)));
                break;
            case NodeQuestion.Ban ban:
                Reply(asked, replyTo, ChangeBan(ban));
                break;
            case NodeQuestion.Bans bans:
                Reply(asked, replyTo, BanCopies.Page(_context.Protection.Bans, bans.From, _context.Clock.GetUtcNow()));
                break;
            case NodeQuestion.Drain:
                var begins = !_context.Lifecycle.IsDraining;
                _root.Tell(ServerActor.BeginDrain.Instance);
                Reply(asked, replyTo, new NodeReply.Done(begins));
                break;
            default:
                break; // of a later version: the question of the other node times out
        }
    }

    private NodeReply ChangeBan(NodeQuestion.Ban ban)
    {
        var change = ban.Change;
        IPAddress? address = null;
        if (change.Address is not null ? !IPAddress.TryParse(change.Address, out address) : string.IsNullOrEmpty(change.ClientId))
            return new NodeReply.Refused("The ban is of no client identifier and no address.");
        var bans = _context.Protection.Bans;
        if (!change.Adds)
            return new NodeReply.Done(address is not null ? bans.Remove(address) : bans.Remove(change.ClientId!));
        TimeSpan? duration = change.Seconds > 0 ? TimeSpan.FromSeconds(change.Seconds) : null;
        try
        {
            if (address is not null)
                bans.Add(address, duration);
            else
                bans.Add(change.ClientId!, duration);
            return new NodeReply.Done(true);
        }
        catch (InvalidOperationException error)
        {
            return new NodeReply.Refused(error.Message);
        }
    }

    private void Reply(NodeAsked asked, IActorRef replyTo, NodeReply reply) => replyTo.Tell(new NodeTold(_self, asked.Number, reply), Self);

    /// <summary>From the cluster actor: the other nodes.</summary>
    /// <param name="Others">The nodes, and whether the failure detector reaches them.</param>
    /// <param name="Gone">Nodes that have handed their sessions over, but are still members.</param>
    internal sealed record NodesChanged(IReadOnlyDictionary<UniqueAddress, bool> Others, IReadOnlyList<UniqueAddress> Gone) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>A question of an administrator of this node. Answered with <see cref="Answers"/> or <see cref="Busy"/>.</summary>
    /// <param name="Question">The question.</param>
    /// <param name="Node">The address of the node; null for all nodes.</param>
    /// <param name="WithSelf">Whether this node is asked too.</param>
    internal sealed record Ask(NodeQuestion Question, string? Node = null, bool WithSelf = true) : INoSerializationVerificationNeeded;

    /// <summary>The answers of the nodes.</summary>
    /// <param name="Self">This node.</param>
    /// <param name="Replies">The answers, by node.</param>
    /// <param name="Others">The other nodes of the question, and whether they can be reached.</param>
    /// <param name="Gone">See <see cref="NodesChanged.Gone"/>.</param>
    internal sealed record Answers(
        UniqueAddress Self, IReadOnlyDictionary<UniqueAddress, NodeReply> Replies, IReadOnlyDictionary<UniqueAddress, bool> Others, IReadOnlyList<UniqueAddress> Gone) : INoSerializationVerificationNeeded
    {
        /// <summary>The nodes that have not answered, or have refused; those with the reason.</summary>
        public IReadOnlyList<string> Missing => [.. Others.Keys.Select(MissingOf).OfType<string>().Order(StringComparer.Ordinal)];

        private string? MissingOf(UniqueAddress node) => Replies.GetValueOrDefault(node) switch
        {
            null => node.Address.ToString(),
            NodeReply.Refused refused => $"{node.Address} ({refused.Why})",
            _ => null,
        };
    }

    /// <summary>Too many questions wait.</summary>
    internal sealed class Busy : INoSerializationVerificationNeeded
    {
        public static readonly Busy Instance = new();
    }

    private sealed record CopyAgain(UniqueAddress Node) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    private sealed record Expired(long Number) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    private sealed class Waiting(IActorRef replyTo, string? node)
    {
        public IActorRef ReplyTo { get; } = replyTo;

        public string? Node { get; } = node;

        public HashSet<UniqueAddress> Awaited { get; } = [];

        public Dictionary<UniqueAddress, NodeReply> Replies { get; } = [];
    }
}
