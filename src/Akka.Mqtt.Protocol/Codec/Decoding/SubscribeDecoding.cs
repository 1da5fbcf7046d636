namespace Akka.Mqtt.Protocol.Codec;

/// <summary>Decodes SUBSCRIBE (section 3.8) and SUBACK (section 3.9).</summary>
internal static class SubscribeDecoding
{
    /// <summary>Packet identifier, 5.0 properties, then topic filters with an options byte each, up to the limit.</summary>
    public static Subscribe? ReadSubscribe(ref MqttReader reader, FixedHeader header, MqttVersion version, int maxSubscriptions)
    {
        var id = reader.ReadPacketId();
        var properties = version == MqttVersion.V5 ? PropertyDecoding.ReadSubscribe(ref reader) : null;
        if (!reader.Failed && reader.Remaining == 0) // 5.0 [MQTT-3.8.3-2], 3.1.1 [MQTT-3.8.3-3]
            reader.ProtocolError(PacketProblem.NoFilter);
        var v5 = version == MqttVersion.V5;
        var all = reader.PeekRest();
        if (KnownSubscriptions.Find(all, v5) is { } subscriptions)
        {
            reader.Skip(all.Length);
        }
        else
        {
            subscriptions = ReadSubscriptions(ref reader, version, maxSubscriptions);
            if (subscriptions is { Length: > 1 })
                KnownSubscriptions.Add(all, v5, subscriptions);
        }

        if (subscriptions?.Length > maxSubscriptions)
            reader.TooMany(PacketProblem.TooManyFilters);
        return subscriptions is null ? null : new Subscribe(header, id, subscriptions) { Properties = properties };
    }

    private static Subscription[]? ReadSubscriptions(ref MqttReader reader, MqttVersion version, int maxSubscriptions)
    {
        var v5 = version == MqttVersion.V5;
        var count = reader.CountBlocks(1);
        if (count > maxSubscriptions)
        {
            reader.TooMany(PacketProblem.TooManyFilters);
            return null;
        }

        var subscriptions = new Subscription[Math.Max(1, count)];
        for (var at = 0; reader.Remaining > 0; at++)
        {
            var wire = reader.PeekBlock(1);
            if (subscriptions.Length > 1 && KnownSubscriptions.Find(wire, v5) is { } known) // a single subscription was already looked up as the whole
            {
                reader.Skip(wire.Length);
                subscriptions[at] = known[0];
                continue;
            }

            var filter = UnsubscribeDecoding.ReadFilter(ref reader, version);
            var options = reader.ReadByte();
            if (reader.Failed)
                return null;
            CheckOptions(ref reader, filter, options, version);
            subscriptions[at] = new Subscription(filter, (QualityOfService)(options & 0x03))
            {
                NoLocal = (options & 0x04) != 0,
                RetainAsPublished = (options & 0x08) != 0,
                RetainHandling = (RetainHandling)(options >> 4 & 0x03),
            };
            if (!reader.Failed)
                KnownSubscriptions.Add(wire, v5, subscriptions[at]);
        }

        return reader.Failed ? null : subscriptions;
    }

    /// <summary>Packet identifier, 5.0 properties, then a code for each filter.</summary>
    public static SubAck? ReadSubAck(ref MqttReader reader, FixedHeader header, MqttVersion version)
    {
        var id = reader.ReadPacketId();
        var properties = version == MqttVersion.V5 ? PropertyDecoding.ReadAck(ref reader) : null;
        var codes = UnsubscribeDecoding.ReadReasonCodes(ref reader, MqttPacketType.SubAck, version);
        return reader.Failed ? null : new SubAck { Header = header, PacketId = id, ReasonCodes = codes, Properties = properties };
    }

    private static void CheckOptions(ref MqttReader reader, string filter, byte options, MqttVersion version)
    {
        if (version != MqttVersion.V5)
        {
            if (options > 2) // 3.1.1 [MQTT-3.8.3-4]
                reader.Malformed(PacketProblem.QoS3);
            return;
        }

        if ((options & 0xC0) != 0) // [MQTT-3.8.3-5]
            reader.Malformed(PacketProblem.SubscriptionOptions);
        if ((options & 0x03) == 0x03) // U-3.8.3.1-1
            reader.ProtocolError(PacketProblem.QoS3);
        if ((options & 0x30) == 0x30) // U-3.8.3.1-1
            reader.ProtocolError(PacketProblem.RetainHandling);
        if ((options & 0x04) != 0 && SharedFilter.IsShared(filter)) // [MQTT-3.8.3-4]
            reader.ProtocolError(PacketProblem.NoLocalShared);
    }
}
