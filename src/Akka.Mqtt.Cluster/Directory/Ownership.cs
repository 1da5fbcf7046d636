using System.Collections.Concurrent;
using Akka.Cluster;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// The sessions of this node. It claims the sessions that clients want, fetches them from the nodes that have them, and gives up sessions that other nodes
/// claim. A session is on one node at a time: the old node deletes it before the new one uses it. Not thread safe, except <see cref="Owned"/>; owned by one
/// actor.
/// </summary>
/// <param name="self">This node.</param>
/// <param name="host">Carries out the changes.</param>
/// <param name="send">Sends to a node, this one included.</param>
/// <param name="partSize">Most bytes of a session in one message.</param>
/// <param name="patience">How long a client waits, in milliseconds.</param>
/// <param name="owned">The table of its sessions; null to create one.</param>
internal sealed class Ownership(UniqueAddress self, IOwnershipHost host, Action<UniqueAddress, DirectoryMessage> send, int partSize, long patience, ConcurrentDictionary<SessionKey, long>? owned = null)
{
    private const int PartsAtOnce = 16;
    internal const int SessionsInReport = 500;
    // More parts than any session has, so that a damaged message cannot use much memory.
    private const int MostParts = 1 << 20;

    private readonly Dictionary<SessionKey, WantedSession> _wanted = [];
    private readonly Dictionary<SessionKey, GivenSession> _giving = [];
    private readonly Dictionary<SessionKey, SettledSession> _unsettled = [];
    private readonly Dictionary<UniqueAddress, long> _terms = [];
    private readonly Dictionary<UniqueAddress, (long Term, List<ReportedSession> Sessions)> _reports = [];
    private readonly ToRegistrars _toRegistrars = new(self, send);
    private Members _members = Members.None;
    private long _request; // of the last claim
    private bool _isHeld; // no client gets a session

    /// <summary>The sessions of this node, and their epochs. Code that removes one must call <see cref="End"/>.</summary>
    public ConcurrentDictionary<SessionKey, long> Owned { get; } = owned ?? new();

    /// <summary>Whether clients wait, or sessions are being moved.</summary>
    public bool IsBusy => _wanted.Count + _giving.Count + _unsettled.Count > 0;

    /// <summary>A client wants a session here.</summary>
    public void Want(in SessionKey key, string? user, bool discards, long now)
    {
        if (!_isHeld && Owned.TryGetValue(key, out var epoch))
        {
            host.Opened(key, epoch);
            return;
        }
        if (_wanted.TryGetValue(key, out var before))
        {
            if (before.IsRefused)
                (before.IsRefused, before.Deadline) = (false, now + patience);
            return;
        }
        var want = new WantedSession(key, user, discards, now + patience) { Request = ++_request };
        _wanted.Add(key, want);
        Claim(want);
    }

    /// <summary>Makes clients wait until <see cref="Release"/>, also for sessions of this node, at most as long as for another node.</summary>
    public void Hold() => _isHeld = true;

    /// <summary>Clients get sessions again.</summary>
    public void Release()
    {
        _isHeld = false;
        foreach (var want in _wanted.Values.Where(static each => each.From is null).ToList())
        {
            if (!Owned.TryGetValue(want.Key, out var epoch))
            {
                Claim(want);
                continue;
            }
            _wanted.Remove(want.Key);
            host.Opened(want.Key, epoch);
        }
    }

    /// <summary>A session has ended, and was removed from <see cref="Owned"/>.</summary>
    public void End(in SessionKey key, long epoch)
    {
        if (_members.RegistrarOf(key) is not { } registrar || !_terms.ContainsKey(registrar))
            return;
        _toRegistrars.Add(registrar, new KeyEpoch(key, epoch));
    }

    /// <summary>Sends the messages that were collected in a turn.</summary>
    public void Flush() => _toRegistrars.Flush(_terms, _members.Number);

    /// <summary>Handles a change of the members.</summary>
    public void SetMembers(Members members)
    {
        _members = members;
        _terms.Clear();
        _reports.Clear();
        _toRegistrars.Clear();
        foreach (var giving in _giving.Values.Where(each => !members.Contains(each.To)).ToList())
            Abort(giving);
        foreach (var want in _wanted.Values.Where(each => each.From is { } from && !members.Contains(from)).ToList())
            Finish(want);
    }

    /// <summary>Sends messages again that were not answered.</summary>
    public void Resend(long now)
    {
        foreach (var want in _wanted.Values.ToList())
        {
            if (now >= want.Deadline && !want.IsRefused)
            {
                want.IsRefused = true;
                if (want.From is null)
                    _wanted.Remove(want.Key);
                host.Refused(want.Key, FetchAnswer.None);
                if (want.From is null)
                    continue;
            }
            if (want.From is not { } from)
                Claim(want);
            else if (want.Content is null)
                SendFetch(want);
            else
                send(from, new Fetched(self, want.Key, want.Epoch));
        }
        foreach (var settled in _unsettled.Values)
            SendSettled(settled);
        Flush();
    }

    public void Receive(ReportWanted wanted)
    {
        if (wanted.View != _members.Number)
            return; // one of the two knows older members; it asks again
        if (wanted.Part == 0 && (!_reports.TryGetValue(wanted.From, out var known) || known.Term < wanted.Term))
            _reports[wanted.From] = (wanted.Term, ReportedSessions.Of(wanted.From, _members, Owned, _giving.Values, _wanted.Values));
        if (!_reports.TryGetValue(wanted.From, out var report) || report.Term != wanted.Term || _terms.GetValueOrDefault(wanted.From) > wanted.Term)
            return;
        _terms[wanted.From] = wanted.Term;
        var sessions = report.Sessions.Skip(wanted.Part * SessionsInReport).Take(SessionsInReport).ToArray();
        var isLast = (wanted.Part + 1) * SessionsInReport >= report.Sessions.Count;
        send(wanted.From, new Report(self, wanted.Term, wanted.Part, isLast, sessions));
    }

    public void Receive(Grants grants)
    {
        if (!_terms.TryGetValue(grants.From, out var term) || term != grants.Term)
            return; // a grant of an earlier membership: another registrar may have granted the session later
        foreach (var grant in grants.Sessions)
            Receive(grant);
    }

    private void Receive(in Grant grant)
    {
        if (!_wanted.TryGetValue(grant.Key, out var want))
        {
            if (Owned.TryGetValue(grant.Key, out var mine))
            {
                Owned.TryUpdate(grant.Key, Math.Max(mine, grant.Epoch), mine);
                Settle(new SettledSession(grant.Key, grant.Epoch, IsTaken: true)); // granted twice: the registrar has not received the confirmation
                return;
            }
            if (_giving.ContainsKey(grant.Key))
                return;
            End(grant.Key, grant.Epoch); // no client waits any more
            if (!_unsettled.ContainsKey(grant.Key))
                Settle(new SettledSession(grant.Key, grant.Epoch, IsTaken: false));
            return;
        }
        if (want.From is not null || grant.Request != want.Request || grant.Epoch < want.LeastEpoch)
            return;
        want.Epoch = grant.Epoch;
        if (grant.Before is not { } before || before.Equals(self))
        {
            if (_giving.TryGetValue(grant.Key, out var giving) && !Abort(giving)) // the node that was to get it no longer fetches it
                return; // the registrar grants it again when it is no longer being given up
            want.HadOwner = grant.Before is not null;
            Take(want);
            return;
        }
        (want.From, want.HadOwner) = (before, true);
        if (_members.Contains(before))
            SendFetch(want);
        else
            Finish(want);
    }

    public void Receive(SessionPart part)
    {
        if (!_wanted.TryGetValue(part.Key, out var want) || want.Epoch != part.Epoch || want.Content is not null || want.From?.Equals(part.From) != true)
            return;
        switch (part.What)
        {
            case FetchAnswer.None:
                Take(want);
                return;
            case FetchAnswer.OtherUser or FetchAnswer.Stays:
                _wanted.Remove(part.Key);
                if (!want.IsRefused)
                    host.Refused(part.Key, part.What);
                Settle(new SettledSession(part.Key, want.Epoch, IsTaken: false));
                return;
        }
        if (part.Count is < 1 or > MostParts || part.Part < 0 || part.Part >= part.Count)
            return;
        want.Parts ??= new ReadOnlyMemory<byte>?[part.Count];
        if (want.Parts.Length != part.Count)
            return;
        want.Parts[part.Part] = part.Content;
        if (Array.IndexOf(want.Parts, null) is >= 0 and var missing)
        {
            if (part.Part + 1 == missing && missing % PartsAtOnce == 0)
                SendFetch(want);
            return;
        }
        want.Join();
        send(part.From, new Fetched(self, want.Key, want.Epoch));
    }

    public void Receive(Forgotten forgotten)
    {
        if (_wanted.TryGetValue(forgotten.Key, out var want) && want.Epoch == forgotten.Epoch && want.Content is not null)
            Finish(want);
    }

    public void Receive(SettledHeard heard)
    {
        foreach (var settled in heard.Sessions)
        {
            if (_unsettled.TryGetValue(settled.Key, out var waiting) && waiting == settled)
                _unsettled.Remove(settled.Key);
        }
    }

    public void Receive(Superseded superseded)
    {
        if (!_terms.TryGetValue(superseded.From, out var term) || term != superseded.Term)
            return;
        foreach (var (key, epoch) in superseded.Sessions)
        {
            if (Owned.TryGetValue(key, out var mine) && mine < epoch && Owned.TryRemove(KeyValuePair.Create(key, mine)))
                host.Supersede(key);
            else if (_giving.TryGetValue(key, out var giving) && giving is { Content: not null } && giving.Epoch <= epoch)
                Forget(giving, isOver: true);
            if (!Owned.ContainsKey(key) && !_giving.ContainsKey(key))
                End(key, epoch);
        }
    }

    public void Receive(Fetch fetch)
    {
        var key = fetch.Key;
        if (_wanted.TryGetValue(key, out var want) && want.From is null)
            want.LeastEpoch = Math.Max(want.LeastEpoch, fetch.Epoch); // an earlier grant may still arrive
        if (_giving.TryGetValue(key, out var giving))
        {
            if (giving.Epoch > fetch.Epoch || giving.IsAborted)
                return;
            (giving.To, giving.Epoch) = (fetch.From, fetch.Epoch);
            if (giving.Content is { } content)
                SendParts(giving, content, fetch.Part);
            return;
        }
        if (!_members.Contains(fetch.From))
            return; // the node asks again, and by then this node may know it
        if (!Owned.TryGetValue(key, out var mine))
        {
            Answer(fetch.From, key, fetch.Epoch, FetchAnswer.None);
            return;
        }
        if (mine >= fetch.Epoch || !Owned.TryRemove(KeyValuePair.Create(key, mine)))
            return; // an old message
        _giving.Add(key, new GivenSession(key, fetch.From, fetch.Epoch, mine));
        host.GiveUp(key, fetch.User, fetch.Discards);
    }

    /// <summary>A session was given up.</summary>
    /// <param name="key">The session.</param>
    /// <param name="answer">The answer: <see cref="FetchAnswer.Part"/> with content, or another one without.</param>
    /// <param name="content">The session.</param>
    public void GaveUp(in SessionKey key, FetchAnswer answer, byte[]? content)
    {
        if (!_giving.TryGetValue(key, out var giving))
            return;
        if (answer == FetchAnswer.Part)
        {
            giving.Content = content;
            if (giving.IsAborted)
                Abort(giving);
            else
                SendParts(giving, content!, 0);
            return;
        }
        _giving.Remove(key);
        if (answer != FetchAnswer.None)
            Owned[key] = giving.EpochBefore;
        Answer(giving.To, key, giving.Epoch, answer);
    }

    public void Receive(Fetched fetched)
    {
        if (_giving.TryGetValue(fetched.Key, out var giving))
        {
            if (giving.Epoch != fetched.Epoch || giving.Content is null)
                return;
            Forget(giving, isOver: false);
        }
        send(fetched.From, new Forgotten(self, fetched.Key, fetched.Epoch));
    }

    /// <summary>Handles the result of a claim that <see cref="IOwnershipHost.TryTake"/> has started: whether this node has the session now.</summary>
    public void Claimed(in SessionKey key, long epoch, bool isOurs)
    {
        var isWanted = _wanted.TryGetValue(key, out var want) && want.Epoch == epoch && want.From is not null;
        if (isWanted && isOurs)
            Take(want!);
        else if (isWanted)
            ClaimAgain(want!);
        else if (isOurs && Owned.TryAdd(key, epoch))
            host.Install(key, epoch, null, []);
    }

    private void Finish(WantedSession want)
    {
        if (host.TryTake(want.Key, want.Epoch, want.From!, want.Content))
            Take(want);
        else if (want.Content is null)
            ClaimAgain(want);
    }

    private void ClaimAgain(WantedSession want)
    {
        want.Restart(++_request);
        Claim(want);
    }

    private void Claim(WantedSession want)
    {
        if (!_isHeld && _members.RegistrarOf(want.Key) is { } registrar && _members.Contains(self)) // otherwise not yet a member, or no longer one
            _toRegistrars.Add(registrar, new SessionClaim(want.Key, want.Request, want.LeastEpoch));
    }

    private void Take(WantedSession want)
    {
        _wanted.Remove(want.Key);
        Owned[want.Key] = want.Epoch;
        if (want.Content is { } content)
            host.Install(want.Key, want.Epoch, want.From, content);
        if (want.HadOwner)
            Settle(new SettledSession(want.Key, want.Epoch, IsTaken: true));
        host.Opened(want.Key, want.Epoch);
    }

    private void Forget(GivenSession giving, bool isOver)
    {
        _giving.Remove(giving.Key);
        host.Forget(giving.Key, giving.Epoch, giving.To, isOver);
    }

    /// <summary>Keeps the session here; if it is still being given up, as soon as that is done.</summary>
    private bool Abort(GivenSession giving)
    {
        giving.IsAborted = true;
        if (giving.Content is null)
            return false;
        _giving.Remove(giving.Key);
        Owned[giving.Key] = giving.EpochBefore;
        host.Restore(giving.Key);
        return true;
    }

    private void Settle(in SettledSession settled)
    {
        _unsettled[settled.Key] = settled;
        SendSettled(settled);
    }

    private void SendSettled(in SettledSession settled)
    {
        if (_members.RegistrarOf(settled.Key) is not { } registrar)
            return;
        if (_terms.TryGetValue(registrar, out var term))
            send(registrar, new Settled(self, term, [settled]));
        else if (_members.Contains(self))
            send(registrar, new TermWanted(self, _members.Number));
    }

    private void SendFetch(WantedSession want) => send(
        want.From!,
        new Fetch(self, want.Key, want.Epoch, want.User, want.Discards, want.Parts is null ? 0 : Math.Max(0, Array.IndexOf(want.Parts, null))));

    private void SendParts(GivenSession giving, byte[] content, int from)
    {
        foreach (var part in giving.Parts(self, content, from, partSize, PartsAtOnce))
            send(giving.To, part);
    }

    private void Answer(UniqueAddress to, in SessionKey key, long epoch, FetchAnswer what) =>
        send(to, new SessionPart(self, key, epoch, what, 0, 0, default));
}
