using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Sends to one other node what its subscribers get, and which filters have subscribers here: in order, in frames that are numbered, confirmed, and sent again when
/// they are not. Lives as long as the node is a member of the cluster.
/// </summary>
internal sealed class NodeLinkActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan Farewell = TimeSpan.FromMinutes(1);

    private readonly ServerContext _context;
    private readonly MqttClusterSettings _settings;
    private readonly NodeTarget _target;
    private readonly LinkPeer _peer;
    private readonly FrameWriter _writer;
    private readonly Action<FilterChange> _watcher;
    private readonly LinkedList<Sent> _frames = []; // not confirmed: first those that were sent
    private LinkedListNode<Sent>? _next; // the first that was not sent
    private List<(Receipt? Receipt, long Bytes)> _open = []; // of deliveries in the frame that is being written
    private readonly LinkWatch _watch = new();
    private long _link;
    private long _number; // of the last frame that was made
    private long _sentBytes;
    private bool _isFlushing; // Flush is in the mailbox
    private bool _isReachable = true;
    private bool _isRemoved;
    private (ConfirmLink Asked, long Number)? _confirm; // the frame after which the cluster actor is answered

    public NodeLinkActor(
        ServerContext context, MqttClusterSettings settings, NodeTarget target, ActorSelection peer, global::Akka.Cluster.UniqueAddress self)
    {
        (_context, _settings, _target) = (context, settings, target);
        _peer = new LinkPeer(peer, self, Self, Context.System.Scheduler, Context.GetLogger());
        _writer = new FrameWriter((ExtendedActorSystem)Context.System, settings.FrameSize, context.Retained);
        var me = Self;
        _watcher = change => me.Tell(new Changed(change), ActorRefs.NoSender);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>The number of the first frame that is not confirmed.</summary>
    private long First => _frames.First?.Value.Number ?? _number + 1;

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
                _confirm ??= (confirm, _number); // it may come again
                Send();
                AnswerIfConfirmed();
                break;
            case LinkOpened opened when opened.Link == _link:
                Opened(opened);
                break;
            case Resend:
                if ((_watch.MustAsk(_frames.Count > 0 || !_peer.IsOpen) || _peer.WantsPort) && _isReachable)
                    _peer.Ask(_link, First); // the answer says what is missing
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
                    _peer.Ask(_link, First);
                else
                    CompleteReceipts();
                break;
            case LinkPeer.Dialled dialled:
                if (_peer.Begin(dialled))
                    _peer.Ask(_link, First);
                break;
            case FrameConnection.Closed closed:
                if (_peer.End(closed.Connection) && _isReachable)
                    _peer.Ask(_link, First);
                break;
            case NodeRemoved:
                _isRemoved = true;
                _peer.Reset();
                _context.Routing.StopWatching(_watcher);
                Timers.CancelAll();
                CompleteAll();
                AnswerIfConfirmed();
                Context.SetReceiveTimeout(Farewell); // for publishers that knew the node still
                break;
            case ReceiveTimeout:
                Context.Stop(Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>A link begins: the node is told all filters and retained messages of this one.</summary>
    private void Begin(SubscriptionIndex index)
    {
        _link = Random.Shared.NextInt64(1, long.MaxValue);
        _number = 0;
        var before = _frames.ToList();
        _frames.Clear();
        (_next, _sentBytes) = (null, 0);
        _peer.Reset();
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
        foreach (var frame in before) // of the link before; what it says of filters leads to the same
            Add(frame.Content, frame.Continues, frame.Deliveries);
        if (_confirm is { } confirm)
            _confirm = confirm with { Number = _number };
        _peer.Ask(_link, First);
    }

    private void Write(NodeDelivery delivery)
    {
        var (messages, count) = (delivery.Delivery, delivery.Delivery.Packets.Length);
        var receipt = delivery.Receipt;
        if (!_isReachable)
        {
            receipt?.Complete(); // of a publisher that did not know yet
            receipt = null;
        }
        if (messages.Source is ForwardedSource forwarded)
        {
            _writer.ForSession(forwarded.Key, forwarded.Epoch, messages);
            _open.Add((receipt, messages.Batch.Size));
            Written();
            return;
        }
        for (var at = 0; at < count;)
        {
            at = _writer.Messages(messages, at);
            if (at == count)
                _open.Add((receipt, messages.Batch.Size));
            CloseIfFull();
        }
        Written();
    }

    private void Written()
    {
        if (_writer.IsFull)
        {
            CloseFrame();
            Send();
        }
        if (_isFlushing || _writer.IsEmpty)
            return;
        _isFlushing = true;
        Self.Tell(Flush.Instance, ActorRefs.NoSender); // behind what is in the mailbox now, which goes into the same frame
    }

    private void CloseIfFull()
    {
        if (_writer.IsFull)
            CloseFrame();
    }

    /// <summary>What was written becomes a frame; more than one if it is too large for one.</summary>
    private void CloseFrame()
    {
        if (_writer.IsEmpty)
            return;
        ReadOnlyMemory<byte> content = _writer.Take();
        var most = 2 * _settings.FrameSize; // a frame is full when it is larger than frame-size, mostly by little
        while (content.Length > most)
        {
            Add(content[.._settings.FrameSize], true, null);
            content = content[_settings.FrameSize..];
        }
        Add(content, false, _open.Count == 0 ? null : _open);
        if (_open.Count > 0)
            _open = [];
    }

    private void Add(ReadOnlyMemory<byte> content, bool continues, List<(Receipt? Receipt, long Bytes)>? deliveries)
    {
        var node = _frames.AddLast(new Sent(++_number, content, continues, deliveries));
        _next ??= node;
    }

    /// <summary>Sends frames as far as the window allows. What is larger than one frame is sent whole.</summary>
    private void Send()
    {
        if (!_peer.IsOpen || !_isReachable)
            return;
        var isInside = false;
        while (_next is { } node && (isInside || _sentBytes == 0 || _sentBytes + node.Value.Content.Length <= _settings.Window))
        {
            var frame = node.Value;
            _peer.Send(new Frame(_link, frame.Number, frame.Continues, frame.Content));
            _sentBytes += frame.Content.Length;
            isInside = frame.Continues;
            _next = node.Next;
        }
    }

    private void Confirm(long number)
    {
        while (_frames.First is { } node && node.Value.Number <= number && !ReferenceEquals(node, _next))
        {
            _frames.RemoveFirst();
            _sentBytes -= node.Value.Content.Length;
            Complete(node.Value.Deliveries);
            _watch.Progress();
        }
        AnswerIfConfirmed();
    }

    /// <summary>The node has what one frame carried, with its parts before it. It needs no frame again that it has, so none of them is kept.</summary>
    private void Confirm(FrameSafe safe)
    {
        var node = _frames.First;
        while (node is not null && node.Value.Number < safe.Number && !ReferenceEquals(node, _next))
            node = node.Next;
        if (node is null || node.Value.Number != safe.Number || ReferenceEquals(node, _next))
            return; // confirmed before
        Complete(node.Value.Deliveries);
        _watch.Progress();
        do
        {
            var before = node.Previous;
            _sentBytes -= node.Value.Content.Length;
            _frames.Remove(node);
            node = before;
        }
        while (node is { Value.Continues: true });
        AnswerIfConfirmed();
    }

    private void AnswerIfConfirmed()
    {
        if (_confirm is not { } confirm || _frames.First?.Value.Number <= confirm.Number)
            return;
        _confirm = null;
        Context.Parent.Tell(new LinkConfirmed(confirm.Asked.Node));
    }

    private void Opened(LinkOpened opened)
    {
        if (_peer.FirstAt(opened.Asked, First) is not { } first)
            return;
        if (opened.Next < first)
        {
            Begin(_context.Routing.Current); // the node has lost what it had of this link
            return;
        }
        var goesOn = _peer.Open(Sender, opened.Port, opened.Asked);
        Confirm(opened.Taken);
        if (goesOn)
        {
            (_next, _sentBytes) = (_frames.First, 0);
            for (; _next is { } node && node.Value.Number < opened.Next; _next = node.Next) // received, and not safe yet
                _sentBytes += node.Value.Content.Length;
        }
        Send();
    }

    /// <summary>Nobody waits for the node any more, but it may get the messages still.</summary>
    private void CompleteReceipts()
    {
        foreach (var frame in _frames)
            Forget(frame.Deliveries);
        Forget(_open);

        static void Forget(List<(Receipt? Receipt, long Bytes)>? deliveries)
        {
            for (var at = 0; at < deliveries?.Count; at++)
            {
                deliveries[at].Receipt?.Complete();
                deliveries[at] = (null, deliveries[at].Bytes);
            }
        }
    }

    private void CompleteAll()
    {
        foreach (var frame in _frames)
            Complete(frame.Deliveries);
        Complete(_open);
        _frames.Clear();
        _open = [];
        _next = null;
    }

    private void Complete(List<(Receipt? Receipt, long Bytes)>? deliveries)
    {
        foreach (var (receipt, bytes) in deliveries ?? [])
        {
            receipt?.Complete();
            _target.Confirmed(bytes);
        }
    }

    private sealed record Sent(long Number, ReadOnlyMemory<byte> Content, bool Continues, List<(Receipt? Receipt, long Bytes)>? Deliveries);

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
