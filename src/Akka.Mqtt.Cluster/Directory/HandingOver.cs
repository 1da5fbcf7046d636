using Akka.Cluster;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// Hands over the sessions of a leaving node. It offers them to the other members, which then fetch them like sessions that clients want.
/// Not thread safe; owned by the directory actor.
/// </summary>
/// <param name="self">This node.</param>
/// <param name="owners">The sessions of this node.</param>
/// <param name="send">Sends to a node.</param>
/// <param name="isBound">Whether a session is in a storage that no other node can use.</param>
internal sealed class HandingOver(UniqueAddress self, SessionOwners owners, Action<UniqueAddress, DirectoryMessage> send, Predicate<SessionKey> isBound)
{
    // The most sessions on offer, because they use memory on the nodes that claim them.
    private const int MostAtOnce = 1000;

    // The most bytes of identifiers in one message.
    private const int MostBytes = 16 * 1024;

    // A session that has not moved after this number of ticks is offered again, to the next member.
    private const int TicksBetween = 25;

    private readonly Dictionary<SessionKey, int> _offered = []; // with the tick at which they are offered again
    private readonly HashSet<SessionKey> _staying = [];
    private readonly Queue<SessionKey> _rest = new();
    private int _tick;
    private int _turn; // counts the offers: members take turns

    /// <summary>The number of sessions left here that another node could take.</summary>
    public int Left => owners.Owned.Keys.Count(key => !_staying.Contains(key) && !isBound(key));

    /// <summary>Whether many of the offered sessions have moved, and others are not yet offered.</summary>
    public bool MayContinue => _offered.Count < MostAtOnce / 2 && _rest.Count > 0;

    /// <summary>A session is no longer here.</summary>
    public void Remove(in SessionKey key) => _offered.Remove(key);

    /// <summary>A session cannot be moved: only this node has its storage.</summary>
    public void Stays(in SessionKey key)
    {
        _offered.Remove(key);
        _staying.Add(key);
    }

    /// <summary>Counts a tick.</summary>
    public void Tick() => _tick++;

    /// <summary>Offers sessions that are not yet offered, and offers those again that no node has fetched.</summary>
    /// <param name="others">The other members.</param>
    /// <returns>Whether no session is left that another node could take.</returns>
    public bool Continue(IReadOnlyList<UniqueAddress> others)
    {
        if (others.Count == 0)
            return true;
        if (_rest.Count == 0 && _offered.Count == 0)
        {
            foreach (var key in owners.Owned.Keys)
            {
                if (!_staying.Contains(key) && !isBound(key))
                    _rest.Enqueue(key);
            }
        }
        var due = new List<SessionKey>();
        foreach (var (key, again) in _offered)
        {
            if (!owners.Owned.ContainsKey(key))
                _offered.Remove(key);
            else if (_tick >= again)
                due.Add(key);
        }
        while (_offered.Count + due.Count < MostAtOnce && _rest.TryDequeue(out var next))
        {
            if (owners.Owned.ContainsKey(next) && !_offered.ContainsKey(next))
                due.Add(next);
        }
        foreach (var key in due)
            _offered[key] = _tick + TicksBetween;
        Offer(due, others);
        return _rest.Count == 0 && _offered.Count == 0;
    }

    private void Offer(List<SessionKey> keys, IReadOnlyList<UniqueAddress> others)
    {
        var messages = new Dictionary<UniqueAddress, (List<SessionKey> Keys, int Bytes)>();
        foreach (var key in keys)
        {
            var to = others[(int)((uint)_turn++ % (uint)others.Count)];
            var (offers, bytes) = messages.TryGetValue(to, out var begun) ? begun : ([], 0);
            offers.Add(key);
            bytes += 3 * (key.ClientId.Length + key.MountPoint.Length + (key.User?.Length ?? 0)); // the most bytes in UTF-8
            messages[to] = (offers, bytes);
            if (bytes < MostBytes)
                continue;
            messages.Remove(to);
            send(to, new HandOver(self, [.. offers]));
        }
        foreach (var (to, (offers, _)) in messages)
            send(to, new HandOver(self, [.. offers]));
    }
}
