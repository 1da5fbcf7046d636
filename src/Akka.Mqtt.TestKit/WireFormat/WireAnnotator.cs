using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.TestKit.WireFormat;

/// <summary>
/// Reads packets one after another and writes a line for each field. This type reads fixed headers. Used once, by one thread.
/// </summary>
/// <param name="bytes">The packets.</param>
/// <param name="version">The protocol version; null to take it from CONNECT.</param>
/// <param name="maxFieldBytes">The highest number of bytes to show of one field.</param>
internal sealed class WireAnnotator(ReadOnlyMemory<byte> bytes, MqttVersion? version, int maxFieldBytes)
{
    private readonly WireFields _fields = new(bytes, maxFieldBytes);
    private MqttVersion? _version = version;

    /// <summary>The lines of all packets.</summary>
    public string Annotate()
    {
        while (!_fields.AllRead && !_fields.IsBroken)
            Packet();
        if (_fields.IsBroken && !_fields.AllRead)
        {
            _fields.ToTheEnd();
            _fields.Line(_fields.Left, "not read");
        }

        return _fields.ToString();
    }

    private void Packet()
    {
        _fields.ToTheEnd();
        var first = _fields.Next[0];
        var type = (MqttPacketType)(first >> 4);
        var flags = first & 0x0F;
        _version = Wire.VersionOfConnect(_fields.Next) ?? _version;
        _fields.Line(1, FixedHeaderText(type, flags));
        var length = _fields.VariableInteger("remaining length");
        if (_fields.IsBroken)
            return;
        if (type == MqttPacketType.Reserved)
        {
            _fields.Break("packet type 0 is forbidden");
            return;
        }

        var cut = length > _fields.Left ? length - _fields.Left : 0;
        _fields.End = _fields.Position + Math.Min(length, _fields.Left);
        new WireBody(_fields, _version == MqttVersion.V5).Read(type, flags, cut > 0);
        if (_fields.IsBroken)
            return;
        if (cut > 0)
            _fields.Break($"the bytes end here: {cut} more of this packet are missing");
        else if (_fields.Left > 0)
            _fields.Break($"{WireFields.Count(_fields.Left)} left over at the end of the packet");
    }

    private string FixedHeaderText(MqttPacketType type, int flags)
    {
        var name = type == MqttPacketType.Reserved ? "packet type 0" : type.ToString().ToUpperInvariant();
        var expected = ExpectedFlags(type);
        if (type == MqttPacketType.Publish)
        {
            var qos = (flags >> 1) & 3;
            return $"{name} QoS {qos}{WireFields.Flag(flags, 8, " DUP")}{WireFields.Flag(flags, 1, " RETAIN")}{(qos == 3 ? " <- forbidden QoS" : "")}";
        }

        if (_version == MqttVersion.V31 && expected == 2)
            return $"{name}{WireFields.Flag(flags, 8, " DUP")}{((flags & 7) == 2 ? "" : $" <- flags 0x{flags:x1}, must be 0x2")}";
        return flags == expected ? name : $"{name} <- flags 0x{flags:x1}, must be 0x{expected:x1}";
    }

    private static int ExpectedFlags(MqttPacketType type) =>
        type is MqttPacketType.PubRel or MqttPacketType.Subscribe or MqttPacketType.Unsubscribe ? 2 : 0;
}
