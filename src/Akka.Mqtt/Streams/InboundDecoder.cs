using System.Buffers;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Streams;

/// <summary>
/// Decodes chunks, and checks that packets arrive in the order and from the side that the standard allows. No IO. Used by connections and
/// by the Streams DSL. Owned by one stage.
/// </summary>
internal sealed class InboundDecoder
{
    private readonly MqttFrameDecoder _frames;
    private readonly ConnectionRules? _rules;

    // Filled and emptied in one call: the connections of a thread share it.
    [ThreadStatic]
    private static List<MqttPacket>? _shared;

    /// <param name="rules">The rules of the connection; null to accept packets in any order.</param>
    /// <param name="decoder">Decodes single packets; has role, version and limits.</param>
    public InboundDecoder(ConnectionRules? rules, MqttDecoder decoder)
    {
        _rules = rules;
        _frames = new MqttFrameDecoder(decoder);
    }

    /// <param name="rules">The rules of the connection.</param>
    /// <param name="receiver">Our side; null to accept both directions.</param>
    /// <param name="version">The version; null to take it from CONNECT.</param>
    /// <param name="settings">The limits for received packets.</param>
    /// <param name="maxConnectPacketSize">Largest packet in bytes until the version is known.</param>
    public InboundDecoder(ConnectionRules rules, MqttRole? receiver, MqttVersion? version, MqttConnectionSettings settings, int maxConnectPacketSize)
        : this(rules, new MqttDecoder(receiver, version)
        {
            MaxPacketSize = settings.MaxPacketSize,
            MaxConnectPacketSize = maxConnectPacketSize,
            MaxUserProperties = settings.MaxUserProperties,
            MaxSubscriptions = settings.MaxSubscriptionsPerPacket,
        })
    {
    }

    /// <summary>The error that ended decoding; null while decoding continues.</summary>
    public PacketError? Error { get; private set; }

    /// <summary>Whether the bytes end inside a packet.</summary>
    public bool HasPartialPacket => _frames.BufferedBytes > 0;

    /// <summary>The version, once known. A client-side connection sets it when it sends its CONNECT.</summary>
    public MqttVersion? Version
    {
        get => _frames.Decoder.Version;
        set => _frames.Decoder.Version = value;
    }

    /// <summary>Largest packet in bytes.</summary>
    public int MaxPacketSize
    {
        set => _frames.Decoder.MaxPacketSize = value;
    }

    /// <summary>The version of a refused CONNECT, if it could be read.</summary>
    public MqttVersion? RefusedVersion => _frames.Decoder.RefusedVersion;

    /// <summary>
    /// Decodes the packets that a chunk completes. If <see cref="Error"/> is set, the result contains the packets before the error.
    /// </summary>
    public MqttList<MqttPacket> Decode(ReadOnlyMemory<byte> chunk)
    {
        if (Error is not null)
            return default;
        var packets = _shared ??= [];
        packets.Clear(); // whatever happened to the call before
        if (_frames.Decode(chunk, packets) == OperationStatus.InvalidData)
            Error = _frames.Decoder.Error;
        if (_rules is not null)
            CheckOrder(packets);
        MqttList<MqttPacket> decoded = packets.Count == 0 ? default : MqttList.Wrap(packets.ToArray());
        packets.Clear();
        return decoded;
    }

    private void CheckOrder(List<MqttPacket> packets)
    {
        var free = _rules!.ReceivesPublish;
        for (var i = 0; i < packets.Count; i++)
        {
            if (free && packets[i] is Publish)
                continue;
            if (_rules.TryReceive(packets[i], out var error))
            {
                free = _rules.ReceivesPublish;
                continue;
            }

            Error = error with { Header = packets[i].Header };
            packets.RemoveRange(i, packets.Count - i);
            return;
        }
    }
}
