using System.Globalization;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Publishing;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Publishes <c>$SYS/cluster/#</c> on its node, retained: the sums of the counts of all nodes, every <c>sys-interval</c> if changed. It
/// sends the counts of this node to the other nodes. It has the same path on all nodes.
/// </summary>
internal sealed class ClusterTopicsActor : UntypedActor, IWithTimers
{
    private const string Root = "$SYS/cluster/";

    // The topics, in the order of NodeCounts.Values, to which later versions add at the end.
    private static readonly string[] Topics =
    [
        "clients/connected", "clients/total", "messages/received", "messages/sent", "publish/messages/received", "publish/messages/sent", "subscriptions/count",
    ];

    private readonly ServerContext _context;
    private readonly TimeSpan _interval;
    private readonly UniqueAddress _self;
    private readonly Publisher _publisher;
    private readonly Dictionary<UniqueAddress, long[]> _counts = []; // of the other nodes; empty until a node has sent its counts
    private readonly Dictionary<string, string> _published = new(StringComparer.Ordinal);

    public ClusterTopicsActor(ServerContext context, TimeSpan interval, UniqueAddress self)
    {
        (_context, _interval, _self) = (context, interval, self);
        _publisher = new Publisher(context, "", isServer: true, localOnly: true);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props PropsFor(ServerContext context, TimeSpan interval, UniqueAddress self) =>
        Props.Create(() => new ClusterTopicsActor(context, interval, self)).WithDeploy(Deploy.Local);

    protected override void PreStart() => Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, _interval, _interval);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case NodesChanged changed:
                foreach (var gone in _counts.Keys.Except(changed.Others).ToList())
                    _counts.Remove(gone);
                foreach (var other in changed.Others)
                    _counts.TryAdd(other, []);
                break;
            case NodeCounts counts when _counts.ContainsKey(counts.From):
                _counts[counts.From] = counts.Values;
                break;
            case NodeCounts:
                break; // of a node that this one does not know yet, or no longer knows
            case Tick:
                Publish();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Publish()
    {
        var traffic = _context.Stats.Traffic.Sum();
        long[] own =
        [
            _context.Stats.Connected, _context.Stats.Sessions, traffic.PacketsReceived, traffic.PacketsSent, traffic.MessagesReceived, traffic.MessagesSent,
            _context.Stats.Subscriptions,
        ];
        foreach (var node in _counts.Keys)
            Context.ActorSelection(new RootActorPath(node.Address) / Self.Path.Elements).Tell(new NodeCounts(_self, own));
        Put("nodes", _counts.Count + 1);
        for (var at = 0; at < Topics.Length; at++)
            Put(Topics[at], own[at] + _counts.Values.Sum(counts => at < counts.Length ? counts[at] : 0));
        _publisher.Flush();
    }

    private void Put(string topic, long value)
    {
        var text = value.ToString(CultureInfo.InvariantCulture);
        if (_published.TryGetValue(topic, out var before) && before == text)
            return;
        _published[topic] = text;
        _publisher.Add(new Publish(Root + topic, text) { Retain = true });
    }

    /// <summary>From the cluster actor: the other nodes.</summary>
    internal sealed record NodesChanged(UniqueAddress[] Others) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    private sealed class Tick : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Tick Instance = new();
    }
}
