using System.Runtime.Serialization;
using Akka.Mqtt.Protocol;
using static Akka.Mqtt.Serialization.PacketField;

namespace Akka.Mqtt.Serialization;

/// <summary>Reads what <see cref="PacketFieldsWriter"/> wrote. Copies the record for each field, because such packets are rare.</summary>
internal static class PacketFieldsReader
{
    public static MqttPacket Read(WireReader from)
    {
        var type = (MqttPacketType)from.Byte();
        return type switch
        {
            MqttPacketType.Connect => ReadConnect(from),
            MqttPacketType.ConnAck => ReadConnAck(from),
            MqttPacketType.Publish => ReadPublish(from),
            MqttPacketType.PubAck => ReadAck(from).ToPubAck(),
            MqttPacketType.PubRec => ReadAck(from).ToPubRec(),
            MqttPacketType.PubRel => ReadAck(from).ToPubRel(),
            MqttPacketType.PubComp => ReadAck(from).ToPubComp(),
            MqttPacketType.SubAck => ReadAck(from).ToSubAck(),
            MqttPacketType.UnsubAck => ReadAck(from).ToUnsubAck(),
            MqttPacketType.Subscribe => ReadSubscribe(from),
            MqttPacketType.Unsubscribe => ReadUnsubscribe(from),
            MqttPacketType.PingReq => ReadPing(from, new PingReq()),
            MqttPacketType.PingResp => ReadPing(from, new PingResp()),
            MqttPacketType.Disconnect => ReadDisconnect(from),
            MqttPacketType.Auth => ReadAuth(from),
            _ => throw new SerializationException($"The packet type {(int)type} does not exist."),
        };
    }

    private static Protocol.Connect ReadConnect(WireReader from)
    {
        var packet = new Protocol.Connect { Version = default };
        while (from.Byte() is var field and not End)
        {
            packet = field switch
            {
                PacketField.Version => packet with { Version = (MqttVersion)from.Byte() },
                ClientId => packet with { ClientId = from.Text() },
                CleanStart => packet with { CleanStart = from.Bool() },
                IsBridge => packet with { IsBridge = from.Bool() },
                KeepAlive => packet with { KeepAlive = (ushort)from.UInt() },
                PacketField.Will => packet with { Will = ReadWill(from) },
                UserName => packet with { UserName = from.OptionalText() },
                Password => packet with { Password = from.Binary() },
                Properties => packet with { Properties = PropertyFieldsReader.Connect(from) },
                _ => throw Unknown(field),
            };
        }

        return packet;
    }

    private static Will ReadWill(WireReader from)
    {
        var will = new Will();
        while (from.Byte() is var field and not End)
        {
            will = field switch
            {
                Topic => will with { Topic = from.Text() },
                Payload => will with { Payload = from.Binary() },
                QoS => will with { QoS = (QualityOfService)from.Byte() },
                Retain => will with { Retain = from.Bool() },
                Properties => will with { Properties = PropertyFieldsReader.Will(from) },
                _ => throw Unknown(field),
            };
        }

        return will;
    }

    private static ConnAck ReadConnAck(WireReader from)
    {
        var packet = new ConnAck();
        while (from.Byte() is var field and not End)
        {
            packet = field switch
            {
                PacketField.ReasonCode => packet with { ReasonCode = (ReasonCode)from.Byte() },
                SessionPresent => packet with { SessionPresent = from.Bool() },
                Properties => packet with { Properties = PropertyFieldsReader.ConnAck(from) },
                _ => throw Unknown(field),
            };
        }

        return packet;
    }

    private static Publish ReadPublish(WireReader from)
    {
        var packet = new Publish();
        while (from.Byte() is var field and not End)
        {
            packet = field switch
            {
                PacketId => packet with { PacketId = (ushort)from.UInt() },
                Topic => packet with { Topic = from.Text() },
                Payload => packet with { Payload = from.Binary() },
                QoS => packet with { QoS = (QualityOfService)from.Byte() },
                Retain => packet with { Retain = from.Bool() },
                Dup => packet with { Dup = from.Bool() },
                Properties => packet with { Properties = PropertyFieldsReader.Publish(from) },
                _ => throw Unknown(field),
            };
        }

        return packet;
    }

    private static AckFields ReadAck(WireReader from)
    {
        var ack = default(AckFields);
        while (from.Byte() is var field and not End)
        {
            ack = field switch
            {
                PacketId => ack with { PacketId = (ushort)from.UInt() },
                PacketField.ReasonCode => ack with { ReasonCode = (ReasonCode)from.Byte() },
                Dup => ack with { Dup = from.Bool() },
                PacketField.Codes => ack with { ReasonCodes = ReadCodes(from) },
                Properties => ack with { Properties = PropertyFieldsReader.Ack(from) },
                _ => throw Unknown(field),
            };
        }

        return ack;
    }

    private static Subscribe ReadSubscribe(WireReader from)
    {
        var packet = new Subscribe();
        while (from.Byte() is var field and not End)
        {
            packet = field switch
            {
                PacketId => packet with { PacketId = (ushort)from.UInt() },
                Dup => packet with { Dup = from.Bool() },
                Subscriptions => packet with { Subscriptions = ReadSubscriptions(from) },
                Properties => packet with { Properties = PropertyFieldsReader.Subscribe(from) },
                _ => throw Unknown(field),
            };
        }

        return packet;
    }

    private static Unsubscribe ReadUnsubscribe(WireReader from)
    {
        var packet = new Unsubscribe();
        while (from.Byte() is var field and not End)
        {
            packet = field switch
            {
                PacketId => packet with { PacketId = (ushort)from.UInt() },
                Dup => packet with { Dup = from.Bool() },
                Filters => packet with { Filters = from.Texts() },
                Properties => packet with { Properties = PropertyFieldsReader.Unsubscribe(from) },
                _ => throw Unknown(field),
            };
        }

        return packet;
    }

    private static Disconnect ReadDisconnect(WireReader from)
    {
        var packet = new Disconnect();
        while (from.Byte() is var field and not End)
        {
            packet = field switch
            {
                PacketField.ReasonCode => packet with { ReasonCode = (ReasonCode)from.Byte() },
                Properties => packet with { Properties = PropertyFieldsReader.Disconnect(from) },
                _ => throw Unknown(field),
            };
        }

        return packet;
    }

    private static Auth ReadAuth(WireReader from)
    {
        var packet = new Auth();
        while (from.Byte() is var field and not End)
        {
            packet = field switch
            {
                PacketField.ReasonCode => packet with { ReasonCode = (ReasonCode)from.Byte() },
                Properties => packet with { Properties = PropertyFieldsReader.Auth(from) },
                _ => throw Unknown(field),
            };
        }

        return packet;
    }

    private static MqttPacket ReadPing(WireReader from, MqttPacket ping) => from.Byte() is var field and not End ? throw Unknown(field) : ping;

    private static MqttList<ReasonCode> ReadCodes(WireReader from)
    {
        var codes = new ReasonCode[from.Count()];
        for (var at = 0; at < codes.Length; at++)
            codes[at] = (ReasonCode)from.Byte();
        return MqttList.Wrap(codes);
    }

    private static MqttList<Subscription> ReadSubscriptions(WireReader from)
    {
        var subscriptions = new Subscription[from.Count()];
        for (var at = 0; at < subscriptions.Length; at++)
        {
            if (!from.Bool())
                continue;
            subscriptions[at] = new Subscription(from.Text(), (QualityOfService)from.Byte())
            {
                NoLocal = from.Bool(),
                RetainAsPublished = from.Bool(),
                RetainHandling = (RetainHandling)from.Byte(),
            };
        }

        return MqttList.Wrap(subscriptions);
    }

    private static SerializationException Unknown(byte field) =>
        new($"This version of Akka.Mqtt does not know the packet field {field}.");

    /// <summary>The fields of acknowledgements.</summary>
    private readonly record struct AckFields(
        ushort PacketId, ReasonCode ReasonCode, bool Dup, MqttList<ReasonCode> ReasonCodes, AckProperties? Properties)
    {
        public PubAck ToPubAck() => new(PacketId, ReasonCode) { Properties = Properties };

        public PubRec ToPubRec() => new(PacketId, ReasonCode) { Properties = Properties };

        public PubRel ToPubRel() => new(PacketId, ReasonCode) { Dup = Dup, Properties = Properties };

        public PubComp ToPubComp() => new(PacketId, ReasonCode) { Properties = Properties };

        public SubAck ToSubAck() => new() { PacketId = PacketId, ReasonCodes = ReasonCodes, Properties = Properties };

        public UnsubAck ToUnsubAck() => new() { PacketId = PacketId, ReasonCodes = ReasonCodes, Properties = Properties };
    }
}
