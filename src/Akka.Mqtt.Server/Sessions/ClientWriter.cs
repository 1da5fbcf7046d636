using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.PacketRules;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Writes to the connection of a session. It gathers packets, sends them to the connection in one batch, and counts the bytes that the
/// connection has not written. Every PUBLISH passes <see cref="Shape"/>, whatever its origin. Owned by the session.
/// </summary>
internal sealed class ClientWriter(ServerContext context, SessionCounters counters, IActorRef session) : IOutlet
{
    private readonly List<MqttPacket> _out = [];
    private ClientLink? _link;
    private DeliveryGate? _gate; // null unless rights or interceptors apply to deliveries
    private OutboundAliases? _aliases;
    private Publish? _large; // a large message, which is sent alone when everything before it is written
    private long _size; // of the messages in _out
    private long _unwritten; // sent to the connection and not written, or held for a commit
    private long _most; // limit of both, calculated when the last batch arrived or was written
    private CommitQueue? _commits; // null unless the session is durable
    private bool _awaitsCommit;

    /// <summary>
    /// Whether the next message must wait, because this connection, or all connections together, have too many unwritten bytes. One
    /// message may always be on its way to each client; when it is written, the next one follows.
    /// </summary>
    public bool IsFull => _large is not null || (_unwritten + _size >= _most && _unwritten + _size > 0);

    /// <summary>The packets of the next batch. Add answers to the client here.</summary>
    public List<MqttPacket> Outgoing => _out;

    /// <summary>Bytes of messages that the connection has not written yet.</summary>
    public long UnwrittenBytes => _unwritten + _size + (_large is null ? 0 : QueuedMessage.SizeOf(_large));

    /// <summary>
    /// Changes of a durable session, which are written before the packets that depend on them are sent; null for a session that ends with
    /// the process.
    /// </summary>
    public SessionLog? Log { get; set; }

    /// <summary>Whether packets wait for a commit.</summary>
    public bool IsHolding => _commits is { IsEmpty: false };

    /// <summary>Whether so many packets wait for a commit that the session must stop handling packets of the client.</summary>
    public bool IsBehind => _commits is not null && _commits.IsBehind(context.Engine);

    /// <summary>Marks the next batch as acknowledging written messages: it is sent when they are committed.</summary>
    public void AwaitCommit() => _awaitsCommit = true;

    /// <summary>
    /// Prepares the delivery of a batch: calculates how much may be sent, because other sessions may have used memory since the last
    /// batch.
    /// </summary>
    public void BeginBatch() => FindMost();

    /// <summary>Sends the packets whose commit has completed.</summary>
    public void Committed()
    {
        while (_commits is not null && _commits.TryTake(out var packets, out var size))
            Send(packets, size);
        FlushLarge();
    }

    /// <summary>Sends the last packets before the connection ends. Packets that wait for a commit are discarded.</summary>
    /// <param name="last">The last packet; null for none.</param>
    public void FlushLast(MqttPacket? last)
    {
        Flush();
        if (last is null)
            return;
        counters.BatchSent([last]);
        _link!.Connection.Tell(new Mqtt.WriteBatch([last]), session);
    }

    public void Begin(ClientLink link, Connect connect)
    {
        _link = link;
        FindMost();
        _awaitsCommit = false;
        _aliases = OutboundAliases.For(connect, context.Settings);
    }

    /// <summary>Sets the rights of the client; null for all.</summary>
    public void Use(ClientRights? rights) => _gate = rights is { GuardsDelivery: true } ? new DeliveryGate(rights) : null;

    public void EndConnection()
    {
        context.Memory.Return(MemoryKind.Unwritten, _unwritten);
        (_link, _aliases, _large, _size, _unwritten) = (null, null, null, 0, 0);
        _commits?.Clear();
        _out.Clear();
    }

    public Publish? Shape(Publish message)
    {
        Publish? packet = message;
        if (_gate is not null && (packet = _gate.Pass(message)) is null)
        {
            context.Drops.Add(DropReason.NotAuthorized, 1);
            return null;
        }
        var link = _link!;
        if (link.MountPoint.Length > 0)
            packet = packet with { Topic = MountPoint.Strip(link.MountPoint, packet.Topic) };
        if (!link.IsV5 && packet.Properties is not null)
            packet = packet with { Properties = null };
        if (link.MaximumPacketSize == uint.MaxValue || Fits(packet))
            return packet;
        context.Drops.Add(DropReason.TooLarge, 1);
        return null; // [MQTT-3.1.2-24 v5] [MQTT-3.1.2-25 v5] treated as if it had been delivered
    }

    public void Send(Publish packet)
    {
        counters.MessageSent(packet);
        packet = Alias(packet);
        var size = QueuedMessage.SizeOf(packet);
        // One message of any size is always sent, but alone, because the write queue of the connection is bounded.
        if (_unwritten + _size > 0 && _unwritten + _size + size > context.Settings.MaxOutstandingBytes)
        {
            _large = packet;
            return;
        }
        if (_size == 0)
            FindMost(); // once a batch, because other sessions may have used the memory in the meantime
        _out.Add(packet);
        _size += size;
    }

    public void Send(PubRel packet) => _out.Add(packet);

    /// <summary>
    /// Whether a batch can be sent to the client unchanged: nothing about this client changes a message of QoS 0, and no packet waits
    /// before it.
    /// </summary>
    public bool CanPassOn(MessageBatch batch) =>
        batch.IsPlain && _gate is null && _aliases is null && _out.Count == 0 && _large is null && !IsHolding
        && _link!.MountPoint.Length == 0 && _link.MaximumPacketSize == uint.MaxValue
        && (_unwritten + batch.Size <= _most || (_unwritten == 0 && batch.Packets.Length == 1));

    public void PassOn(MessageBatch batch)
    {
        counters.MessagesPassedOn(batch.Packets.Length, batch.PayloadBytes);
        counters.BatchSent(batch.Write.Packets.Span);
        Tell(batch.Write, batch.Size);
    }

    /// <summary>Sends the gathered packets to the connection.</summary>
    public void Flush()
    {
        if (_out.Count == 0)
        {
            FlushLarge();
            return;
        }
        if (context.Engine is not null && (_awaitsCommit || IsHolding || (Log is not null && CommitQueue.NeedsCommit(CollectionsMarshal.AsSpan(_out)))))
        {
            Hold(context.Engine);
            return;
        }
        counters.BatchSent(CollectionsMarshal.AsSpan(_out));
        var batch = new Mqtt.WriteBatch(MqttList.Wrap(_out.ToArray()));
        _out.Clear();
        if (_size > 0)
            Tell(batch, _size);
        else
            _link!.Connection.Tell(batch, session); // only answers, which are not counted
        _size = 0;
        FlushLarge();
    }

    /// <summary>Notes that the connection has written a batch.</summary>
    /// <returns>Whether the batch belongs to the current connection.</returns>
    public bool Written(Written written)
    {
        if (written.Link != _link?.Number)
            return false;
        _unwritten -= written.Size;
        context.Memory.Return(MemoryKind.Unwritten, written.Size);
        FindMost();
        FlushLarge();
        return true;
    }

    /// <summary>Holds the gathered packets until their commit. If the commit has already completed, they are sent at once.</summary>
    private void Hold(IStorageEngine engine)
    {
        var packets = _out.ToArray();
        var size = _size;
        _out.Clear();
        _size = 0;
        _unwritten += size;
        context.Memory.Take(MemoryKind.Unwritten, size);
        CommitReceipt? receipt = null;
        if (_awaitsCommit || (Log is not null && CommitQueue.NeedsCommit(packets)))
        {
            receipt = new CommitReceipt(session);
            if (Log is not null)
                Log.Flush(receipt);
            else
                engine.Append(new StoreUnit([], receipt));
            if (!receipt.MustWait())
                receipt = null;
        }
        _awaitsCommit = false;
        if (receipt is null && !IsHolding)
        {
            Send(packets, size);
            FlushLarge();
        }
        else
        {
            (_commits ??= new CommitQueue()).Add(packets, size, receipt);
        }
    }

    private void Send(MqttPacket[] packets, long size)
    {
        counters.BatchSent(packets);
        var batch = new Mqtt.WriteBatch(MqttList.Wrap(packets));
        _link!.Connection.Tell(size > 0 ? batch with { Ack = new Written(_link.Number, size) } : batch, session);
    }

    private void FlushLarge()
    {
        if (_large is not { } packet || _unwritten > 0 || IsHolding)
            return;
        _large = null;
        if (Log is not null && packet.QoS == QualityOfService.ExactlyOnce)
        {
            _out.Add(packet);
            _size = QueuedMessage.SizeOf(packet);
            Hold(context.Engine!);
            return;
        }
        counters.BatchSent([packet]);
        Tell(new Mqtt.WriteBatch([packet]), QueuedMessage.SizeOf(packet));
    }

    private void FindMost() => _most = Math.Min(context.Settings.MaxOutstandingBytes, context.Memory.ShareOf(MemoryKind.Unwritten));

    private void Tell(Mqtt.WriteBatch batch, long size)
    {
        _unwritten += size;
        context.Memory.Take(MemoryKind.Unwritten, size);
        _link!.Connection.Tell(batch with { Ack = new Written(_link.Number, size) }, session);
    }

    /// <summary>
    /// Replaces the topic by an alias, as the last step before a PUBLISH is sent. The copy that is kept to be sent again keeps its topic.
    /// </summary>
    private Publish Alias(Publish packet) => _aliases is null
        ? packet
        : _aliases.Apply(packet, _link!.MaximumPacketSize == uint.MaxValue || Fits(WithLargestAlias(packet)));

    private static Publish WithLargestAlias(Publish packet) =>
        packet with { Properties = (packet.Properties ?? new PublishProperties()) with { TopicAlias = ushort.MaxValue } };

    private bool Fits(Publish packet)
    {
        var measured = packet.QoS == QualityOfService.AtMostOnce ? packet : packet with { PacketId = 1 };
        return MqttEncoder.TryMeasure(measured, MqttVersion.V5, MqttRole.Server, out var size, out _) && size <= _link!.MaximumPacketSize;
    }
}

/// <summary>Sent by the connection to the session when the transport has accepted a batch.</summary>
/// <param name="Link">The number of its link.</param>
/// <param name="Size">Bytes of its messages.</param>
internal sealed record Written(long Link, long Size) : IDeadLetterSuppression;
