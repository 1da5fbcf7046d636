using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Directories;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Finds or starts the actor of a client's session [MQTT-3.1.3-2]. The directory numbers the claims: of two connections for the same
/// session, the later one gets it. The registry also starts an actor for a parked session whose will or expiry is due. It is the parent of
/// all session actors.
/// </summary>
internal sealed class SessionRegistryActor : UntypedActor
{
    // The highest number of due sessions that get their actors at once, so that new connections are handled in between.
    private const int MostDue = 256;

    // The highest number of targets of parked sessions that one sweep checks.
    private const int MostSwept = 10_000;

    // Milliseconds between questions to the storage for sessions whose will or expiry is due.
    private const int PollInterval = 1000;

    // Time limit for publishing all wills before a stopping server disconnects its clients.
    private static readonly TimeSpan MostWillsTime = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestTimer = TimeSpan.FromHours(12);

    private readonly ServerContext _context;
    private readonly ISessionDirectory<IActorRef> _directory;
    private readonly Dictionary<IActorRef, (SessionKey Key, long Epoch)> _held = []; // of the children
    private readonly Dictionary<SessionKey, IActorRef> _claiming = []; // children for which the directory has not answered yet
    private readonly ILoggingAdapter _log = Context.GetSafeLogger();
    private readonly ClockTimer _timer;
    private long _alarm = long.MaxValue; // when the timer fires
    private bool _isAsking; // whether the storage has been asked and has not answered
    private int _wills; // while the server stops: sessions that have not published their wills yet
    private ClockTimer? _willsTimer;
    private SpreadDrain? _spread; // while the server stops

    public SessionRegistryActor(ServerContext context)
    {
        _context = context;
        _directory = context.Directory;
        _timer = new ClockTimer(context.Clock, Self, Due.Instance);
    }

    public static Props PropsFor(ServerContext context) =>
        Props.Create(() => new SessionRegistryActor(context)).WithDeploy(Deploy.Local).OnDispatcher(context.Settings);

    protected override SupervisorStrategy SupervisorStrategy() => new ChildEnds(
        error =>
        {
            _log.Error(error, "A session failed and is lost; its client is disconnected.");
            return Directive.Stop;
        },
        session =>
        {
            if (!_held.Remove(session, out var held))
                return;
            _ = _directory.ReleaseAsync(held.Key, held.Epoch).AsTask();
            TellOwners(held.Key);
        });

    protected override void PreStart()
    {
        if (_context.Engine is not { } engine)
            return;
        SetAlarm(0); // sessions of an earlier process may be due
        engine.CountAtStartAsync().PipeTo(Self, Self, static count => new CountedAtStart(count.Messages, count.Bytes));
    }

    protected override void PostStop()
    {
        _timer.Dispose();
        _willsTimer?.Dispose();
        _spread?.Dispose();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case OpenSession open when _context.Owners?.Owns(open.Key) == false:
                _context.Owners.Want(open.Key, open); // sent again to this actor when the session has moved here
                break;
            case OpenSession open:
                Hold(open.Key, open);
                break;
            case SessionProtocol.GiveUp giveUp:
                Hold(giveUp.Key, new SessionProtocol.Ask(giveUp.Key, giveUp));
                break;
            case Claimed claimed:
                _claiming.Remove(claimed.Key);
                Give(claimed.Session, claimed.Key, claimed.Epoch, claimed.Request);
                break;
            case ClaimFailed failed:
                _claiming.Remove(failed.Key);
                if (!_held.ContainsKey(failed.Session))
                    Context.Stop(failed.Session);
                _log.Error(failed.Cause, "The directory of sessions cannot find the holder of {Key}.", failed.Key);
                if (failed.Request is OpenSession refused)
                {
                    refused.Handshake.Tell(
                        new SessionRefused(ReasonCode.ServerUnavailable, "the directory of sessions failed", refused.Connection));
                }
                break;
            case SessionProtocol.Retire retire:
                SetAlarm(retire.Due);
                if (_held.TryGetValue(Sender, out var held) && held.Epoch == retire.Epoch)
                    Release(Sender, retire.Key, retire.Epoch);
                break;
            case Released released:
                StopActor(released.Session);
                break;
            case ConnectionLost lost when _context.Owners is { } owners:
                owners.Want(lost.Key, lost); // behind an OpenSession that may wait for the same session
                break;
            case ConnectionLost lost:
                _directory.Find(lost.Key)?.Tell(lost);
                break;
            case SessionProtocol.LostBehind behind:
                _directory.Find(behind.Lost.Key)?.Tell(behind.Lost);
                break;
            case SessionProtocol.Ask ask when _context.Owners?.IsGivenUp(ask.Key) == true:
                ask.Refuse();
                break;
            case SessionProtocol.Ask ask:
                Hold(ask.Key, ask);
                break;
            case Due:
                AskDue();
                break;
            case DurableDue durable:
                _isAsking = false;
                foreach (var (session, key) in durable.Sessions)
                {
                    if (_context.Clients.Parked.Contains(key, session))
                        Self.Tell(new SessionProtocol.Ask(key, null));
                }
                SetAlarm(_context.UtcNow + (durable.Sessions.Count == MostDue ? 10 : PollInterval));
                break;
            case CountedAtStart counted:
                _context.Targets.CountedAtStart(counted.Messages, counted.Bytes);
                break;
            case SecurityActor.Changed:
                TellAll(message);
                break;
            case Drain when _context.Settings.DrainTime > TimeSpan.Zero:
                _spread = new SpreadDrain([.. _held.Keys], _context.Clock, _context.Settings.DrainTime, Self);
                ContinueDrain();
                break;
            case SpreadDrain.Step:
                ContinueDrain();
                break;
            case Drain:
                PublishWills();
                break;
            case SessionProtocol.WillPublished when --_wills == 0:
            case WillsTimeUp when _wills > 0:
                _wills = 0;
                TellAll(Drain.Instance);
                break;
            case SessionProtocol.WillPublished or WillsTimeUp:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>
    /// Publishes all wills before any client is disconnected, because the server stops. So clients that are about to be disconnected still
    /// receive the wills: a session answers when its will is in the mailboxes of its subscribers.
    /// </summary>
    private void PublishWills()
    {
        _wills = _held.Count;
        if (_wills == 0)
        {
            TellAll(Drain.Instance);
            return;
        }
        foreach (var session in _held.Keys)
            session.Tell(SessionProtocol.PublishWill.Instance);
        _willsTimer = new ClockTimer(_context.Clock, Self, WillsTimeUp.Instance);
        _willsTimer.Start(MostWillsTime); // a session may have failed, or wait for its storage
    }

    private void ContinueDrain()
    {
        if (_spread!.Continue())
            TellAll(Drain.Instance); // also sessions that have started in the meantime
    }

    private static void TellAll(object message)
    {
        foreach (var each in Context.GetChildren())
            each.Tell(message);
    }

    /// <summary>
    /// Sends a request to the actor of a session, and starts the actor if needed. Each request gets a higher epoch, which makes a
    /// <c>Retire</c> invalid that the actor has sent before.
    /// </summary>
    private void Hold(SessionKey key, INoSerializationVerificationNeeded request)
    {
        var session = _directory.Find(key) ?? _claiming.GetValueOrDefault(key) ?? Context.ActorOf(SessionActor.PropsFor(_context, key));
        var claim = _directory.ClaimAsync(key, session);
        if (claim.IsCompletedSuccessfully)
        {
            Give(session, key, claim.Result.Epoch, request);
            return;
        }
        _claiming[key] = session;
        claim.AsTask().PipeTo(
            Self,
            Self,
            granted => new Claimed(session, key, granted.Epoch, request),
            cause => new ClaimFailed(session, key, cause, request));
    }

    private void Give(IActorRef session, SessionKey key, long epoch, INoSerializationVerificationNeeded request)
    {
        if (!_held.TryGetValue(session, out var before) || before.Epoch < epoch)
            _held[session] = (key, epoch);
        session.Tell(request is OpenSession open
            ? new SessionProtocol.Attach(epoch, open)
            : new SessionProtocol.Asked(epoch, ((SessionProtocol.Ask)request).Message));
    }

    private void Release(IActorRef session, SessionKey key, long epoch)
    {
        var released = _directory.ReleaseAsync(key, epoch);
        if (!released.IsCompletedSuccessfully)
            released.AsTask().PipeTo(Self, Self, granted => granted ? new Released(session) : null);
        else if (released.Result)
            StopActor(session);
    }

    private void StopActor(IActorRef session)
    {
        if (_held.Remove(session, out var held))
            TellOwners(held.Key);
        session.Tell(PoisonPill.Instance);
    }

    /// <summary>Reports that no actor has a session any more. If it is not parked either, it has ended.</summary>
    private void TellOwners(in SessionKey key)
    {
        if (_context.Owners is { } owners && !_context.Clients.Contains(key) && _directory.Find(key) is null)
            owners.Ended(key);
    }

    private void AskDue()
    {
        _alarm = long.MaxValue;
        var due = _context.Store.FindDue(_context.UtcNow, MostDue);
        foreach (var key in due)
        {
            if (_context.Owners?.IsGivenUp(key) != true)
                Hold(key, new SessionProtocol.Ask(key, null));
        }
        if (due.Count == MostDue)
            Self.Tell(Due.Instance);
        else
            SetAlarm(_context.Store.NextDue);
        if (_context.Engine is null || _isAsking)
            return;
        _isAsking = true;
        _context.Targets.Sweep(MostSwept);
        _context.Engine.FindDueAsync(_context.UtcNow, MostDue).AsTask().PipeTo(
            Self, Self, static found => new DurableDue(found), static _ => new DurableDue([])); // the engine has logged why
    }

    private void SetAlarm(long due)
    {
        if (due >= _alarm)
            return;
        _alarm = due;
        var wait = TimeSpan.FromMilliseconds(Math.Max(1, due - _context.UtcNow));
        _timer.Start(wait < LongestTimer ? wait : LongestTimer);
    }

    private sealed class WillsTimeUp : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly WillsTimeUp Instance = new();
    }

    private sealed class Due : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Due Instance = new();
    }

    /// <summary>The directory has granted a claim that did not complete at once.</summary>
    private sealed record Claimed(IActorRef Session, SessionKey Key, long Epoch, INoSerializationVerificationNeeded Request)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    private sealed record ClaimFailed(IActorRef Session, SessionKey Key, Exception Cause, INoSerializationVerificationNeeded Request)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>The directory has taken a session back, in a call that did not complete at once.</summary>
    private sealed record Released(IActorRef Session)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>The storage has counted the messages that earlier processes have left in sessions.</summary>
    private sealed record CountedAtStart(long Messages, long Bytes) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>The storage has found parked sessions that are due.</summary>
    private sealed record DurableDue(IReadOnlyList<DueSession> Sessions) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
