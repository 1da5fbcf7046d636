using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Connection;

/// <summary>
/// Checks and queues the packets of a connection: fields against the version, order and role against the rules, size against the peer's
/// limit and the queue. When a command fails a check, its sender gets CommandFailed and nothing of it is queued. Owned by the connection
/// actor.
/// </summary>
internal sealed class OutgoingPackets(ConnectionRules rules, MqttRole role, WriteBuffer writes)
{
    /// <summary>Whether the connection closes, so that all commands are rejected.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Set when CONNECT or CONNACK was queued. CONNECT sets the version of the connection, CONNACK its Keep Alive.</summary>
    public bool ChangedRules { get; set; }

    /// <summary>Queues a packet.</summary>
    /// <returns>Whether it was queued.</returns>
    public bool TrySend(MqttPacket packet, object command, object? ack, IActorRef sender)
    {
        if (!TryMeasure(packet, command, sender, out var version, out var size))
            return false;
        if (!writes.HasRoomFor(size))
            return FailQueueFull(command, sender);
        if (!TryOrder(packet, command, sender))
            return false;
        Ordered(packet);
        writes.Append(packet, version, size);
        if (ack is not null)
            writes.AddAck(sender, ack, command);
        return true;
    }

    /// <summary>Queues all packets of a batch, or none. All are measured before the first is encoded.</summary>
    /// <returns>Whether they were queued.</returns>
    public bool TrySend(Mqtt.WriteBatch batch, IActorRef sender)
    {
        var packets = batch.Packets.Span;
        if (packets.IsEmpty)
        {
            CommandFailures.Fail(sender, batch, CommandFailure.InvalidPacket, "A batch needs at least one packet.");
            return false;
        }

        if (batch.Shared is not null && TryShare(batch, batch.Shared, out var bytes))
        {
            if (!writes.HasRoomFor(bytes.Packets.Length))
                return FailQueueFull(batch, sender);
            writes.Append(bytes.Packets);
        }
        else
        {
            long total = 0;
            MqttVersion version = default;
            var free = rules.SendsMessages;
            foreach (var packet in packets)
            {
                if (!TryMeasure(packet, batch, sender, out version, out var size))
                    return false;
                total += size;
                free = free && packet is Publish or PubAck or PubRec or PubRel or PubComp;
            }

            if (!writes.HasRoomFor(total))
                return FailQueueFull(batch, sender);
            if (!free && !TryOrder(packets, batch, sender))
                return false;
            writes.Append(packets, version, role, total);
        }

        if (batch.Ack is not null)
            writes.AddAck(sender, batch.Ack, batch);
        return true;
    }

    /// <summary>The bytes of a batch that another connection has encoded, if this connection may send all of it unchanged.</summary>
    private bool TryShare(Mqtt.WriteBatch batch, SharedEncoding shared, out SharedEncoding.Bytes bytes)
    {
        bytes = null!;
        return !IsClosed && rules.SendsMessages && shared.TryGet(batch.Packets, rules.Version!.Value, out bytes)
            && (uint)bytes.Largest <= rules.PeerMaximumPacketSize;
    }

    private bool TryMeasure(MqttPacket packet, object command, IActorRef sender, out MqttVersion version, out int size)
    {
        size = 0;
        version = rules.Version ?? (packet as Connect)?.Version ?? default;
        if (IsClosed)
        {
            CommandFailures.Fail(sender, command, CommandFailure.ConnectionClosed, "The connection is closing.");
            return false;
        }

        if (packet is null)
        {
            CommandFailures.Fail(sender, command, CommandFailure.InvalidPacket, "A packet of the batch is null.");
            return false;
        }

        if (version == default)
        {
            CommandFailures.Fail(sender, command, CommandFailure.OutOfOrder, role == MqttRole.Client
                ? "The first packet of a client must be CONNECT." // [MQTT-3.1.0-1]
                : "A server sends nothing before it has received CONNECT.");
            return false;
        }

        if (!MqttEncoder.TryMeasure(packet, version, role, out size, out var error))
        {
            CommandFailures.Fail(sender, command, CommandFailure.InvalidPacket, error.Message, error.ReasonCode);
            return false;
        }

        if ((uint)size <= rules.PeerMaximumPacketSize) // [MQTT-3.1.2-24], [MQTT-3.2.2-15]
            return true;
        const string text = "The packet is larger than the peer's Maximum Packet Size.";
        CommandFailures.Fail(sender, command, CommandFailure.PacketTooLarge, text, ReasonCode.PacketTooLarge);
        return false;
    }

    private bool TryOrder(MqttPacket packet, object command, IActorRef sender)
    {
        if (rules.TrySend(packet, out var error))
            return true;
        CommandFailures.Fail(sender, command, CommandFailure.OutOfOrder, error.Message, error.ReasonCode);
        return false;
    }

    /// <summary>
    /// Whether a batch of more than one packet may contain a packet. Only packets are allowed that do not change the state of the
    /// connection, because otherwise sending one could change how the next one had to be measured.
    /// </summary>
    private bool TryOrder(ReadOnlySpan<MqttPacket> packets, object command, IActorRef sender)
    {
        var before = rules.Snapshot();
        foreach (var packet in packets)
        {
            if (packets.Length > 1 && packet is Connect)
            {
                rules.Restore(before);
                CommandFailures.Fail(sender, command, CommandFailure.OutOfOrder, "CONNECT must be sent alone, not in a batch with others.");
                return false;
            }

            if (TryOrder(packet, command, sender))
                continue;
            rules.Restore(before);
            return false;
        }

        foreach (var packet in packets)
            Ordered(packet);
        return true;
    }

    private void Ordered(MqttPacket packet)
    {
        if (packet.Type is MqttPacketType.Connect or MqttPacketType.ConnAck)
            ChangedRules = true;
    }

    private static bool FailQueueFull(object command, IActorRef sender)
    {
        const string text = "The write queue is full (max-queued-write-bytes).";
        CommandFailures.Fail(sender, command, CommandFailure.QueueFull, text, ReasonCode.QuotaExceeded);
        return false;
    }
}
