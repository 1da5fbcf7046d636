using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Writing;

/// <summary>The kinds of requests to the writer.</summary>
internal enum WriterEntryKind
{
    /// <summary>To commit changes.</summary>
    Unit,

    /// <summary>To read a session.</summary>
    Take,

    /// <summary>To find due sessions.</summary>
    Query,

    /// <summary>To reserve identities.</summary>
    Reserve,

    /// <summary>To write that the process is alive.</summary>
    Alive,

    /// <summary>To run other statements.</summary>
    Call,
}

/// <summary>One request to the writer.</summary>
internal readonly record struct WriterEntry(WriterEntryKind Kind)
{
    // The memory of an operation, its arrays and its place in the queue.
    private const int Overhead = 64;

    /// <summary>The operations of a unit.</summary>
    public IReadOnlyList<StoreOp>? Ops { get; private init; }

    /// <summary>The receipt that waits for the commit.</summary>
    public IStoreReceipt? Receipt { get; private init; }

    /// <summary>The bytes of the unit.</summary>
    public long Bytes { get; private init; }

    /// <summary>The session to read.</summary>
    public long Session { get; private init; }

    /// <summary>The reader that receives it.</summary>
    public IStoredReader? Reader { get; private init; }

    /// <summary>Whether the reader has received it.</summary>
    public bool IsDone { get; init; }

    /// <summary>What to find.</summary>
    public DueQuery? Query { get; private init; }

    /// <summary>What to reserve.</summary>
    public IdentityKind Identities { get; private init; }

    /// <summary>What to run.</summary>
    public WriterCall? Call { get; private init; }

    /// <summary>The request is committed: completes the request.</summary>
    /// <param name="log">Takes what a receipt throws.</param>
    public void Committed(Action<LogLevel, string> log)
    {
        Call?.Committed();
        try
        {
            Receipt?.Complete();
        }
        catch (Exception error)
        {
            log(LogLevel.ErrorLevel, $"A receipt of the storage failed: {error}");
        }
    }

    public static WriterEntry OfUnit(in StoreUnit unit) =>
        new(WriterEntryKind.Unit) { Ops = unit.Ops, Receipt = unit.Receipt, Bytes = BytesOf(unit.Ops) };

    public static WriterEntry OfTake(long session, IStoredReader reader) => new(WriterEntryKind.Take) { Session = session, Reader = reader };

    public static WriterEntry OfQuery(DueQuery query) => new(WriterEntryKind.Query) { Query = query };

    public static WriterEntry OfReserve(IdentityKind identities) => new(WriterEntryKind.Reserve) { Identities = identities };

    public static WriterEntry OfCall(WriterCall call) => new(WriterEntryKind.Call) { Call = call };

    public static WriterEntry OfAlive() => new(WriterEntryKind.Alive);

    private static long BytesOf(IReadOnlyList<StoreOp> ops)
    {
        var bytes = 0L;
        for (var at = 0; at < ops.Count; at++)
        {
            bytes += Overhead + ops[at] switch
            {
                StoreOp.Queued queued => BytesOf(queued),
                StoreOp.Removed removed => 8 * removed.Messages.Length,
                StoreOp.Sent sent => 16 * sent.Messages.Length,
                StoreOp.Confirmed confirmed => 8 * confirmed.Messages.Length,
                StoreOp.RetainedSet set => QueuedMessage.KeptSizeOf(set.Record.Packet),
                StoreOp.WillSet set => set.Will.Payload.Length + (2 * set.Will.Topic.Length) + Overhead,
                StoreOp.Subscribed subscribed => 4L * Overhead * subscribed.Subscriptions.Length,
                _ => 0,
            };
        }
        return bytes;
    }

    private static long BytesOf(StoreOp.Queued queued)
    {
        var bytes = 8L * queued.Sessions.Length;
        foreach (var packet in queued.Batch)
        {
            if (packet.QoS != QualityOfService.AtMostOnce)
                bytes += QueuedMessage.KeptSizeOf(packet);
        }
        return bytes;
    }
}

/// <summary>A request for sessions that are due.</summary>
internal sealed class DueQuery(long now, int most)
{
    private readonly TaskCompletionSource<IReadOnlyList<DueSession>> _found = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The answer.</summary>
    public Task<IReadOnlyList<DueSession>> Task => _found.Task;

    /// <summary>They cannot be found.</summary>
    public void Failed(Exception error) => _found.TrySetException(error);

    /// <summary>Finds them; does nothing when that was already done.</summary>
    public void Answer(IStorageDatabase database, KnownSessions sessions, DamageWatch damage)
    {
        if (_found.Task.IsCompleted)
            return;
        try
        {
            _found.TrySetResult(database.FindDue(now, most, sessions.IsHeld));
        }
        catch (Exception error) when (!damage.MayMend(error))
        {
            // A damaged index must not prevent other writes. If the connection is lost, the next write fails too, and is tried again.
            _found.TrySetException(new MqttStorageException($"Due sessions cannot be found: {database.Explain(error)}", error));
        }
    }
}
