namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// What a node inherits of a lost one (docs/adr/0027): its sessions, and the messages that each other node has for it still. A node that has such messages announces a
/// cut: what it flushed with lower turns comes as inheritance, the rest straight to this node. Messages that this node gets both ways are written once. Thread safe.
/// </summary>
/// <param name="run">The run of the lost node, or another number that no other inheritance has.</param>
/// <param name="nodes">The lost node, as the storage names it, and before it those whose inheritance it had not finished.</param>
/// <param name="sessions">The sessions.</param>
/// <param name="taken">How far the lost nodes had come with what others sent them: by the lost node and the sender.</param>
/// <param name="firstMessage">The first of the identities that its messages get: above those that the lost node gave, and below those that this node gives from now on.</param>
internal sealed class Inheritance(
    long run, IReadOnlyList<string> nodes, IReadOnlyList<StoredSession> sessions, IReadOnlyDictionary<(string Node, string From), LinkPosition> taken, long firstMessage)
    : IOriginFilter
{
    /// <summary>This node, among those that have messages.</summary>
    public static readonly object Here = new();

    private readonly Lock _lock = new();
    private readonly HashSet<long> _sessions = [.. sessions.Select(static each => each.Session)];
    private readonly Dictionary<object, Sender> _senders = [];
    private long _nextMessage = firstMessage;
    private bool _isClosed; // no other node is asked

    /// <summary>Its number.</summary>
    public long Run => run;

    /// <summary>The lost nodes.</summary>
    public IReadOnlyList<string> Nodes => nodes;

    /// <summary>The sessions, with their subscriptions.</summary>
    public IReadOnlyList<StoredSession> Sessions => sessions;

    /// <summary>Whether everything has come.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Nodes that have not said that everything of theirs has come.</summary>
    public IReadOnlyList<object> Missing
    {
        get
        {
            lock (_lock)
                return [.. _senders.Where(static each => !each.Value.HasEnded).Select(static each => each.Key)];
        }
    }

    /// <summary>Identities for messages that come as inheritance: they are older than what comes straight meanwhile.</summary>
    /// <param name="count">How many.</param>
    /// <returns>The first.</returns>
    public long NextMessages(int count) => Interlocked.Add(ref _nextMessage, count) - count;

    /// <summary>Whether a session is one of the lost node.</summary>
    public bool Has(long session) => _sessions.Contains(session);

    /// <summary>Whether the lost node has written a message already.</summary>
    /// <param name="node">The lost node that it was sent to.</param>
    /// <param name="from">The node that had it, as the storage names it.</param>
    /// <param name="position">Where it was on the link of these two.</param>
    public bool IsTaken(string node, string from, LinkPosition position) => taken.TryGetValue((node, from), out var last) && position.IsWithin(last);

    /// <summary>A node may have messages: it is asked.</summary>
    public void Add(object sender)
    {
        lock (_lock)
            _senders.TryAdd(sender, new Sender());
    }

    /// <summary>All nodes that may have messages were added.</summary>
    /// <returns>Whether everything is over now.</returns>
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

    /// <summary>All that a node had has come, or it is lost too.</summary>
    /// <returns>Whether everything is over now.</returns>
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

    // The same answer also when all is over: the writer asks later than the messages came, and the filter ends behind them.
    public bool Takes(in FlushOrigin origin)
    {
        lock (_lock)
        {
            var cut = _senders.TryGetValue(origin.Node ?? Here, out var state) ? state.Cut : 0; // who has nothing for the lost node sends everything straight
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
