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
    private readonly List<MqttPacket> _packets = [];

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
        _packets.Clear();
        if (Error is not null)
            return default;
        if (_frames.Decode(chunk, _packets) == OperationStatus.InvalidData)
            Error = _frames.Decoder.Error;
        if (_rules is not null)
            CheckOrder();
        return _packets.Count == 0 ? default : MqttList.Wrap(_packets.ToArray());
    }

    private void CheckOrder()
    {
        var free = _rules!.ReceivesPublish;
        for (var i = 0; i < _packets.Count; i++)
        {
            if (free && _packets[i] is Publish)
                continue;
            if (_rules.TryReceive(_packets[i], out var error))
            {
                free = _rules.ReceivesPublish;
                continue;
            }

            Error = error with { Header = _packets[i].Header };
            _packets.RemoveRange(i, _packets.Count - i);
            return;
        }
    }
}
