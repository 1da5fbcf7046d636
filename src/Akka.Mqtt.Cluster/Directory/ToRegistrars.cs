using Akka.Cluster;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// The messages of a node to registrars about single sessions. It collects them, so that each registrar receives one message for all that
/// happened in one turn. Not thread safe.
/// </summary>
/// <param name="self">The node.</param>
/// <param name="send">Sends to a node, this one included.</param>
internal sealed class ToRegistrars(UniqueAddress self, Action<UniqueAddress, DirectoryMessage> send)
{
    private readonly Dictionary<UniqueAddress, List<SessionClaim>> _claims = [];
    private readonly Dictionary<UniqueAddress, List<KeyEpoch>> _ended = [];

    /// <summary>A client wants a session.</summary>
    public void Add(UniqueAddress registrar, in SessionClaim claim) => Of(_claims, registrar).Add(claim);

    /// <summary>A session has ended.</summary>
    public void Add(UniqueAddress registrar, in KeyEpoch ended) => Of(_ended, registrar).Add(ended);

    /// <summary>Drops everything that was collected.</summary>
    public void Clear()
    {
        _claims.Clear();
        _ended.Clear();
    }

    /// <summary>Sends the messages.</summary>
    /// <param name="terms">
    /// The terms of the registrars. A registrar whose term is unknown is asked for it; its sessions are claimed again later.
    /// </param>
    /// <param name="view">See <see cref="TermWanted.View"/>.</param>
    public void Flush(Dictionary<UniqueAddress, long> terms, ulong view)
    {
        foreach (var (node, ended) in _ended)
        {
            if (terms.TryGetValue(node, out var term))
                send(node, new Ended(self, term, [.. ended]));
        }
        foreach (var (node, claims) in _claims)
        {
            if (terms.TryGetValue(node, out var term))
                send(node, new Claims(self, term, [.. claims]));
            else
                send(node, new TermWanted(self, view));
        }
        Clear();
    }

    private static List<T> Of<T>(Dictionary<UniqueAddress, List<T>> lists, UniqueAddress node)
    {
        if (!lists.TryGetValue(node, out var list))
            lists.Add(node, list = []);
        return list;
    }
}
