using Akka.Actor;
using Akka.Cluster;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Cluster.Nodes;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Retained;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Soak.Scale;

/// <summary>
/// A node without sockets and actors: the routing table, the filters of the other nodes, and the directory of sessions are those of the server. It counts what it sends.
/// </summary>
internal sealed class ScaleNode : IOwnershipHost
{
    private static readonly byte[] Moved = new byte[1];

    private readonly ScaleCluster _cluster;
    private readonly ActorTarget _client = new("client", ActorRefs.Nobody, 1000);
    private readonly Dictionary<ScaleNode, NodeFilters> _filters = [];
    private readonly List<FilterChange> _changes = [];
    private readonly List<SessionKey> _given = [];

    public ScaleNode(ScaleCluster cluster, int number)
    {
        _cluster = cluster;
        Self = new UniqueAddress(new Address("akka.tcp", "mqtt", $"10.0.{number / 250}.{number % 250}", 4053), 1_000_000_000 + number);
        Directory = new DirectoryNode(Self, this, (to, message) => cluster.Send(this, to, message), partSize: 1 << 16, patience: 5000);
        Routing.Watch(_changes.Add);
    }

    public UniqueAddress Self { get; }

    public RoutingTable Routing { get; } = new();

    public DirectoryNode Directory { get; }

    /// <summary>Filters of all other nodes that it knows.</summary>
    public int RemoteFilters => _filters.Values.Sum(static each => each.Count);

    public void Subscribe(IEnumerable<string> filters) => Change(filters, new Subscriber(_client, QualityOfService.AtLeastOnce, false, false, 0));

    public void Unsubscribe(IEnumerable<string> filters) => Change(filters, null);

    /// <summary>All filters of this node for another one, as a link begins.</summary>
    public void TellAll(ScaleNode other)
    {
        var writer = NewWriter();
        writer.BeginFilters();
        foreach (var (filter, shareName) in Routing.Current.LocalFilters())
        {
            writer.Filter(new FilterChange(filter, shareName, IsThere: true));
            if (writer.IsFull)
                _cluster.SendFrame(this, other, writer.Take());
        }
        writer.EndOfFilters();
        _cluster.SendFrame(this, other, writer.Take());
    }

    /// <summary>What has changed since the last call, for all others, in one frame for each.</summary>
    public void TellChanges()
    {
        if (_changes.Count > 0)
        {
            var writer = NewWriter();
            foreach (var change in _changes)
                writer.Filter(change);
            var content = writer.Take();
            foreach (var other in _cluster.Nodes)
            {
                if (other != this)
                    _cluster.SendFrame(this, other, content);
            }
        }
        _changes.Clear();
    }

    /// <summary>What has changed is told by <see cref="TellAll"/>.</summary>
    public void DropChanges() => _changes.Clear();

    /// <summary>A frame of another node came.</summary>
    public void Receive(ScaleNode from, byte[] content)
    {
        if (!_filters.TryGetValue(from, out var filters))
            _filters.Add(from, filters = new NodeFilters(Routing, new NodeTarget(1 << 20)));
        FrameReader.Read(_cluster.System, content, new FilterTaker(filters));
        filters.Apply();
    }

    /// <summary>Another node is lost.</summary>
    /// <returns>How many filters it had.</returns>
    public int Forget(ScaleNode other)
    {
        if (!_filters.Remove(other, out var filters))
            return 0;
        var count = filters.Count;
        filters.Clear();
        return count;
    }

    /// <summary>Gives up what other nodes have asked for.</summary>
    public void GiveUp()
    {
        foreach (var key in _given)
            Directory.Ownership.GaveUp(key, FetchAnswer.Part, Moved);
        _given.Clear();
    }

    void IOwnershipHost.Opened(in SessionKey key, long epoch) => _cluster.Opened++;

    void IOwnershipHost.Refused(in SessionKey key, FetchAnswer why) => throw new InvalidOperationException($"{key.ClientId} was refused: {why}");

    void IOwnershipHost.GiveUp(in SessionKey key, string? user, bool discards) => _given.Add(key);

    void IOwnershipHost.Restore(in SessionKey key)
    {
    }

    void IOwnershipHost.Forget(in SessionKey key, long epoch, UniqueAddress to, bool isOver)
    {
    }

    bool IOwnershipHost.TryTake(in SessionKey key, long epoch, UniqueAddress from, byte[]? content) => true;

    void IOwnershipHost.Install(in SessionKey key, long epoch, UniqueAddress? from, byte[] content)
    {
    }

    void IOwnershipHost.Supersede(in SessionKey key)
    {
    }

    private FrameWriter NewWriter() => new(_cluster.System, 1 << 16, new RetainedIndex(1, 1));

    private void Change(IEnumerable<string> filters, Subscriber? subscriber)
    {
        foreach (var filter in filters)
            Routing.Apply(_client, [new RouteChange(filter, null, subscriber)]);
    }

    private sealed class FilterTaker(NodeFilters filters) : IFrameHandler
    {
        public void BeginFilters() => filters.Begin();

        public void EndOfFilters() => filters.End();

        public void Filter(string filter, string? shareName, bool isThere) => filters.Set(filter, shareName, isThere);

        public void Retained(Publish packet, long retainedAt, string publisher)
        {
        }

        public void BeginMessages()
        {
        }

        public void Message(Publish packet, Protocol.Session.SharedKey? share, long? retainedAt, string publisher)
        {
        }

        public void ForSession(SessionKey key, long epoch, Publish[] packets, Protocol.Session.SharedKey?[]? shares, long receivedAt)
        {
        }

        public void Turn(long number)
        {
        }

        public void Step(MoveStep step)
        {
        }
    }
}
