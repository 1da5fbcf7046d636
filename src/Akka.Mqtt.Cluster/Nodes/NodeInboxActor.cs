using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Publishing;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Receives the messages of one other node, publishes them to the subscribers of this node, and keeps the filters of the other node in the
/// routing table. It confirms a frame when all its content is safe. One inbox for each node, for all links that the node opens one after
/// the other.
/// </summary>
internal sealed class NodeInboxActor : UntypedActor, IWithTimers, IFrameHandler
{
    // How often to look whether what is for a session that is stuck is committed.
    private static readonly TimeSpan BeforeNextLook = TimeSpan.FromMilliseconds(50);

    private readonly ServerContext _context;
    private readonly NodeState _node;
    private readonly Moves _moves;
    private readonly global::Akka.Cluster.UniqueAddress _address;
    private readonly Publisher _publisher;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly SafeFrames _safe = new();
    private readonly NodeFilters _filters;
    private readonly AcceptedFrames _frames;
    private readonly LateItems _late = new();
    private readonly InboxHeir _heir;
    private (List<byte> Content, long First)? _begun; // of content that is larger than one frame
    private IActorRef _sender = ActorRefs.Nobody;
    private long _link;
    private long _next = 1;
    private long _taken;
    private long _reading; // the number of the current frame
    private long _turn; // of the current messages
    private bool _hasLogged;

    public NodeInboxActor(
        ServerContext context, NodeState node, global::Akka.Cluster.UniqueAddress address, Moves moves, Heirs heirs, FrameListener? listener)
    {
        (_context, _node, _address, _moves) = (context, node, address, moves);
        _heir = new InboxHeir(context, heirs, node.Target, address);
        _filters = new NodeFilters(context.Routing, node.Target);
        _frames = new AcceptedFrames(listener, Self);
        _publisher = new Publisher(context, "", owner: Self, waitsForStore: true, localOnly: true);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props PropsFor(
        ServerContext context, NodeState node, global::Akka.Cluster.UniqueAddress address, Moves moves, Heirs heirs, FrameListener? listener) =>
        Props.Create(() => new NodeInboxActor(context, node, address, moves, heirs, listener)).WithDeploy(Deploy.Local);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case NodeLost:
                _heir.IsLost = true; // what it sends now its own side has lost with its lease
                break;
            case Frame or OpenLink when _heir.IsLost:
                break;
            case OpenLink open:
                Open(open);
                break;
            case Frame frame when frame.Link == _link:
                _frames.MarkArrival(Sender);
                Take(frame);
                break;
            case Receipt receipt:
                Timers.Cancel(receipt);
                _late.Remove(receipt);
                Confirm(_safe.Complete(receipt));
                while (_late.TryAddNext(out var next))
                    Confirm(_safe.Complete(next));
                break;
            case StopWaiting late:
                late.Receipt.StopWaiting();
                Self.Tell(new StillWaits(late.Receipt), ActorRefs.NoSender); // after the receipt, if that is complete now
                break;
            case StillWaits { Receipt: { WaitsForStore: true } unwritten }:
                Timers.StartSingleTimer((unwritten, true), new StillWaits(unwritten), BeforeNextLook); // what is not committed would be lost with this node
                break;
            case StillWaits waits:
                if (_late.TryAdd(waits.Receipt))
                    Confirm(_safe.Complete(waits.Receipt));
                break;
            case Frame:
                break; // of an earlier link
            case FrameListener.Connected connected:
                _frames.Begin(connected, _link);
                break;
            case FrameConnection.Closed closed:
                _frames.End(closed.Connection);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    protected override void PostStop()
    {
        _frames.Dispose();
        _filters.Clear();
    }

    private void Open(OpenLink open)
    {
        _sender = Sender;
        if (open.Link != _link)
        {
            (_link, _next, _taken, _begun) = (open.Link, 1, 0, null);
            _safe.Clear();
            _frames.Reset();
            _late.Clear();
        }
        if (_late.Take(_link, again: true) is { } late)
            _sender.Tell(late, Self); // before the confirmation
        _sender.Tell(new LinkOpened(_link, _next, _taken, open.Asked, _frames.Offer(open)), Self);
    }

    private void Take(Frame frame)
    {
        if (frame.Number != _next)
        {
            if (frame.Number < _next)
                _frames.Confirm(new FrameTaken(_link, _taken), _sender); // its confirmation was lost
            return;
        }
        _next++;
        var (content, first) = (frame.Content, frame.Number);
        if (frame.Continues || _begun is not null)
        {
            var begun = _begun ??= ([], first);
            begun.Content.AddRange(content.Span);
            if (frame.Continues)
                return;
            (content, first) = (begun.Content.ToArray(), begun.First);
            _begun = null;
        }
        _safe.Begin(first, frame.Number);
        _late.BeginFrame(frame.Number);
        _reading = frame.Number;
        _heir.BeginFrame();
        try
        {
            FrameReader.Read((ExtendedActorSystem)Context.System, content, this);
        }
        catch (Exception error) when (error is SerializationException or ArgumentException)
        {
            if (!_hasLogged)
                _log.Error(error, "A message of node {Node} cannot be read, and its content is lost. Later errors of this kind are not logged.", _sender.Path.Address);
            _hasLogged = true;
        }
        _filters.Apply();
        FlushPart();
        Confirm(_safe.End());
    }

    /// <summary>Hands over the items of a frame that were read so far, so that later items follow them.</summary>
    private void FlushPart()
    {
        _publisher.Mark = _heir.Mark(_link, _reading);
        if (_publisher.Flush() is { } receipt)
            Await(receipt);
        else
            _late.Skip();
    }

    private void Await(Receipt receipt)
    {
        _safe.Await(receipt);
        _late.Await(receipt);
        if (receipt.IsForStuck)
            Self.Tell(new StillWaits(receipt), ActorRefs.NoSender); // sent when the frame was read
        if (_context.Settings.DeliveryTimeout is { } limit)
            Timers.StartSingleTimer(receipt, new StopWaiting(receipt), limit);
    }

    /// <summary>Confirms frames that are safe, or whose items are queued for stuck sessions; first sends which items those are.</summary>
    /// <param name="alone">A frame that is safe although one before it is not; null for none.</param>
    private void Confirm(long? alone)
    {
        if (_late.Take(_link, _frames.TakeChange()) is { } late)
            _frames.Tell(late, _sender, (ExtendedActorSystem)Context.System);
        if (alone is { } number)
            _frames.Confirm(new FrameSafe(_link, number), _sender);
        if (_safe.Taken == _taken)
            return;
        _taken = _safe.Taken;
        _frames.Confirm(new FrameTaken(_link, _taken), _sender);
    }

    void IFrameHandler.BeginFilters() => _filters.Begin();

    void IFrameHandler.EndOfFilters()
    {
        _filters.End();
        _filters.Apply();
        Context.Parent.Tell(new FiltersKnown(_address));
    }

    void IFrameHandler.Filter(string filter, string? shareName, bool isThere) => _filters.Set(filter, shareName, isThere);

    void IFrameHandler.Retained(Publish packet, long retainedAt, string publisher)
    {
        _filters.Apply();
        _publisher.RetainForwarded(packet, retainedAt, publisher);
    }

    void IFrameHandler.ForSession(SessionKey key, long epoch, Publish[] packets, SharedKey?[]? shares, long receivedAt)
    {
        FlushPart();
        _late.BeginItem();
        var receipt = new Receipt(Self);
        _moves.Deliver(key, epoch, packets, shares, receivedAt, receipt);
        if (receipt.Seal())
            Await(receipt);
        else
            _late.Skip();
    }

    void IFrameHandler.Turn(long number)
    {
        if (number == _turn)
            return;
        FlushPart();
        _turn = number;
        _publisher.BeginForwarded(_node.Target, number);
    }

    void IFrameHandler.Step(MoveStep step)
    {
        _filters.Apply();
        FlushPart();
        _moves.Receive(_address, step);
    }

    void IFrameHandler.BeginMessages()
    {
        if (_context.Routing.Stuck.Any)
            FlushPart(); // so that only publishers to stuck sessions wait
        _late.BeginItem();
    }

    void IFrameHandler.Step(HeirStep step)
    {
        _filters.Apply();
        FlushPart();
        if (step.What is HeirStepKind.Wanted or HeirStepKind.Unwanted)
            Context.Parent.Tell(new Heirs.Asked(_address, step));
        else
            _heir.Receive(step);
    }

    void IFrameHandler.Inherited(InheritedFrame frame)
    {
        FlushPart();
        _late.BeginItem();
        _heir.Take((ExtendedActorSystem)Context.System, Self, frame, _link, _reading, Await);
    }

    void IFrameHandler.Message(Publish packet, SharedKey? share, long? retainedAt, string publisher)
    {
        _heir.Next();
        if (share is null && packet.QoS != QualityOfService.AtMostOnce && _context.Routing.Stuck.Any && _publisher.IsForStuck(packet))
            _late.AddTopic(packet.Topic);
        if (share is null)
            _publisher.AddForwarded(packet, retainedAt, publisher);
        else if (!_publisher.AddForMember(packet, share, publisher))
            _context.Drops.Add(DropReason.SessionEnded, 1); // the last member here has left in the meantime
    }

    private sealed record StopWaiting(Receipt Receipt) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    private sealed record StillWaits(Receipt Receipt) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
