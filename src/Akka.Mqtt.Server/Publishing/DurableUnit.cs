using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Publishing;

/// <summary>
/// Everything that one flush of a publisher writes, and the messages that it hands over afterwards. A batch is written once for all
/// durable sessions that receive it. Owned by one <see cref="PendingBatches"/>, which reuses it for each flush.
/// </summary>
/// <param name="engine">The storage engine.</param>
internal sealed class DurableUnit(IStorageEngine engine)
{
    private readonly List<Deliver> _deliveries = [];
    private readonly List<long> _sessions = []; // the sessions that receive the current batch
    private List<StoreOp>? _ops;
    private MessageBatch? _batch;
    private bool[]? _unwritten; // of the current batch
    private long _first;
    private long _last; // the last identity that was taken: messages that are not written are ordered after it
    private long _receivedAt;
    private FlushOrigin _origin;

    /// <summary>Whether messages are written, and not only changes of the publisher's own session.</summary>
    public bool WritesMessages { get; private set; }

    /// <summary>The messages to hand over, in order.</summary>
    public IReadOnlyList<Deliver> Deliveries => _deliveries;

    /// <summary>Starts a flush.</summary>
    /// <param name="receivedAt">When the messages were received.</param>
    /// <param name="ops">Changes that are written before them; null for none.</param>
    /// <param name="source">The origin of the messages; null for a server without a cluster.</param>
    public void Begin(long receivedAt, List<StoreOp>? ops, DeliverySource? source) =>
        (_receivedAt, _ops, _origin) = (receivedAt, ops, source is null ? default : new FlushOrigin(source.Node, source.Turn) { Heir = source.Heir });

    /// <summary>Adds a batch for all targets of a part of the route.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="part">The part of the route.</param>
    public void Add(MessageBatch batch, in RoutePart part)
    {
        var first = part.Sessions.Length > 0 && IsWritten(batch) ? Write(batch, part.Sessions, null) : 0;
        foreach (var pending in part.PendingBatches)
            _deliveries.Add(new Deliver(pending.Target, batch, _receivedAt) { First = first, After = _last });
    }

    /// <summary>Adds the messages of one target.</summary>
    /// <param name="packets">The messages.</param>
    /// <param name="pending">The target.</param>
    /// <param name="isNextSame">Whether the next target has the same messages.</param>
    public void Add(ReadOnlySpan<Publish> packets, PendingBatch pending, bool isNextSame)
    {
        var shares = pending.Shares?.ToArray();
        var batch = _batch;
        if (batch is null)
        {
            batch = _batch = new MessageBatch(packets.ToArray(), isNextSame);
            _unwritten = pending.Unwritten?.ToArray();
        }
        var first = 0L;
        if (pending.Target.Session is not 0 and var session && IsWritten(batch))
        {
            if (shares is not null)
            {
                first = Write(batch, [session], shares);
            }
            else
            {
                if (_first == 0)
                    _first = Take(batch.Packets.Length);
                first = _first;
                _sessions.Add(session);
            }
        }
        _deliveries.Add(new Deliver(pending.Target, batch, _receivedAt, shares)
        {
            First = first, After = _last, Unwritten = first == 0 ? null : _unwritten,
        });
        if (isNextSame)
            return;
        if (_sessions.Count > 0)
            Queue(new StoreOp.Queued(_first, batch.Packets, _receivedAt, [.. _sessions], null) { Positions = Positions(batch), Origin = _origin });
        _sessions.Clear();
        (_batch, _first, _unwritten) = (null, 0, null);
    }

    /// <summary>Appends the changes to the storage.</summary>
    /// <param name="receipt">Completed at the commit; null for none.</param>
    /// <param name="mark">What is written with messages; null for nothing.</param>
    public void Append(IStoreReceipt? receipt, StoreOp? mark)
    {
        if (_ops is not { } ops)
            return;
        if (mark is not null && WritesMessages)
            ops.Add(mark);
        _ops = null;
        var ticket = engine.Append(new StoreUnit(ops, receipt));
        for (var at = 0; at < _deliveries.Count; at++)
        {
            if (_deliveries[at].First != 0)
                _deliveries[at] = _deliveries[at] with { Ticket = ticket };
        }
    }

    /// <summary>Ends the flush.</summary>
    public void Clear()
    {
        _deliveries.Clear();
        WritesMessages = false;
    }

    private bool IsWritten(MessageBatch batch)
    {
        for (var at = 0; at < batch.Packets.Length; at++)
        {
            if (IsWritten(batch, at))
                return true;
        }
        return false;
    }

    private bool IsWritten(MessageBatch batch, int position) =>
        batch.Packets[position].QoS != QualityOfService.AtMostOnce && _unwritten?[position] != true;

    private int[]? Positions(MessageBatch batch)
    {
        if (_unwritten is null)
            return null;
        var positions = new List<int>(batch.Packets.Length);
        for (var at = 0; at < batch.Packets.Length; at++)
        {
            if (IsWritten(batch, at))
                positions.Add(at);
        }
        return [.. positions];
    }

    private long Take(int count)
    {
        var first = _origin.Heir?.NextMessages(count) ?? engine.NextMessages(count);
        _last = first + count - 1;
        return first;
    }

    private long Write(MessageBatch batch, long[] sessions, SharedKey?[]? shares)
    {
        var first = Take(batch.Packets.Length);
        Queue(new StoreOp.Queued(first, batch.Packets, _receivedAt, sessions, shares) { Positions = Positions(batch), Origin = _origin });
        return first;
    }

    private void Queue(StoreOp.Queued queued)
    {
        (_ops ??= []).Add(queued);
        WritesMessages = true;
    }
}
