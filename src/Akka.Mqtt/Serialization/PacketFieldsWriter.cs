using Akka.Mqtt.Protocol;
using static Akka.Mqtt.Serialization.PacketField;

namespace Akka.Mqtt.Serialization;

/// <summary>
/// Writes packets that have no valid wire form, field by field: packet type, then number and value of each field that differs from the
/// default, then 0. <see cref="PacketFieldsReader"/> reads them.
/// </summary>
internal static class PacketFieldsWriter
{
    public static void Write(WireWriter to, MqttPacket packet)
    {
        to.Byte((byte)packet.Type);
        switch (packet)
        {
            case Protocol.Connect connect:
                Write(to, connect);
                break;
            case ConnAck { Properties: var properties } connAck:
                Code(to, connAck.ReasonCode);
                Flag(to, SessionPresent, connAck.SessionPresent);
                if (Begin(to, properties))
                    PropertyFieldsWriter.Write(to, properties!);
                break;
            case Publish { Properties: var properties } publish:
                Id(to, publish.PacketId);
                Text(to, Topic, publish.Topic);
                Binary(to, Payload, publish.Payload);
                Number(to, QoS, (byte)publish.QoS);
                Flag(to, Retain, publish.Retain);
                Flag(to, Dup, publish.Dup);
                if (Begin(to, properties))
                    PropertyFieldsWriter.Write(to, properties!);
                break;
            case PubAck ack:
                Ack(to, ack.PacketId, ack.ReasonCode, ack.Properties);
                break;
            case PubRec ack:
                Ack(to, ack.PacketId, ack.ReasonCode, ack.Properties);
                break;
            case PubRel ack:
                Flag(to, Dup, ack.Dup);
                Ack(to, ack.PacketId, ack.ReasonCode, ack.Properties);
                break;
            case PubComp ack:
                Ack(to, ack.PacketId, ack.ReasonCode, ack.Properties);
                break;
            case Subscribe { Properties: var properties } subscribe:
                Id(to, subscribe.PacketId);
                Flag(to, Dup, subscribe.Dup);
                Write(to, subscribe.Subscriptions);
                if (Begin(to, properties))
                    PropertyFieldsWriter.Write(to, properties!);
                break;
            case SubAck ack:
                Codes(to, ack.ReasonCodes);
                Ack(to, ack.PacketId, default, ack.Properties);
                break;
            case Unsubscribe { Properties: var properties } unsubscribe:
                Id(to, unsubscribe.PacketId);
                Flag(to, Dup, unsubscribe.Dup);
                to.Byte(Filters);
                to.Texts(unsubscribe.Filters);
                if (Begin(to, properties))
                    PropertyFieldsWriter.Write(to, properties!);
                break;
            case UnsubAck ack:
                Codes(to, ack.ReasonCodes);
                Ack(to, ack.PacketId, default, ack.Properties);
                break;
            case Disconnect { Properties: var properties } disconnect:
                Code(to, disconnect.ReasonCode);
                if (Begin(to, properties))
                    PropertyFieldsWriter.Write(to, properties!);
                break;
            case Auth { Properties: var properties } auth:
                Code(to, auth.ReasonCode);
                if (Begin(to, properties))
                    PropertyFieldsWriter.Write(to, properties!);
                break;
        }

        to.Byte(End);
    }

    private static void Write(WireWriter to, Protocol.Connect connect)
    {
        Number(to, PacketField.Version, (byte)connect.Version);
        Text(to, ClientId, connect.ClientId);
        to.Byte(CleanStart); // its default differs from that of its type
        to.Bool(connect.CleanStart);
        Flag(to, IsBridge, connect.IsBridge);
        to.Byte(KeepAlive);
        to.UInt(connect.KeepAlive);
        if (connect.Will is { } will)
            Write(to, will);
        if (connect.UserName is not null)
            Text(to, UserName, connect.UserName);
        if (connect.Password is { } password)
            Binary(to, Password, password);
        if (Begin(to, connect.Properties))
            PropertyFieldsWriter.Write(to, connect.Properties!);
    }

    private static void Write(WireWriter to, Will will)
    {
        to.Byte(PacketField.Will);
        Text(to, Topic, will.Topic);
        Binary(to, Payload, will.Payload);
        Number(to, QoS, (byte)will.QoS);
        Flag(to, Retain, will.Retain);
        if (Begin(to, will.Properties))
            PropertyFieldsWriter.Write(to, will.Properties!);
        to.Byte(End);
    }

    private static void Write(WireWriter to, MqttList<Subscription> subscriptions)
    {
        to.Byte(Subscriptions);
        to.UInt((uint)subscriptions.Count);
        foreach (var subscription in subscriptions)
        {
            to.Bool(subscription is not null);
            if (subscription is null)
                continue;
            to.Text(subscription.Filter);
            to.Byte((byte)subscription.QoS);
            to.Bool(subscription.NoLocal);
            to.Bool(subscription.RetainAsPublished);
            to.Byte((byte)subscription.RetainHandling);
        }
    }

    private static void Ack(WireWriter to, ushort packetId, ReasonCode code, AckProperties? properties)
    {
        Id(to, packetId);
        Code(to, code);
        if (Begin(to, properties))
            PropertyFieldsWriter.Write(to, properties!);
    }

    private static void Id(WireWriter to, ushort packetId)
    {
        if (packetId == 0)
            return;
        to.Byte(PacketId);
        to.UInt(packetId);
    }

    private static void Code(WireWriter to, ReasonCode code) => Number(to, PacketField.ReasonCode, (byte)code);

    private static void Codes(WireWriter to, MqttList<ReasonCode> codes)
    {
        to.Byte(PacketField.Codes);
        to.UInt((uint)codes.Count);
        foreach (var code in codes)
            to.Byte((byte)code);
    }

    private static void Number(WireWriter to, byte field, byte value)
    {
        if (value == 0)
            return;
        to.Byte(field);
        to.Byte(value);
    }

    private static void Flag(WireWriter to, byte field, bool value) => Number(to, field, value ? (byte)1 : (byte)0);

    private static void Text(WireWriter to, byte field, string? value)
    {
        to.Byte(field);
        to.Text(value);
    }

    private static void Binary(WireWriter to, byte field, MqttBinary value)
    {
        to.Byte(field);
        to.Bytes(value.Span);
    }

    private static bool Begin(WireWriter to, object? properties)
    {
        if (properties is not null)
            to.Byte(Properties);
        return properties is not null;
    }
}
