using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Sessions;
using Akka.Mqtt.Server.Shared;
using static Akka.Mqtt.Cluster.Directory.DirectoryEvents;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// Runs the <see cref="DirectoryNode"/> of this node. Clients wait here until their sessions are on this node. It has the same path on all nodes.
/// </summary>
internal sealed class DirectoryActor : UntypedActor, IWithTimers, IOwnershipHost
{
    // The number of ticks between two searches for sessions of nodes that are in no cluster.
    private const int TicksBetweenAdoptions = 50;

    private readonly SessionOwners _owners;
    private readonly ServerContext _context;
    private readonly UniqueAddress _self;
    private readonly DirectoryNode _node;
    private readonly MovedSessions _sessions;
    private readonly DurableMoves? _durable; // with a database that the nodes share
    private readonly Adoption? _adoption; // likewise
    private readonly HashSet<UniqueAddress> _left = []; // nodes that were members
    private readonly TimeSpan _tick;
    private readonly Dictionary<SessionKey, List<object>> _waiting = []; // messages for the registry when the session is here
    private readonly Dictionary<SessionKey, (string? User, bool Discards)> _held = []; // sessions that may move to the next node after they have arrived
    private readonly Moves _moves;
    private HandingOver? _handingOver; // set while this node leaves
    private readonly DirectoryPeers _peers = new(Context);
    private UniqueAddress[] _members = [];
    private long _view; // number of the list of members
    private int _ticks;
    private bool _isLoaded; // the durable sessions of this node are loaded
    private bool _isFlushing; // Flush is in the mailbox

    public DirectoryActor(ServerContext context, MqttClusterSettings settings, UniqueAddress self, Moves moves, Heirs heirs)
    {
        _moves = moves;
        _moves.Directory = heirs.Directory = Self;
        (_context, _self, _owners) = (context, self, (SessionOwners)context.Owners!);
        _owners.Patience = settings.TakeOverTimeout;
        _tick = settings.ResendInterval / 5;
        _sessions = new MovedSessions(context, (ExtendedActorSystem)Context.System, moves);
        if (context.Engine?.Shared is { } shared)
            (_durable, _adoption) = (
                new DurableMoves(context, moves, heirs, shared, _owners, Self, Context.System.Scheduler),
                new Adoption(shared, Self, Context.System.Scheduler, settings.TakeOverTimeout, Context.GetLogger()));
        _node = new DirectoryNode(self, this, Send, settings.FrameSize, (long)settings.TakeOverTimeout.TotalMilliseconds, _owners.Owned);
        _node.Ownership.Hold();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props PropsFor(ServerContext context, MqttClusterSettings settings, UniqueAddress self, Moves moves, Heirs heirs) =>
        Props.Create(() => new DirectoryActor(context, settings, self, moves, heirs)).WithDeploy(Deploy.Local);

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, _tick);
        if (_context.Engine?.Shared is { } shared)
        {
            _durable!.Begin();
            Timers.StartPeriodicTimer(SettledTick.Instance, SettledTick.Instance, DurableMoves.Interval);
            shared.Lost.PipeTo(Self, Self, static () => Fenced.Instance);
        }
        if (_context.Engine is null)
            _isLoaded = true;
        else
            LoadAsync().PipeTo(Self, Self, static () => Loaded.Instance, static error => new Status.Failure(error));
    }

    protected override void PostStop()
    {
        if (_handingOver is { Left: > 0 and var left })
            Context.GetLogger().Warning("This node leaves its cluster with {Count} sessions that no other node has taken: those in its memory end", left);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case HandOver handOver:
                Claim(handOver);
                break;
            case DirectoryMessage from:
                _node.Receive(from);
                break;
            case SessionOwners.Wanted { Message: OpenSession open } when _owners.IsRemoved:
                open.Handshake.Tell(new SessionRefused(ReasonCode.UseAnotherServer, _owners.Removed.Result, open.Connection));
                break;
            case SessionOwners.Wanted { Message: OpenSession open } wanted:
                Want(wanted.Key, open);
                break;
            case SessionOwners.Wanted { Message: ConnectionLost lost }:
                if (!_waiting.TryGetValue(lost.Key, out var before))
                    _owners.Registry.Tell(new SessionProtocol.LostBehind(lost));
                else if (before.RemoveAll(each => each is OpenSession open && open.Connection.Equals(lost.Connection)) == 0)
                    before.Add(new SessionProtocol.LostBehind(lost)); // otherwise the client disconnected before it received its session
                break;
            case SessionOwners.SessionEnded ended:
                _moves.End(ended.Key);
                _node.Ownership.End(ended.Key, ended.Epoch);
                break;
            case SessionProtocol.GivenUp given:
                GaveUp(given);
                break;
            case Moves.Arrived arrived:
                MoveOn(arrived.Key);
                break;
            case Moves.Left { Departure: MovedMessages messages }:
                _sessions.RemoveRoutes(messages);
                break;
            case Moves.Left { Departure: DurableDeparture departure }:
                _durable!.Left(departure, _members.Contains);
                break;
            case MembersChanged changed:
                _left.UnionWith(_members);
                _left.ExceptWith(changed.Departed);
                _members = changed.Members;
                SetMembers();
                break;
            case Joined:
                _node.Ownership.Release();
                _owners.IsJoining = false; // after the waiting clients
                break;
            case Loaded:
                _isLoaded = true;
                SetMembers();
                break;
            case Status.Failure failure:
                Context.GetLogger().Error(failure.Cause, "The storage cannot say which sessions it has: this node takes no clients.");
                break;
            case HandOverAll:
                _handingOver ??= new HandingOver(_self, _owners, Send, key => _context.Engine is not null && _durable is null && _context.Clients.Parked.Find(key) != 0);
                HandOverMore();
                break;
            case SettledTick:
                _durable!.AskSettled();
                return;
            case DurableMoves.GaveUp given:
                GaveUp(given);
                break;
            case DurableMoves.Departed departed:
                if (_durable!.Continue(departed, _members.Contains) is { } back)
                    _owners.Owned.TryAdd(back.Key, back.Epoch);
                break;
            case DurableMoves.Claimed claimed:
                _node.Ownership.Claimed(claimed.Key, claimed.Epoch, _durable!.Settle(claimed));
                break;
            case DurableMoves.Settled settled:
                foreach (var key in _durable!.Take(settled))
                    ((IOwnershipHost)this).Opened(key, _owners.Owned.GetValueOrDefault(key));
                break;
            case Adoption.Adopted adopted:
                if (!_adoption!.MustWait(adopted, _durable!.Adopt(adopted, _sessions.Raise)) && adopted.View == _view)
                    _node.SetMembers(_members, _context.UtcNow); // only now this node reports its sessions to the registrars, and they grant them
                break;
            case Adoption.Again again:
                _adoption!.Repeat(again, _left, _members, _view);
                break;
            case Heirs.Inherited inherited:
                _durable!.End(inherited.Inheritance);
                break;
            case Fenced:
                Fence();
                break;
            case Tick:
                _node.Tick(_context.UtcNow);
                if (++_ticks % TicksBetweenAdoptions == 0 && IsAdopter)
                    _adoption!.Begin(_left, _members, 0); // of nodes that were never members while this one was
                _moves.Resend();
                _handingOver?.Tick();
                HandOverMore();
                _durable?.Resend();
                foreach (var key in _held.Keys.Where(each => !_context.Clients.Contains(each)).ToList())
                {
                    _moves.End(key); // it has ended in the meantime
                    MoveOn(key);
                }
                break;
            case Flush:
                _isFlushing = false;
                if (_handingOver is { MayContinue: true })
                    HandOverMore();
                _node.Ownership.Flush();
                return;
            default:
                Unhandled(message);
                return;
        }
        if (_isFlushing)
            return;
        _isFlushing = true;
        Self.Tell(Flush.Instance, ActorRefs.NoSender); // behind the messages in the mailbox now, whose results are sent together
    }

    private void Want(in SessionKey key, OpenSession open)
    {
        if (!_waiting.TryGetValue(key, out var waiting))
            _waiting.Add(key, waiting = []);
        waiting.Add(open);
        try
        {
            _node.Ownership.Want(key, open.Identity.UserName, open.Connect.CleanStart, _context.UtcNow);
        }
        catch
        {
            ((IOwnershipHost)this).Refused(key, FetchAnswer.None); // the other clients that wait for it: they may connect again
            throw;
        }
    }

    void IOwnershipHost.Opened(in SessionKey key, long epoch)
    {
        _sessions.Raise(epoch);
        if (_owners.Settling.ContainsKey(key))
            return;
        if (!_waiting.Remove(key, out var waiting) || waiting.Count == 0)
        {
            if (!_context.Clients.Contains(key))
                _owners.Ended(key); // it ended before it moved here, or its client disconnected: no new one starts
            return;
        }
        foreach (var message in waiting)
            _owners.Registry.Tell(message);
    }

    void IOwnershipHost.Refused(in SessionKey key, FetchAnswer why)
    {
        if (!_waiting.Remove(key, out var waiting))
            return;
        foreach (var open in waiting.OfType<OpenSession>())
            open.Handshake.Tell(FetchRefusal.Of(why, open.Connection));
    }

    void IOwnershipHost.GiveUp(in SessionKey key, string? user, bool discards)
    {
        if (_moves.IsArriving(key))
        {
            _held[key] = (user, discards);
            return;
        }
        _owners.GivenUp[key] = true;
        var giveUp = new SessionProtocol.GiveUp(key, user, discards, Self) { IsForAnyUser = _handingOver is not null && !discards };
        if (_durable?.Delays(key, () => _owners.Registry.Tell(giveUp)) != true)
            _owners.Registry.Tell(giveUp);
    }

    bool IOwnershipHost.TryTake(in SessionKey key, long epoch, UniqueAddress from, byte[]? content) =>
        _durable is null || (content is not null && _durable.TryClaim(key, epoch, from, content));

    void IOwnershipHost.Restore(in SessionKey key)
    {
        _owners.GivenUp.TryRemove(key, out _);
        if (_durable?.Restore(key) != true)
            _sessions.Restore(key);
    }

    void IOwnershipHost.Forget(in SessionKey key, long epoch, UniqueAddress to, bool isOver)
    {
        _owners.GivenUp.TryRemove(key, out _);
        _handingOver?.Remove(key);
        if (_durable?.Forget(key, epoch, to, isOver) != true)
            _sessions.Forget(key, epoch, isOver ? _self : to);
    }

    void IOwnershipHost.Install(in SessionKey key, long epoch, UniqueAddress? from, byte[] content)
    {
        if (_durable?.Install(key) != true)
            _sessions.Install(key, epoch, from, content, _owners.Registry);
    }

    void IOwnershipHost.Supersede(in SessionKey key) => _owners.Registry.Tell(new SessionProtocol.Ask(
        key, new SessionProtocol.Evict(new MqttServer.DisconnectClient(key.ClientId) { Reason = ReasonCode.SessionTakenOver, EndSession = true }, ActorRefs.Nobody)));

    private void GaveUp(SessionProtocol.GivenUp given)
    {
        var key = given.Request.Key;
        if (given.How == SessionProtocol.Outcome.Parked && _durable?.TryGiveUp(key) == true)
            return; // the database will answer
        if (given.How == SessionProtocol.Outcome.Parked && _sessions.TryTake(key, out var content))
        {
            if (content is not null)
            {
                _node.Ownership.GaveUp(key, FetchAnswer.Part, content);
                return;
            }
        }
        else if (given.How == SessionProtocol.Outcome.Parked)
        {
            _owners.Registry.Tell(given.Request); // an actor has taken it in the meantime
            return;
        }
        _owners.GivenUp.TryRemove(key, out _);
        if (given.How == SessionProtocol.Outcome.Durable)
            _handingOver?.Stays(key);
        _node.Ownership.GaveUp(
            key,
            given.How switch
            {
                SessionProtocol.Outcome.OfOtherUser => FetchAnswer.OtherUser,
                SessionProtocol.Outcome.Durable => FetchAnswer.Stays,
                _ => FetchAnswer.None,
            },
            null);
    }

    private void GaveUp(DurableMoves.GaveUp given)
    {
        var content = _durable!.Begin(given);
        if (content is null)
            _owners.GivenUp.TryRemove(given.Key, out _);
        _node.Ownership.GaveUp(given.Key, content is null ? FetchAnswer.None : FetchAnswer.Part, content);
    }

    /// <summary>Another node has the durable sessions of this one: disconnects their clients and grants no sessions here any more.</summary>
    private void Fence()
    {
        _owners.Remove("other nodes have taken over the durable sessions of this one"); // the storage has logged it
        foreach (var entry in _context.Clients)
        {
            if (entry is not { Connection: not null, Target.Session: not 0 })
                continue;
            _owners.Registry.Tell(new SessionProtocol.Ask(
                entry.Key, new SessionProtocol.Evict(new MqttServer.DisconnectClient(entry.Key.ClientId) { Reason = ReasonCode.UseAnotherServer }, ActorRefs.Nobody)));
        }
    }

    /// <summary>A leaving node hands over its sessions: this one claims them, unless it cannot keep them.</summary>
    private void Claim(HandOver handOver)
    {
        if (_context.Lifecycle.IsDraining || _owners.IsRemoved || _owners.NotReady is not null || _context.Watermark.Level >= LoadLevel.RefuseConnects)
            return; // the leaving node offers them to the next node
        foreach (var key in handOver.Sessions)
        {
            if (!_owners.Owned.ContainsKey(key))
                _node.Ownership.Want(key, null, discards: false, _context.UtcNow);
        }
    }

    /// <summary>Hands more sessions over to the other members, and reports when none is left.</summary>
    private void HandOverMore()
    {
        if (_handingOver is null)
            return;
        var isOver = _handingOver.Continue([.. _members.Where(each => !each.Equals(_self))]);
        if (isOver && !_node.Ownership.IsBusy && !_moves.IsBusy && _durable?.IsBusy != true)
            Context.Parent.Tell(HandedOver.Instance);
    }

    private void MoveOn(in SessionKey key)
    {
        if (_held.Remove(key, out var wanted))
            ((IOwnershipHost)this).GiveUp(key, wanted.User, wanted.Discards);
    }

    private void SetMembers()
    {
        if (!_isLoaded)
            return;
        _peers.Keep(_members);
        _view++;
        if (_members.Contains(_self))
        {
            _left.ExceptWith(_members);
            _durable?.Close();
        }
        if (IsAdopter && _left.Count > 0)
            _adoption!.Begin(_left, _members, _view); // first, because all registrars wait for the report of this node
        else
            _node.SetMembers(_members, _context.UtcNow);
    }

    /// <summary>Whether this node takes over the durable sessions of lost nodes: exactly one member does.</summary>
    private bool IsAdopter => _durable is not null && _members.Contains(_self) && _members.Min()!.Equals(_self);

    private void Send(UniqueAddress to, DirectoryMessage message)
    {
        if (to.Equals(_self))
            Self.Tell(message);
        else
            _peers.Send(to, message);
    }

    /// <summary>Loads the durable sessions of this node from the storage.</summary>
    private async Task LoadAsync()
    {
        await foreach (var stored in _context.Engine!.LoadSessionsAsync(_context.Stopped.Token).ConfigureAwait(false))
            _owners.Owned.TryAdd(stored.Key, stored.Epoch);
    }
}
