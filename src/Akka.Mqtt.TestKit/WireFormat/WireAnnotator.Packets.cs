using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.TestKit.WireFormat;

/// <summary>The bodies of the packets, in the order of the standard (sections 3.1 to 3.15).</summary>
internal sealed partial class WireAnnotator
{
    private void Body(MqttPacketType type, int flags, bool cut)
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
            case MqttPacketType.Auth when IsV5: ReasonAndProperties(); break;
            case MqttPacketType.Auth: Break("AUTH is not in 3.x"); break;
            default: break;
        }
    }

    private void Connect()
    {
        Text("protocol name");
        Byte(v => $"protocol level {v & 0x7F} ({Wire.Name((MqttVersion)(v & 0x7F))}){Flag(v, 0x80, " bridge")}", "protocol level");
        var flags = Byte(ConnectFlags, "connect flags");
        UInt16("keep alive", " s");
        if (IsV5)
            Properties("properties");
        Text("client id");
        if ((flags & 0x04) != 0)
        {
            if (IsV5)
                Properties("will properties");
            Text("will topic");
            Binary("will payload");
        }

        if ((flags & 0x80) != 0)
            Text("user name");
        if ((flags & 0x40) != 0)
            Binary("password", secret: true);
    }

    private string ConnectFlags(int flags)
    {
        var words = new List<string>();
        if ((flags & 0x02) != 0)
            words.Add(IsV5 ? "clean start" : "clean session");
        if ((flags & 0x04) != 0)
            words.Add($"will QoS {(flags >> 3) & 3}{Flag(flags, 0x20, " RETAIN")}");
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
        Byte(v => v switch { 0 => "flags: no session", 1 => "flags: session present", _ => "flags <- reserved bits set" }, "flags");
        if (!IsV5)
        {
            Byte(ReturnCode, "return code");
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
        Text("topic");
        if (((flags >> 1) & 3) != 0)
            PacketId();
        if (IsV5)
            Properties("properties");
        if (_broken || (Left == 0 && cut))
            return;
        Line(Left, Left == 0 ? "payload (empty)" : $"payload ({Count(Left)}){Readable(bytes.Span.Slice(_at, Left))}");
    }

    private void Ack()
    {
        PacketId();
        if (IsV5)
            ReasonAndProperties();
    }

    private void ReasonAndProperties()
    {
        if (_broken || Left == 0 || !IsV5)
            return;
        ReasonCode();
        if (Left > 0)
            Properties("properties");
    }

    private void Subscribe()
    {
        PacketId();
        if (IsV5)
            Properties("properties");
        if (!_broken && Left == 0)
            Break("SUBSCRIBE without a filter");
        while (!_broken && Left > 0)
        {
            Text("filter");
            Byte(Options, "subscription options");
        }
    }

    private string Options(int options)
    {
        var text = $"QoS {options & 3}{((options & 3) == 3 ? " <- forbidden" : "")}";
        if (!IsV5)
            return (options & 0xFC) == 0 ? text : text + " <- reserved bits set";
        var handling = (options >> 4) & 3;
        return text + Flag(options, 4, ", no local") + Flag(options, 8, ", retain as published")
            + (handling == 0 ? "" : $", retain handling {handling}{(handling == 3 ? " <- forbidden" : "")}")
            + Flag(options, 0xC0, " <- reserved bits set");
    }

    private void ListAck(MqttPacketType type)
    {
        PacketId();
        if (IsV5)
            Properties("properties");
        while (!_broken && Left > 0)
        {
            if (type == MqttPacketType.UnsubAck && !IsV5)
                return;
            Byte(v => v <= 2 && type == MqttPacketType.SubAck ? $"granted QoS {v}" : ReasonText(v), "reason code");
        }
    }

    private void Unsubscribe()
    {
        PacketId();
        if (IsV5)
            Properties("properties");
        if (!_broken && Left == 0)
            Break("UNSUBSCRIBE without a filter");
        while (!_broken && Left > 0)
            Text("filter");
    }

    private void ReasonCode() => Byte(ReasonText, "reason code");

    private static string ReasonText(int code) => code == 0
        ? "reason 0x00 Success"
        : $"reason 0x{code:x2} {(Enum.IsDefined((ReasonCode)code) ? ((ReasonCode)code).ToString() : "<- unknown")}";

    private void Properties(string what)
    {
        var length = VariableInteger($"{what} length");
        if (_broken)
            return;
        if (length > Left)
        {
            Break($"{what} need {Count(length)}, the packet has {Left}");
            return;
        }

        var outer = _end;
        _end = _at + length;
        while (!_broken && Left > 0)
            Property();
        _end = outer;
    }

    /// <summary>One property; identifier, length and value stand on one line.</summary>
    private void Property()
    {
        var id = bytes.Span[_at];
        if (!WireProperties.TryGet(id, out var property))
        {
            Break($"0x{id:x2} is not a property");
            return;
        }

        var (size, value) = WireProperties.Read(property, bytes.Span[(_at + 1).._end]);
        if (size < 0)
        {
            Line(Left, property.Name);
            Break($"ends here: {property.Name} is longer than the properties");
            return;
        }

        Line(1 + size, $"property {property.Name} {value}");
    }
}
