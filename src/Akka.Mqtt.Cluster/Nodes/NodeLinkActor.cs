using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Serialization;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Sends messages and the filters of this node to one other node, in order. Frames have numbers; the node confirms them, and unconfirmed
/// frames are sent again. The actor lives as long as the node is a member of the cluster.
/// </summary>
internal sealed class NodeLinkActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan ClosingTimeLimit = TimeSpan.FromMinutes(1);

    private readonly ServerContext _context;
    private readonly MqttClusterSettings _settings;
    private readonly NodeTarget _target;
    private readonly LinkPeer _peer;
    private readonly FrameWriter _writer;
    private readonly Action<FilterChange> _watcher;
    private readonly LinkFrames _frames;
    private List<LinkDelivery> _open = []; // items of the frame that is being written
    private bool _hasStep; // the frame that is being written has a step of a move
    private readonly LateDeliveries _late = new();
    private readonly LinkWatch _watch = new();
    private long _link;
    private bool _isFlushing; // Flush is in the mailbox
    private readonly LostLink _lost;
    private bool _isReachable = true;
    private bool _isRemoved;
    private (ConfirmLink Asked, long Number)? _confirm; // the confirmation of this frame answers the cluster actor

    public NodeLinkActor(
        ServerContext context, MqttClusterSettings settings, NodeTarget target, ActorSelection peer, int to, global::Akka.Cluster.UniqueAddress self)
    {
        (_context, _settings, _target) = (context, settings, target);
        _peer = new LinkPeer(peer, self, Self, Context.System.Scheduler, Context.GetLogger(), to);
        _lost = new LostLink(context, (ExtendedActorSystem)Context.System, Self, self);
        _frames = new LinkFrames(settings.Window);
        _writer = new FrameWriter((ExtendedActorSystem)Context.System, settings.FrameSize, context.Retained);
        var me = Self;
        _watcher = change => me.Tell(new Changed(change), ActorRefs.NoSender);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>See <see cref="NodeTarget"/>.</summary>
    private bool Waits => _context.Engine?.Shared is not null;

    public static Props PropsFor(
        ServerContext context, MqttClusterSettings settings, NodeTarget target, ActorSelection peer, int to, global::Akka.Cluster.UniqueAddress self) =>
        Props.Create(() => new NodeLinkActor(context, settings, target, peer, to, self)).WithDeploy(Deploy.Local);

    protected override void PreStart()
    {
        Begin(_context.Routing.Watch(_watcher));
        Timers.StartPeriodicTimer(Resend.Instance, Resend.Instance, _settings.ResendInterval);
    }

    protected override void PostStop()
    {
        _context.Routing.StopWatching(_watcher);
        _peer.Dispose();
        _target.SetStuck([]);
        if (!Waits)
            CompleteAll(); // else what waits is acknowledged by nobody
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case NodeDelivery delivery when _isRemoved:
                delivery.Receipt?.Complete();
                _target.Confirmed(delivery.Delivery.Batch.Size);
                break;
            case NodeDelivery delivery:
                Write(delivery);
                break;
            case MoveStep or HeirStep when _isRemoved:
                break;
            case MoveStep step:
                _writer.Step(step);
                _hasStep = true;
                Written();
                break;
            case Changed change:
                _writer.Filter(change.Change);
                Written();
                break;
            case Flush:
                _isFlushing = false;
                CloseFrame();
                Send();
                break;
            case FrameTaken taken when taken.Link == _link:
                Confirm(taken.Number);
                Send();
                break;
            case FrameSafe safe when safe.Link == _link:
                Confirm(safe);
                Send();
                break;
            case ConfirmLink confirm:
                CloseFrame();
                _confirm ??= (confirm, _frames.Last); // the request may be repeated
                Send();
                AnswerIfConfirmed();
                break;
            case FramesLate late when late.Link == _link:
                Set(late);
                break;
            case Frame { Number: LateForm.FrameNumber } frame when frame.Link == _link:
                Set(LateForm.Read(new WireReader((ExtendedActorSystem)Context.System, frame.Content)));
                break;
            case LinkOpened opened when opened.Link == _link:
                Opened(opened);
                break;
            case Resend:
                if ((_watch.MustAsk(!_frames.IsEmpty || !_peer.IsOpen || _late.Any) || _peer.WantsPort) && _isReachable)
                    _peer.Ask(_link, _frames.First); // the answer has the next frame that the node expects
                if (!_peer.HasAnswered && _isReachable && _watch.IsUnansweredTooLong())
                    _peer.WarnUnanswered();
                break;
            case Reachable reachable:
                _isReachable = reachable.Value;
                if (_isReachable)
                    _peer.Ask(_link, _frames.First);
                else if (!Waits)
                    CompleteReceipts();
                break;
            case LinkPeer.Dialled dialled:
                if (_peer.Begin(dialled))
                    _peer.Ask(_link, _frames.First);
                break;
            case FrameConnection.Closed closed:
                if (_peer.End(closed.Connection) && _isReachable)
                    _peer.Ask(_link, _frames.First);
                break;
            case NodeRemoved:
                Remove();
                break;
            case HeirStep step:
                CloseFrame(); // a node of an earlier version drops the frame of a step, and nothing else
                _writer.Step(step);
                CloseFrame();
                Send();
                break;
            case InheritedDelivery inherited:
                CloseFrame(); // in a frame of its own, whose messages are counted alone: see LinkPosition
                _writer.Inherited(inherited.Frame);
                foreach (var item in inherited.Items)
                    _target.Confirmed(-item.Move());
                _open.AddRange(inherited.Items);
                CloseFrame();
                Send();
                break;
            case NodeLost:
                Stop();
                _isReachable = false;
                break;
            case LostCut cut:
                _lost.Cut(cut.Turn);
                break;
            case HandOverLost over:
                HandOver(over);
                break;
            case Receipt receipt:
                _lost.Committed(receipt);
                break;
            case ReceiveTimeout when _lost.IsBusy:
                break; // the database does not answer
            case ReceiveTimeout:
                Context.Stop(Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Stop()
    {
        _peer.Reset();
        _context.Routing.StopWatching(_watcher);
        _target.SetStuck([]);
        Timers.CancelAll();
    }

    private void Remove()
    {
        _isRemoved = true;
        Stop();
        CompleteAll();
        AnswerIfConfirmed();
        Context.SetReceiveTimeout(ClosingTimeLimit); // for publishers that still know the node
    }

    /// <summary>Sends what was kept for a lost node to its heir, with the publishers that wait.</summary>
    private void HandOver(HandOverLost over)
    {
        CloseFrame();
        _late.Set([], _frames.TryFind); // the database has the messages of sessions that were stuck
        var asker = Sender;
        _lost.Begin(over, () => asker.Tell(over, ActorRefs.NoSender));
        foreach (var (number, content, items) in _frames.TakeAll())
            _lost.Take(_link, number, content, items);
        _lost.End();
        Remove();
    }

    /// <summary>Starts a link: the node receives all filters and retained messages of this one.</summary>
    private void Begin(SubscriptionIndex index)
    {
        _link = Random.Shared.NextInt64(1, long.MaxValue);
        var before = _frames.Restart();
        _peer.Reset();
        _late.Set([], _frames.TryFind); // the sessions that were stuck have the messages
        _target.SetStuck([]);
        _writer.BeginFilters();
        foreach (var (filter, shareName) in index.LocalFilters())
        {
            _writer.Filter(new FilterChange(filter, shareName, IsThere: true));
            CloseIfFull();
        }
        _writer.EndOfFilters();
        foreach (var retained in _context.Retained.Match("#"))
        {
            _writer.Retained(retained);
            CloseIfFull();
        }
        CloseFrame();
        foreach (var frame in before) // of the previous link; its changes of filters have the same result
            _frames.Add(frame.Content, frame.Continues, frame.Items, frame.HasStep);
        if (_confirm is { } confirm)
            _confirm = confirm with { Number = _frames.Last };
        _peer.Ask(_link, _frames.First);
    }

    private void Write(NodeDelivery delivery)
    {
        var receipt = delivery.Receipt;
        if (_lost.Of(delivery.Delivery) is not { } messages)
        {
            receipt?.Complete(); // its heir has got it too
            _target.Confirmed(delivery.Delivery.Batch.Size);
            return;
        }
        var count = messages.Packets.Length;
        if (!_isReachable && !Waits)
        {
            receipt?.Complete(); // of a publisher that did not know it yet
            receipt = null;
        }
        var written = new LinkDelivery(receipt, messages.Batch.Size);
        if (messages.Source is ForwardedSource forwarded)
        {
            _writer.ForSession(forwarded.Key, forwarded.Epoch, messages);
            _open.Add(written.Begin());
            Written();
            return;
        }
        for (var at = 0; at < count;)
        {
            at = _writer.Messages(messages, at);
            _open.Add(written.Begin());
            CloseIfFull();
        }
        Written();
    }

    private void Written()
    {
        CloseIfFull();
        if (_writer.IsEmpty)
            Send(); // a full frame is sent at once
        if (_isFlushing || _writer.IsEmpty)
            return;
        _isFlushing = true;
        Self.Tell(Flush.Instance, ActorRefs.NoSender); // behind the messages in the mailbox now, which share the frame
    }

    private void CloseIfFull()
    {
        if (_writer.IsFull)
            CloseFrame();
    }

    /// <summary>Makes a frame of the written items, or several frames if they are too large for one.</summary>
    private void CloseFrame()
    {
        if (_writer.IsEmpty)
            return;
        _frames.AddAll(_writer.Take(), _settings.FrameSize, _open.Count == 0 ? null : _open, _hasStep);
        _hasStep = false;
        if (_open.Count > 0)
            _open = [];
    }

    private void Send()
    {
        if (!_peer.IsOpen || !_isReachable)
            return;
        while (_frames.TrySend(out var frame))
            _peer.Send(new Frame(_link, frame.Number, frame.Continues, frame.Content));
    }

    private void Confirm(long number)
    {
        while (_frames.TryConfirm(number, out var frame))
        {
            Complete(frame.Items);
            _watch.Progress();
        }
        AnswerIfConfirmed();
    }

    private void Confirm(FrameSafe safe)
    {
        if (!_frames.TryConfirmAlone(safe.Number, out var frame))
            return;
        Complete(frame.Items);
        _watch.Progress();
        AnswerIfConfirmed();
    }

    private void AnswerIfConfirmed()
    {
        if (_confirm is not { } confirm || _frames.First <= confirm.Number)
            return;
        _confirm = null;
        Context.Parent.Tell(new LinkConfirmed(confirm.Asked.Node));
    }

    private void Opened(LinkOpened opened)
    {
        if (_peer.FirstAt(opened.Asked, _frames.First) is not { } first)
            return;
        if (opened.Next < first)
        {
            Begin(_context.Routing.Current); // the node has lost the state of this link
            return;
        }
        var goesOn = _peer.Open(Sender, opened.Port, opened.Asked);
        Confirm(opened.Taken);
        if (goesOn)
            _frames.ResendFrom(opened.Next);
        Send();
    }

    private void Set(FramesLate late)
    {
        _late.Set(late.Items, _frames.TryFind);
        _target.SetStuck(late.Topics);
    }

    /// <summary>Publishers no longer wait for the node, but it may still receive the messages.</summary>
    private void CompleteReceipts()
    {
        foreach (var item in _frames.All.SelectMany(static each => each.Items ?? []).Concat(_open))
            item.Forget();
        _late.Clear();
    }

    private void CompleteAll()
    {
        foreach (var frame in _frames.All)
            Complete(frame.Items);
        Complete(_open);
        CompleteReceipts();
        _frames.Clear();
        _open = [];
    }

    private void Complete(List<LinkDelivery>? items)
    {
        foreach (var delivery in items ?? [])
        {
            if (delivery.Confirm())
                _target.Confirmed(delivery.Bytes);
        }
    }

    private sealed record Changed(FilterChange Change) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    private sealed class Flush : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Flush Instance = new();
    }

    private sealed class Resend : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Resend Instance = new();
    }
}
