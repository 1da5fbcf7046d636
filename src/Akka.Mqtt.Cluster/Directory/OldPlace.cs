namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// The messages of a session at its previous node. They are queued until the new place wants them, then sent there in order. A message
/// belongs to the old place unless its node has announced a cut, and flushed the message with the turn of the cut or a later one. Not
/// thread safe.
/// </summary>
/// <typeparam name="TNode">A node.</typeparam>
/// <typeparam name="TItem">Messages, and steps that follow them.</typeparam>
/// <param name="send">Sends to the new place.</param>
internal sealed class OldPlace<TNode, TItem>(Action<TItem> send)
    where TNode : notnull
{
    private readonly Dictionary<TNode, long> _cuts = [];
    private List<TItem>? _kept = [];

    /// <summary>The messages and steps that wait for <see cref="Begin"/>.</summary>
    public IReadOnlyList<TItem> Kept => _kept ?? [];

    /// <summary>Whether the new place does not have the session yet, so that all messages are queued.</summary>
    public bool IsKeeping => _kept is not null;

    /// <summary>Whether a message belongs here.</summary>
    /// <param name="node">The node of its publisher.</param>
    /// <param name="turn">The turn with which it was flushed.</param>
    public bool IsHere(TNode node, long turn) => !_cuts.TryGetValue(node, out var cut) || turn < cut;

    /// <summary>Takes messages or a step for the new place.</summary>
    public void Put(TItem item)
    {
        if (_kept is null)
            send(item);
        else
            _kept.Add(item);
    }

    /// <summary>A node has announced its cut. Only the first one counts.</summary>
    public void Cut(TNode node, long turn) => _cuts.TryAdd(node, turn);

    /// <summary>Whether each of some nodes has announced its cut, and so knows the new place.</summary>
    public bool HasCuts(IEnumerable<TNode> nodes) => nodes.All(_cuts.ContainsKey);

    /// <summary>The new place has the session: sends it the queued messages.</summary>
    public void Begin()
    {
        foreach (var item in TakeKept())
            send(item);
    }

    /// <summary>Stops queueing.</summary>
    /// <returns>The queued messages.</returns>
    public List<TItem> TakeKept()
    {
        var kept = _kept ?? [];
        _kept = null;
        return kept;
    }
}
