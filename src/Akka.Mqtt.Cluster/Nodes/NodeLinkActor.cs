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
    private bool _isReachable = true;
    private bool _isRemoved;
    private (ConfirmLink Asked, long Number)? _confirm; // the confirmation of this frame answers the cluster actor

    public NodeLinkActor(
        ServerContext context, MqttClusterSettings settings, NodeTarget target, ActorSelection peer, global::Akka.Cluster.UniqueAddress self)
    {
        (_context, _settings, _target) = (context, settings, target);
        _peer = new LinkPeer(peer, self, Self, Context.System.Scheduler, Context.GetLogger());
        _frames = new LinkFrames(settings.Window);
        _writer = new FrameWriter((ExtendedActorSystem)Context.System, settings.FrameSize, context.Retained);
        var me = Self;
        _watcher = change => me.Tell(new Changed(change), ActorRefs.NoSender);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props PropsFor(
        ServerContext context, MqttClusterSettings settings, NodeTarget target, ActorSelection peer, global::Akka.Cluster.UniqueAddress self) =>
        Props.Create(() => new NodeLinkActor(context, settings, target, peer, self)).WithDeploy(Deploy.Local);

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
        CompleteAll();
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
            case MoveStep step when !_isRemoved:
                _writer.Step(step);
                _hasStep = true;
                Written();
                break;
            case MoveStep:
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
                {
                    Context.GetLogger().Warning(
                        "Node {Node} takes no messages: it has no server that answers at {Path}. All servers of a cluster need MqttCluster, one akka.mqtt.server.name, and versions that understand each other; with servers on some nodes only, set akka.mqtt.cluster.role",
                        _peer.Address, _peer.Path);
                }
                break;
            case Reachable reachable:
                _isReachable = reachable.Value;
                if (_isReachable)
                    _peer.Ask(_link, _frames.First);
                else
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
                _isRemoved = true;
                _peer.Reset();
                _context.Routing.StopWatching(_watcher);
                _target.SetStuck([]);
                Timers.CancelAll();
                CompleteAll();
                AnswerIfConfirmed();
                Context.SetReceiveTimeout(ClosingTimeLimit); // for publishers that still know the node
                break;
            case ReceiveTimeout:
                Context.Stop(Self);
                break;
            default:
                Unhandled(message);
                break;
        }
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
        var (messages, count) = (delivery.Delivery, delivery.Delivery.Packets.Length);
        var receipt = delivery.Receipt;
        if (!_isReachable)
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
        ReadOnlyMemory<byte> content = _writer.Take();
        var most = 2 * _settings.FrameSize; // a frame is full when it is larger than frame-size, mostly by a few bytes
        while (content.Length > most)
        {
            _frames.Add(content[.._settings.FrameSize], true, null, hasStep: false);
            content = content[_settings.FrameSize..];
        }
        _frames.Add(content, false, _open.Count == 0 ? null : _open, _hasStep);
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
