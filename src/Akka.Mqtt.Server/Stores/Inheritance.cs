namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// What a node inherits of a lost node (docs/adr/0027): the sessions, and the messages that other nodes still have for the lost node. Each of
/// these nodes announces a cut, which is a turn. Messages of earlier turns come as inheritance, and later ones straight to this node. A message
/// that comes both ways is written once. Thread safe.
/// </summary>
/// <param name="run">The run of the lost node, or another number that no other inheritance has.</param>
/// <param name="nodes">The names, in the storage, of the lost node and of the earlier lost nodes whose inheritance it had not finished.</param>
/// <param name="sessions">The sessions.</param>
/// <param name="taken">The last positions that the lost nodes have committed, by lost node and sender.</param>
/// <param name="firstMessage">
/// The first identity of inherited messages. It is higher than the identities that the lost node assigned, and lower than those that this node
/// assigns from now on.
/// </param>
internal sealed class Inheritance(
    long run, IReadOnlyList<string> nodes, IReadOnlyList<StoredSession> sessions, IReadOnlyDictionary<(string Node, string From), LinkPosition> taken, long firstMessage)
    : IOriginFilter
{
    /// <summary>Stands for this node among the nodes that have messages.</summary>
    public static readonly object Here = new();

    private readonly Lock _lock = new();
    private readonly HashSet<long> _sessions = [.. sessions.Select(static each => each.Session)];
    private readonly Dictionary<object, Sender> _senders = [];
    private long _nextMessage = firstMessage;
    private bool _isClosed; // no more nodes are added

    /// <summary>Its number.</summary>
    public long Run => run;

    /// <summary>The lost nodes.</summary>
    public IReadOnlyList<string> Nodes => nodes;

    /// <summary>The sessions, with their subscriptions.</summary>
    public IReadOnlyList<StoredSession> Sessions => sessions;

    /// <summary>Whether all messages have come.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The nodes that may still send messages.</summary>
    public IReadOnlyList<object> Missing
    {
        get
        {
            lock (_lock)
                return [.. _senders.Where(static each => !each.Value.HasEnded).Select(static each => each.Key)];
        }
    }

    /// <summary>Assigns identities to inherited messages, which are older than messages that come straight at the same time.</summary>
    /// <param name="count">The number of identities.</param>
    /// <returns>The first one.</returns>
    public long NextMessages(int count) => Interlocked.Add(ref _nextMessage, count) - count;

    /// <summary>Whether the lost node had a session.</summary>
    public bool Has(long session) => _sessions.Contains(session);

    /// <summary>Whether a lost node has committed a message.</summary>
    /// <param name="node">The lost node to which it was sent.</param>
    /// <param name="from">The name, in the storage, of the node that sent it.</param>
    /// <param name="position">Its position on the link between these two.</param>
    public bool IsTaken(string node, string from, LinkPosition position) => taken.TryGetValue((node, from), out var last) && position.IsWithin(last);

    /// <summary>Adds a node that may have messages.</summary>
    public void Add(object sender)
    {
        lock (_lock)
            _senders.TryAdd(sender, new Sender());
    }

    /// <summary>No more nodes follow.</summary>
    /// <returns>Whether the inheritance is over now.</returns>
    public bool Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            return TryEnd();
        }
    }

    /// <summary>A node has announced its cut. The first one counts.</summary>
    public void Cut(object sender, long turn)
    {
        lock (_lock)
        {
            if (_senders.TryGetValue(sender, out var state))
                state.Cut ??= turn;
        }
    }

    /// <summary>A node has sent all its messages, or is lost too.</summary>
    /// <returns>Whether the inheritance is over now.</returns>
    public bool End(object sender)
    {
        lock (_lock)
        {
            if (IsOver || !_senders.TryGetValue(sender, out var state))
                return false;
            state.HasEnded = true;
            return TryEnd();
        }
    }

    // The answer stays the same after the end: the writer asks later than the messages came, and it removes the filter after them.
    public bool Takes(in FlushOrigin origin)
    {
        lock (_lock)
        {
            var cut = _senders.TryGetValue(origin.Node ?? Here, out var state) ? state.Cut : 0; // a node without messages for the lost node sends everything straight
            if (origin.Heir is not null)
                return cut is null or 0 || origin.Turn < cut;
            return origin.Turn >= cut || state is { HasEnded: true, Cut: null };
        }
    }

    private bool TryEnd() => IsOver = IsOver || (_isClosed && _senders.Values.All(static each => each.HasEnded));

    private sealed class Sender
    {
        public long? Cut { get; set; }

        public bool HasEnded { get; set; }
    }
}
