using Akka.Cluster;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// The old place of a durable session. It writes the messages that belong to it to the database that it shares with the new place, and
/// queues nothing. The client gets the session when the old place has written all of them. So they need not be sent, and the database
/// defines their order. Thread safe.
/// </summary>
/// <param name="moves">Sends to the new place.</param>
internal sealed class DurableDeparture(Moves moves) : IDeparture, IOriginFilter
{
    private readonly Lock _lock = new();
    private readonly Dictionary<object, long> _cuts = [];
    private readonly HashSet<object> _passed = []; // nodes whose messages have all arrived
    private UniqueAddress? _to;
    private bool _takesAll;

    /// <summary>Whether the new place has asked for the cuts.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Whether the new place has all messages, or is lost.</summary>
    public bool IsOver { get; private set; }

    public UniqueAddress? To
    {
        get
        {
            lock (_lock)
                return _to;
        }
    }

    public bool Takes(in FlushOrigin origin)
    {
        lock (_lock)
            return _takesAll || !_cuts.TryGetValue(origin.Node ?? Arrival.Here, out var cut) || origin.Turn < cut;
    }

    /// <summary>
    /// The new place is lost: this node also writes the messages that belong to the new place, until another node has the session.
    /// </summary>
    public void TakeAll()
    {
        lock (_lock)
            _takesAll = true;
    }

    public void SetPlace(UniqueAddress to, long epoch)
    {
        lock (_lock)
            _to = to;
    }

    public void Begin() => HasBegun = true;

    public void Cut(object node, long turn)
    {
        lock (_lock)
            _cuts.TryAdd(node, turn);
    }

    public bool IsOverFor(IEnumerable<object> nodes)
    {
        lock (_lock)
            return nodes.All(_passed.Contains);
    }

    public void Pass(object? node, MoveStep step)
    {
        lock (_lock)
        {
            if (node is not null)
                _passed.Add(node);
        }
        moves.Send(step.To, step);
    }

    public void SetReachable(bool isReachable)
    {
    }

    public void End() => IsOver = true;
}
