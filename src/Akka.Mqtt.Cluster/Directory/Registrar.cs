using Akka.Cluster;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// Knows which node has which session, for the sessions for which this node is responsible. It grants nothing before all members have
/// reported their sessions for the same list of members. Therefore two registrars never grant the same session. It allows one move of a
/// session at a time. Not thread safe; owned by one actor.
/// </summary>
/// <param name="self">This node.</param>
/// <param name="send">Sends to a node, this one included.</param>
internal sealed class Registrar(UniqueAddress self, Action<UniqueAddress, DirectoryMessage> send)
{
    private readonly Dictionary<SessionKey, Entry> _entries = [];
    private readonly Dictionary<UniqueAddress, int> _missing = []; // nodes whose reports are not complete, and the next part
    private readonly Dictionary<(UniqueAddress Node, SessionKey Key), long> _superseded = [];
    private readonly HashSet<SessionKey> _moving = []; // sessions with a claimant
    private readonly Dictionary<UniqueAddress, List<Grant>> _grants = []; // of this turn
    private Members _members = Members.None;
    private long _term;
    private long _epoch;

    /// <summary>Whether all members have reported.</summary>
    public bool IsReady => _missing.Count == 0 && _members.Contains(self);

    /// <summary>The number of sessions that it knows.</summary>
    public int Count => _entries.Count;

    /// <summary>The members have changed: asks all of them for new reports.</summary>
    /// <param name="members">The members.</param>
    /// <param name="epoch">A number higher than all epochs so far: the wall clock in microseconds.</param>
    public void Begin(Members members, long epoch)
    {
        _members = members;
        _epoch = Math.Max(_epoch + 1, epoch);
        _term = _epoch;
        _entries.Clear();
        _missing.Clear();
        _superseded.Clear();
        _moving.Clear();
        _grants.Clear();
        if (!members.Contains(self))
            return;
        foreach (var node in members.Nodes)
            _missing[node] = 0;
        Resend();
    }

    /// <summary>Sends messages again that were not answered.</summary>
    public void Resend()
    {
        foreach (var (node, part) in _missing)
            send(node, new ReportWanted(self, _members.Number, _term, part));
        foreach (var node in _superseded.GroupBy(static each => each.Key.Node).ToList())
            send(node.Key, new Superseded(self, _term, [.. node.Take(1000).Select(static each => new KeyEpoch(each.Key.Key, each.Value))]));
        if (!IsReady)
            return;
        foreach (var key in _moving)
        {
            var entry = _entries[key];
            Grant(entry.Claimant!, new Grant(key, entry.ClaimRequest, entry.ClaimEpoch, entry.Owner)); // sent again, because the grant or its answer may be lost
        }
        SendGrants();
    }

    /// <summary>
    /// A node that now knows the same members asks for the term. Its report counts once in a term, because it may repeat an earlier report
    /// after a session has moved on. The node cannot have got sessions from other registrars, because these would need a report of this
    /// node.
    /// </summary>
    public void Receive(TermWanted wanted)
    {
        if (wanted.View == _members.Number && _members.Contains(self) && _members.Contains(wanted.From))
            send(wanted.From, new ReportWanted(self, _members.Number, _term, _missing.GetValueOrDefault(wanted.From)));
    }

    public void Receive(Report report)
    {
        if (report.Term != _term || !_missing.TryGetValue(report.From, out var part) || part != report.Part)
            return;
        foreach (var session in report.Sessions)
            Add(report.From, session);
        if (!report.IsLast)
        {
            _missing[report.From] = part + 1;
            send(report.From, new ReportWanted(self, _members.Number, _term, part + 1));
            return;
        }
        _missing.Remove(report.From);
    }

    public void Receive(Claims claims)
    {
        if (!IsOfTerm(claims.From, claims.Term))
            return; // the node claims again
        foreach (var (key, request, after) in claims.Sessions)
        {
            _epoch = Math.Max(_epoch, after);
            Claim(claims.From, key, request);
        }
        SendGrants();
    }

    public void Receive(Settled settled)
    {
        if (!IsOfTerm(settled.From, settled.Term))
            return; // the node sends it again
        foreach (var (key, epoch, isTaken) in settled.Sessions)
        {
            if (!_entries.TryGetValue(key, out var entry) || entry.Claimant?.Equals(settled.From) != true || entry.ClaimEpoch != epoch)
                continue;
            if (isTaken)
                (entry.Owner, entry.Epoch) = (settled.From, epoch);
            entry.Claimant = null;
            _moving.Remove(key);
            if (entry is { Owner: null, Waiting: null })
                _entries.Remove(key);
            else
                Next(key, entry);
        }
        send(settled.From, new SettledHeard(self, settled.Sessions));
        SendGrants();
    }

    public void Receive(Ended ended)
    {
        if (ended.Term != _term)
            return;
        foreach (var (key, epoch) in ended.Sessions)
        {
            _superseded.Remove((ended.From, key));
            if (!_entries.TryGetValue(key, out var entry) || entry.Owner?.Equals(ended.From) != true || entry.Epoch > epoch)
                continue;
            if (entry.Claimant is null)
                _entries.Remove(key);
            else
                entry.Owner = null;
        }
    }

    /// <summary>
    /// Whether a node knows the term. A node with an earlier term reports again, and so learns this one. This is needed because the same
    /// members may have existed before, and messages of that time may arrive late.
    /// </summary>
    private bool IsOfTerm(UniqueAddress node, long term)
    {
        if (term < _term)
            Receive(new TermWanted(node, _members.Number));
        return term == _term && IsReady;
    }

    private void Claim(UniqueAddress from, in SessionKey key, long request)
    {
        if (!_entries.TryGetValue(key, out var entry))
            _entries.Add(key, entry = new Entry());
        if (entry.Claimant is { } claimant)
        {
            if (!claimant.Equals(from))
            {
                entry.Waiting?.RemoveAll(each => each.Node.Equals(from));
                (entry.Waiting ??= []).Add((from, request));
                return;
            }
            if (entry.ClaimRequest > request)
                return; // an old message
            if (entry.ClaimRequest != request)
                (entry.ClaimRequest, entry.ClaimEpoch) = (request, ++_epoch); // its earlier claim is void
            Grant(from, new Grant(key, request, entry.ClaimEpoch, entry.Owner));
            return;
        }
        if (entry.Owner is null || entry.Owner.Equals(from))
        {
            (entry.Owner, entry.Epoch) = (from, ++_epoch);
            Grant(from, new Grant(key, request, _epoch, null));
            return;
        }
        (entry.Claimant, entry.ClaimRequest, entry.ClaimEpoch) = (from, request, ++_epoch);
        _moving.Add(key);
        Grant(from, new Grant(key, request, _epoch, entry.Owner));
    }

    private void Next(in SessionKey key, Entry entry)
    {
        if (entry.Waiting is not { } waiting)
            return;
        var next = waiting[0];
        waiting.RemoveAt(0);
        if (waiting.Count == 0)
            entry.Waiting = null;
        Claim(next.Node, key, next.Request);
    }

    private void Add(UniqueAddress from, in ReportedSession session)
    {
        _epoch = Math.Max(_epoch, session.Epoch);
        if (!_entries.TryGetValue(session.Key, out var entry))
            _entries.Add(session.Key, entry = new Entry());
        if (session.IsMoving)
        {
            if (entry.Claimant is null || entry.ClaimEpoch < session.Epoch)
                (entry.Claimant, entry.ClaimRequest, entry.ClaimEpoch) = (from, 0, session.Epoch);
            _moving.Add(session.Key);
            return;
        }
        if (entry.Owner is { } other && !other.Equals(from))
        {
            // Two nodes have the session: it moved while links were lost, or two clusters have joined. The newer session counts.
            var isLater = entry.Epoch < session.Epoch;
            _superseded[isLater ? (other, session.Key) : (from, session.Key)] = Math.Max(entry.Epoch, session.Epoch);
            if (!isLater)
                return;
        }
        (entry.Owner, entry.Epoch) = (from, from.Equals(entry.Owner) ? Math.Max(entry.Epoch, session.Epoch) : session.Epoch);
        if (entry.Claimant?.Equals(from) != true || entry.ClaimEpoch > session.Epoch)
            return;
        entry.Claimant = null;
        _moving.Remove(session.Key);
    }

    private void Grant(UniqueAddress to, in Grant grant)
    {
        if (!_grants.TryGetValue(to, out var grants))
            _grants.Add(to, grants = []);
        grants.Add(grant);
    }

    private void SendGrants()
    {
        foreach (var (node, grants) in _grants)
            send(node, new Grants(self, _term, [.. grants]));
        _grants.Clear();
    }

    private sealed class Entry
    {
        public UniqueAddress? Owner { get; set; }

        public long Epoch { get; set; }

        /// <summary>The node that is fetching it; null for none.</summary>
        public UniqueAddress? Claimant { get; set; }

        public long ClaimRequest { get; set; }

        public long ClaimEpoch { get; set; }

        /// <summary>Nodes that get it next; each is listed once.</summary>
        public List<(UniqueAddress Node, long Request)>? Waiting { get; set; }
    }
}
