using System.Text;

namespace Akka.Mqtt.Protocol.Packets;

/// <summary>Builds the one-line text of a packet for logs, without absent fields. Not used when packets are sent or received.</summary>
internal sealed class PacketText
{
    private readonly StringBuilder _text = new();

    public static PacketText Of(MqttPacket packet, string fields)
    {
        var text = new PacketText();
        text._text.Append(packet.Type).Append(" { ").Append(fields);
        return text;
    }

    public static string Names(MqttList<ReasonCode> codes, MqttPacketType packet) =>
        $"[{string.Join(", ", codes.Select(code => code.NameIn(packet)))}]";

    public PacketText Add(string name, object? value) => AddIf(name, value, value is not null);

    public PacketText Add(object? properties) => AddIf("Properties", properties, properties is not null);

    public PacketText AddIf(string name, object? value, bool present)
    {
        if (present)
            _text.Append(", ").Append(name).Append('=').Append(value);
        return this;
    }

    public override string ToString() => LogText.Escape(_text.Append(" }").ToString(), 4096);
}
