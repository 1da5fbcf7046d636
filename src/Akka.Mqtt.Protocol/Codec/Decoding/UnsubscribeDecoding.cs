using Akka.Mqtt.Protocol.Text;

namespace Akka.Mqtt.Protocol.Codec;

/// <summary>Decodes UNSUBSCRIBE (section 3.10) and UNSUBACK (section 3.11).</summary>
internal static class UnsubscribeDecoding
{
    /// <summary>Packet identifier, 5.0 properties, then topic filters, up to the limit.</summary>
    public static Unsubscribe? ReadUnsubscribe(ref MqttReader reader, FixedHeader header, MqttVersion version, int maxFilters)
    {
        var id = reader.ReadPacketId();
        var properties = version == MqttVersion.V5 ? PropertyDecoding.ReadUnsubscribe(ref reader) : null;
        if (!reader.Failed && reader.Remaining == 0) // [MQTT-3.10.3-2]
            reader.ProtocolError(PacketProblem.NoFilter);
        var count = reader.CountBlocks(0);
        if (count > maxFilters)
        {
            reader.TooMany(PacketProblem.TooManyFilters);
            return null;
        }

        var filters = new string[Math.Max(1, count)];
        for (var at = 0; reader.Remaining > 0; at++)
        {
            var filter = ReadFilter(ref reader, version);
            if (reader.Failed) // a rest too short for a length was not counted
                return null;
            filters[at] = filter;
        }

        return reader.Failed
            ? null
            : new Unsubscribe { Header = header, PacketId = id, Filters = MqttList.Wrap(filters), Dup = header.Dup, Properties = properties };
    }

    /// <summary>Packet identifier; 5.0: properties, then a code for each filter.</summary>
    public static UnsubAck? ReadUnsubAck(ref MqttReader reader, FixedHeader header, MqttVersion version)
    {
        var id = reader.ReadPacketId();
        if (version != MqttVersion.V5)
            return reader.Failed ? null : new UnsubAck { Header = header, PacketId = id };
        var properties = PropertyDecoding.ReadAck(ref reader);
        var codes = ReadReasonCodes(ref reader, MqttPacketType.UnsubAck, version);
        return reader.Failed ? null : new UnsubAck { Header = header, PacketId = id, ReasonCodes = codes, Properties = properties };
    }

    /// <summary>
    /// Reads a topic filter: valid UTF-8 [MQTT-3.8.3-1], [MQTT-3.10.3-1], at least one character [MQTT-4.7.3-1], wildcards only where
    /// allowed.
    /// </summary>
    public static string ReadFilter(ref MqttReader reader, MqttVersion version)
    {
        var utf8 = reader.ReadBlock();
        if (!utf8.IsEmpty && utf8[0] != (byte)'$' && AsciiText.IsFilter(utf8)) // with a dollar sign it may be a shared subscription
            return AsciiText.ToText(utf8);
        return ReadAnyFilter(ref reader, utf8, version);
    }

    private static string ReadAnyFilter(ref MqttReader reader, ReadOnlySpan<byte> utf8, MqttVersion version)
    {
        var filter = reader.ToText(utf8);
        if (filter.Length == 0 || !TopicFilter.HasValidShape(filter)) // 5.0 [MQTT-4.7.1-1], [MQTT-4.7.1-2]; 3.1.1 [MQTT-4.7.1-2], [MQTT-4.7.1-3]
            reader.Malformed(PacketProblem.Filter);
        if (version == MqttVersion.V5 && SharedFilter.IsShared(filter) && !SharedFilter.IsValid(filter)) // [MQTT-4.8.2-1], [MQTT-4.8.2-2]
            reader.ProtocolError(PacketProblem.SharedFilter);
        return filter;
    }

    /// <summary>The codes of SUBACK or UNSUBACK: one for each filter [MQTT-3.8.4-6], so at least one.</summary>
    public static MqttList<ReasonCode> ReadReasonCodes(ref MqttReader reader, MqttPacketType type, MqttVersion version)
    {
        if (reader.Failed)
            return default;
        if (reader.Remaining == 0)
        {
            reader.ProtocolError(PacketProblem.NoReasonCode);
            return default;
        }

        var codes = new ReasonCode[reader.Remaining];
        for (var at = 0; at < codes.Length; at++)
        {
            codes[at] = (ReasonCode)reader.ReadByte();
            if (IsAllowed(codes[at], type, version)) // 5.0 [MQTT-3.9.3-2], [MQTT-3.11.3-2]; 3.1.1 [MQTT-3.9.3-2]
                continue;
            reader.ProtocolError(PacketProblem.ReasonCode);
            return default;
        }

        return MqttList.Wrap(codes);
    }

    public static bool IsAllowed(ReasonCode code, MqttPacketType type, MqttVersion version) =>
        version == MqttVersion.V5 ? code.IsAllowed(type) : code is <= ReasonCode.GrantedQoS2 or ReasonCode.UnspecifiedError;
}
