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
/// Writes to the connection of a session: gathers packets and tells them in one batch, and knows how many bytes the connection has not written.
/// Every PUBLISH passes <see cref="Shape"/>, whatever way it comes. Owned by the session.
/// </summary>
internal sealed class ClientWriter(ServerContext context, SessionCounters counters, IActorRef session) : IOutlet
{
    private readonly List<MqttPacket> _out = [];
    private ClientLink? _link;
    private DeliveryGate? _gate; // only where rights or interceptors apply to deliveries
    private OutboundAliases? _aliases;
    private Publish? _large; // sent alone, when everything before it is written
    private long _size; // of the messages in _out
    private long _unwritten; // told to the connection, or held
    private long _most; // of both, as it was when a batch came or was written last
    private CommitQueue? _commits; // where something is written
    private bool _awaitsCommit;

    /// <summary>
    /// Whether what comes next has to wait: for what this connection has not written, or for what all have not. One message may always be on its
    /// way to each client, and when it is written the next follows.
    /// </summary>
    public bool IsFull => _large is not null || (_unwritten + _size >= _most && _unwritten + _size > 0);

    /// <summary>What is sent next: answers to the client are put here.</summary>
    public List<MqttPacket> Outgoing => _out;

    /// <summary>Bytes of messages that the connection has not written.</summary>
    public long UnwrittenBytes => _unwritten + _size + (_large is null ? 0 : QueuedMessage.SizeOf(_large));

    /// <summary>Changes of a durable session, which are written before what they belong to leaves; null for one that ends with the process.</summary>
    public SessionLog? Log { get; set; }

    /// <summary>Whether packets wait for a commit.</summary>
    public bool IsHolding => _commits is { IsEmpty: false };

    /// <summary>Whether so many packets wait for a commit that no more packets of the client should be handled.</summary>
    public bool IsBehind => _commits is not null && _commits.IsBehind(context.Engine);

    /// <summary>What is flushed next acknowledges messages that were written: it leaves when they are committed.</summary>
    public void AwaitCommit() => _awaitsCommit = true;

    /// <summary>A batch is about to be delivered. Finds out first how much of it may be sent, because others may have used the memory since.</summary>
    public void BeginBatch() => FindMost();

    /// <summary>A commit is complete.</summary>
    public void Committed()
    {
        while (_commits is not null && _commits.TryTake(out var packets, out var size))
            Send(packets, size);
        FlushLarge();
    }

    /// <summary>Flushes the last packets before the end of the connection: what waits for a commit is not sent any more.</summary>
    /// <param name="last">The last of them; null for none.</param>
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

    /// <summary>From now on the client has these rights; null when nothing is forbidden.</summary>
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
        return null; // [MQTT-3.1.2-24 v5] [MQTT-3.1.2-25 v5] as though it had been delivered
    }

    public void Send(Publish packet)
    {
        counters.MessageSent(packet);
        packet = Alias(packet);
        var size = QueuedMessage.SizeOf(packet);
        // One message of any size is always sent, but alone: the write queue of the connection is bounded.
        if (_unwritten + _size > 0 && _unwritten + _size + size > context.Settings.MaxOutstandingBytes)
        {
            _large = packet;
            return;
        }
        if (_size == 0)
            FindMost(); // once a batch, because others have filled the share meanwhile
        _out.Add(packet);
        _size += size;
    }

    public void Send(PubRel packet) => _out.Add(packet);

    /// <summary>
    /// Whether a batch may go to the client as it came: nothing about this client changes a message of QoS 0 on its way, and nothing waits.
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

    /// <summary>Tells the connection what was gathered.</summary>
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
            _link!.Connection.Tell(batch, session); // only answers, whose writing nobody waits for
        _size = 0;
        FlushLarge();
    }

    /// <summary>The connection has written a batch.</summary>
    /// <returns>Whether it was of the current connection.</returns>
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

    /// <summary>Holds what was gathered until it may leave; it leaves at once if the commit has come already.</summary>
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

    /// <summary>The last step before a PUBLISH is sent. The message that is kept for sending again keeps its topic.</summary>
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

/// <summary>Connection to session: a batch has gone to the transport.</summary>
/// <param name="Link">The number of its link.</param>
/// <param name="Size">Bytes of its messages.</param>
internal sealed record Written(long Link, long Size) : IDeadLetterSuppression;
