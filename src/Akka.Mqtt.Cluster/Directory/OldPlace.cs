namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// The messages of a session at the node where it was: kept until the new place wants them, then sent there in order. A message belongs to the old place unless its
/// node has announced a cut, and flushed it with the turn of the cut or a later one. Plain code; not thread safe.
/// </summary>
/// <typeparam name="TNode">A node.</typeparam>
/// <typeparam name="TItem">Messages, and what is to be sent behind them.</typeparam>
/// <param name="send">Sends to the new place.</param>
internal sealed class OldPlace<TNode, TItem>(Action<TItem> send)
    where TNode : notnull
{
    private readonly Dictionary<TNode, long> _cuts = [];
    private List<TItem>? _kept = [];

    /// <summary>What waits until <see cref="Begin"/>.</summary>
    public IReadOnlyList<TItem> Kept => _kept ?? [];

    /// <summary>Whether the new place does not have the session yet, so that everything is kept.</summary>
    public bool IsKeeping => _kept is not null;

    /// <summary>Whether a message belongs here.</summary>
    /// <param name="node">The node of its publisher.</param>
    /// <param name="turn">The turn by which it was flushed.</param>
    public bool IsHere(TNode node, long turn) => !_cuts.TryGetValue(node, out var cut) || turn < cut;

    /// <summary>Takes what is for the new place.</summary>
    public void Put(TItem item)
    {
        if (_kept is null)
            send(item);
        else
            _kept.Add(item);
    }

    /// <summary>A node has announced its cut. The first one counts.</summary>
    public void Cut(TNode node, long turn) => _cuts.TryAdd(node, turn);

    /// <summary>Whether each of some nodes has announced its cut, and so knows the new place.</summary>
    public bool HasCuts(IEnumerable<TNode> nodes) => nodes.All(_cuts.ContainsKey);

    /// <summary>The new place has the session: what was kept is sent.</summary>
    public void Begin()
    {
        foreach (var item in TakeKept())
            send(item);
    }

    /// <summary>Nothing is kept from here on.</summary>
    /// <returns>What was kept.</returns>
    public List<TItem> TakeKept()
    {
        var kept = _kept ?? [];
        _kept = null;
        return kept;
    }
}
