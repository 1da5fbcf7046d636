using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.TestKit.WireFormat;

/// <summary>The body of one packet, in the order of the standard (sections 3.1 to 3.15). Used once, by one thread.</summary>
/// <param name="fields">The fields of the packet.</param>
/// <param name="isV5">Whether it is a packet of MQTT 5.0.</param>
internal sealed class WireBody(WireFields fields, bool isV5)
{
    /// <summary>Reads the fields after the fixed header.</summary>
    /// <param name="type">The packet type.</param>
    /// <param name="flags">The flags of its first byte.</param>
    /// <param name="cut">Whether bytes of the packet are missing at its end.</param>
    public void Read(MqttPacketType type, int flags, bool cut)
    {
        switch (type)
        {
            case MqttPacketType.Connect: Connect(); break;
            case MqttPacketType.ConnAck: ConnAck(); break;
            case MqttPacketType.Publish: Publish(flags, cut); break;
            case MqttPacketType.PubAck or MqttPacketType.PubRec or MqttPacketType.PubRel or MqttPacketType.PubComp: Ack(); break;
            case MqttPacketType.Subscribe: Subscribe(); break;
            case MqttPacketType.SubAck or MqttPacketType.UnsubAck: ListAck(type); break;
            case MqttPacketType.Unsubscribe: Unsubscribe(); break;
            case MqttPacketType.Disconnect: ReasonAndProperties(); break;
            case MqttPacketType.Auth when isV5: ReasonAndProperties(); break;
            case MqttPacketType.Auth: fields.Break("AUTH is not in 3.x"); break;
            default: break;
        }
    }

    private void Connect()
    {
        fields.Text("protocol name");
        fields.Byte(v => $"protocol level {v & 0x7F} ({Wire.Name((MqttVersion)(v & 0x7F))}){WireFields.Flag(v, 0x80, " bridge")}", "protocol level");
        var flags = fields.Byte(ConnectFlags, "connect flags");
        fields.UInt16("keep alive", " s");
        if (isV5)
            Properties("properties");
        fields.Text("client id");
        if ((flags & 0x04) != 0)
        {
            if (isV5)
                Properties("will properties");
            fields.Text("will topic");
            fields.Binary("will payload");
        }

        if ((flags & 0x80) != 0)
            fields.Text("user name");
        if ((flags & 0x40) != 0)
            fields.Binary("password", secret: true);
    }

    private string ConnectFlags(int flags)
    {
        var words = new List<string>();
        if ((flags & 0x02) != 0)
            words.Add(isV5 ? "clean start" : "clean session");
        if ((flags & 0x04) != 0)
            words.Add($"will QoS {(flags >> 3) & 3}{WireFields.Flag(flags, 0x20, " RETAIN")}");
        if ((flags & 0x80) != 0)
            words.Add("user name");
        if ((flags & 0x40) != 0)
            words.Add("password");
        if ((flags & 0x01) != 0)
            words.Add("<- reserved bit set");
        return $"connect flags: {(words.Count == 0 ? "none" : string.Join(", ", words))}";
    }

    private void ConnAck()
    {
        fields.Byte(v => v switch { 0 => "flags: no session", 1 => "flags: session present", _ => "flags <- reserved bits set" }, "flags");
        if (!isV5)
        {
            fields.Byte(ReturnCode, "return code");
            return;
        }

        ReasonCode();
        Properties("properties");
    }

    private static string ReturnCode(int code) => "return code " + code switch
    {
        0 => "0 accepted",
        1 => "1 unacceptable protocol version",
        2 => "2 identifier rejected",
        3 => "3 server unavailable",
        4 => "4 bad user name or password",
        5 => "5 not authorized",
        _ => $"{code} <- reserved",
    };

    private void Publish(int flags, bool cut)
    {
        fields.Text("topic");
        if (((flags >> 1) & 3) != 0)
            fields.PacketId();
        if (isV5)
            Properties("properties");
        if (fields.IsBroken || (fields.Left == 0 && cut))
            return;
        fields.Line(fields.Left, fields.Left == 0 ? "payload (empty)" : $"payload ({WireFields.Count(fields.Left)}){WireFields.Readable(fields.Next)}");
    }

    private void Ack()
    {
        fields.PacketId();
        if (isV5)
            ReasonAndProperties();
    }

    private void ReasonAndProperties()
    {
        if (fields.IsBroken || fields.Left == 0 || !isV5)
            return;
        ReasonCode();
        if (fields.Left > 0)
            Properties("properties");
    }

    private void Subscribe()
    {
        fields.PacketId();
        if (isV5)
            Properties("properties");
        if (!fields.IsBroken && fields.Left == 0)
            fields.Break("SUBSCRIBE without a filter");
        while (!fields.IsBroken && fields.Left > 0)
        {
            fields.Text("filter");
            fields.Byte(Options, "subscription options");
        }
    }

    private string Options(int options)
    {
        var text = $"QoS {options & 3}{((options & 3) == 3 ? " <- forbidden" : "")}";
        if (!isV5)
            return (options & 0xFC) == 0 ? text : text + " <- reserved bits set";
        var handling = (options >> 4) & 3;
        return text + WireFields.Flag(options, 4, ", no local") + WireFields.Flag(options, 8, ", retain as published")
            + (handling == 0 ? "" : $", retain handling {handling}{(handling == 3 ? " <- forbidden" : "")}")
            + WireFields.Flag(options, 0xC0, " <- reserved bits set");
    }

    private void ListAck(MqttPacketType type)
    {
        fields.PacketId();
        if (isV5)
            Properties("properties");
        while (!fields.IsBroken && fields.Left > 0)
        {
            if (type == MqttPacketType.UnsubAck && !isV5)
                return;
            fields.Byte(v => v <= 2 && type == MqttPacketType.SubAck ? $"granted QoS {v}" : ReasonText(v), "reason code");
        }
    }

    private void Unsubscribe()
    {
        fields.PacketId();
        if (isV5)
            Properties("properties");
        if (!fields.IsBroken && fields.Left == 0)
            fields.Break("UNSUBSCRIBE without a filter");
        while (!fields.IsBroken && fields.Left > 0)
            fields.Text("filter");
    }

    private void ReasonCode() => fields.Byte(ReasonText, "reason code");

    private static string ReasonText(int code) => code == 0
        ? "reason 0x00 Success"
        : $"reason 0x{code:x2} {(Enum.IsDefined((ReasonCode)code) ? ((ReasonCode)code).ToString() : "<- unknown")}";

    private void Properties(string what)
    {
        var length = fields.VariableInteger($"{what} length");
        if (fields.IsBroken)
            return;
        if (length > fields.Left)
        {
            fields.Break($"{what} need {WireFields.Count(length)}, the packet has {fields.Left}");
            return;
        }

        var outer = fields.End;
        fields.End = fields.Position + length;
        while (!fields.IsBroken && fields.Left > 0)
            Property();
        fields.End = outer;
    }

    /// <summary>Reads one property; identifier, length and value are on one line.</summary>
    private void Property()
    {
        var id = fields.Next[0];
        if (!WireProperties.TryGet(id, out var property))
        {
            fields.Break($"0x{id:x2} is not a property");
            return;
        }

        var (size, value) = WireProperties.Read(property, fields.Next[1..]);
        if (size < 0)
        {
            fields.Line(fields.Left, property.Name);
            fields.Break($"ends here: {property.Name} is longer than the properties");
            return;
        }

        fields.Line(1 + size, $"property {property.Name} {value}");
    }
}
