using System.Buffers;
using Akka.Mqtt.Protocol.Codec;

namespace Akka.Mqtt.Protocol;

/// <summary>
/// Decodes MQTT packets from bytes. No IO; never throws because of its input, and reads nothing beyond the packet. Keeps no bytes between
/// calls; <see cref="MqttFrameDecoder"/> does. Owned by one thread at a time.
/// </summary>
public sealed partial class MqttDecoder
{
    /// <summary>The largest packet that MQTT allows: five bytes of fixed header and 268,435,455 further bytes.</summary>
    public const int LargestPacketSize = 268_435_455 + 5;

    private bool[] _legalFirstBytes;
    private bool _isV5;
    private TextCache? _topics; // the topics of _texts, to save one indirection for each packet
    private PublishTexts? _texts;

    /// <summary>Creates a decoder.</summary>
    /// <param name="receiver">
    /// The side that receives; packets that this side must not receive are refused. Null accepts both directions.
    /// </param>
    /// <param name="version">The protocol version; null to take it from the first CONNECT (server side).</param>
    public MqttDecoder(MqttRole? receiver = null, MqttVersion? version = null)
    {
        Receiver = receiver;
        Version = version;
        _legalFirstBytes = FirstByteRules.Table(version, receiver);
    }

    /// <summary>The side that receives, or null for both directions.</summary>
    public MqttRole? Receiver { get; }

    /// <summary>The protocol version; a decoded CONNECT sets it. While it is null only CONNECT can be decoded.</summary>
    public MqttVersion? Version
    {
        get;
        set
        {
            if (field == value)
                return;
            field = value;
            _isV5 = value == MqttVersion.V5;
            _legalFirstBytes = FirstByteRules.Table(value, Receiver);
            _topics?.ForgetHeads(); // they were checked by the rules of another version
        }
    }

    /// <summary>The largest packet to accept, in bytes with the fixed header. Default: <see cref="LargestPacketSize"/>.</summary>
    public int MaxPacketSize
    {
        get;
        set
        {
            field = value;
            _topics?.ForgetHeads(); // they were measured against another limit
        }
    } = LargestPacketSize;

    /// <summary>The same limit while <see cref="Version"/> is not known: the CONNECT packet. Default: <see cref="LargestPacketSize"/>.</summary>
    public int MaxConnectPacketSize { get; set; } = LargestPacketSize;

    /// <summary>
    /// The highest number of user properties in a packet. Each takes more memory than bytes on the wire, so a packet with more is refused
    /// with 0x97 before they are read. Those of a will are counted separately. Default: no limit.
    /// </summary>
    public int MaxUserProperties
    {
        get;
        set
        {
            field = value;
            _repeatedSize = 0; // they were counted against another limit
        }
    } = int.MaxValue;

    /// <summary>
    /// The highest number of topic filters in one SUBSCRIBE or UNSUBSCRIBE. A packet with more is refused with 0x97 before they are read.
    /// Default: no limit.
    /// </summary>
    public int MaxSubscriptions { get; set; } = int.MaxValue;

    /// <summary>The error, after <see cref="OperationStatus.InvalidData"/>.</summary>
    public PacketError Error { get; private set; }

    /// <summary>
    /// The version of a refused CONNECT, so that the answer can have its form; null when it was not read or is not supported.
    /// </summary>
    public MqttVersion? RefusedVersion { get; private set; }

    /// <summary>Called before memory is allocated for a packet; a test makes it fail. Null otherwise.</summary>
    internal Action? Allocating { get; set; }

    /// <summary>Topics and other texts that repeat from message to message. Created when the first PUBLISH arrives.</summary>
    private PublishTexts Texts
    {
        get
        {
            if (_texts is null)
            {
                var texts = new PublishTexts();
                _topics = texts.Topics;
                _texts = texts;
            }
            return _texts;
        }
    }

    /// <summary>Decodes the first packet of a buffer.</summary>
    /// <param name="source">Bytes that start with a packet. The payload of a decoded PUBLISH refers to them.</param>
    /// <param name="consumed">Bytes that the packet took; 0 unless the result is <see cref="OperationStatus.Done"/>.</param>
    /// <param name="packet">The packet; null unless the result is <see cref="OperationStatus.Done"/>.</param>
    /// <returns>
    /// <see cref="OperationStatus.Done"/>, <see cref="OperationStatus.NeedMoreData"/> for an incomplete packet, or
    /// <see cref="OperationStatus.InvalidData"/> with <see cref="Error"/> set: the connection must be closed.
    /// </returns>
    /// <remarks>
    /// When memory runs out, the packet is refused with 0x97; the decoder is unchanged.
    /// </remarks>
    public OperationStatus Decode(ReadOnlyMemory<byte> source, out int consumed, out MqttPacket? packet)
    {
        try
        {
            return Decode(source, 0, source.Span, out consumed, out packet);
        }
        catch (OutOfMemoryException)
        {
            consumed = 0;
            packet = null;
            return FailForMemory();
        }
    }

    /// <summary>Decodes a packet inside a chunk.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="at">The position of the packet in the chunk.</param>
    /// <param name="bytes">The bytes of the chunk from there on.</param>
    /// <param name="consumed">Bytes that the packet took.</param>
    /// <param name="packet">The packet.</param>
    internal OperationStatus Decode(in ReadOnlyMemory<byte> chunk, int at, ReadOnlySpan<byte> bytes, out int consumed, out MqttPacket? packet)
    {
        packet = DecodeCommon(in chunk, at, bytes, out consumed);
        return packet is not null ? OperationStatus.Done : DecodeAny(chunk[at..], bytes, out consumed, out packet);
    }

    private OperationStatus DecodeAny(ReadOnlyMemory<byte> source, ReadOnlySpan<byte> bytes, out int consumed, out MqttPacket? packet)
    {
        consumed = 0;
        packet = null;
        var status = ReadHeader(bytes, out var header, out var headerSize);
        if (status != OperationStatus.Done)
            return status;
        var size = headerSize + header.RemainingLength;
        if (bytes.Length < size)
            return OperationStatus.NeedMoreData;

        Allocating?.Invoke();
        var reader = new MqttReader(source[headerSize..size], bytes[headerSize..size], MaxUserProperties);
        var decoded = header.Type == MqttPacketType.Publish
            ? PublishDecoding.Read(ref reader, header, Version, Receiver, Texts)
            : ReadBody(ref reader, header, headerSize);
        if (reader.Remaining != 0)
            reader.Malformed(PacketProblem.Surplus);
        if (reader.Problem is { } problem)
        {
            if (header.Type == MqttPacketType.Connect)
                RefusedVersion = ConnectDecoding.PeekVersion(bytes[headerSize..size]);
            return Fail(reader.Code, problem, header);
        }

        if (decoded is Connect connect)
            Version = connect.Version;
        consumed = size;
        packet = decoded;
        return OperationStatus.Done;
    }

    /// <summary>
    /// Reads a fixed header: first byte, Remaining Length, limit. Each error is reported as soon as it is known, before a byte of the body
    /// is needed.
    /// </summary>
    internal OperationStatus ReadHeader(ReadOnlySpan<byte> source, out FixedHeader header, out int headerSize)
    {
        header = default;
        headerSize = 0;
        if (source.IsEmpty)
            return OperationStatus.NeedMoreData;
        var first = source[0];
        if (!_legalFirstBytes[first])
            return RefuseFirstByte(source);
        if (source.Length < 2)
            return OperationStatus.NeedMoreData;

        int length = source[1];
        headerSize = 2;
        if (length >= 0x80)
        {
            var status = VariableByteInteger.Read(source[1..], out length, out var lengthSize);
            if (status == OperationStatus.NeedMoreData)
                return status;
            if (status == OperationStatus.InvalidData)
                return Fail(ReasonCode.MalformedPacket, PacketProblem.LengthTooLong, null);
            headerSize = 1 + lengthSize;

            // [MQTT-1.5.5-1]; 3.x has no such rule, and a CONNECT is checked after its version is known.
            if (Version == MqttVersion.V5 && lengthSize != VariableByteInteger.Size((uint)length) && first >> 4 != (int)MqttPacketType.Connect)
                return Fail(ReasonCode.MalformedPacket, PacketProblem.LengthNotMinimal, new FixedHeader(first, length));
        }

        header = new FixedHeader(first, length);
        return headerSize + length > (Version is null ? Math.Min(MaxConnectPacketSize, MaxPacketSize) : MaxPacketSize)
            ? Fail(ReasonCode.PacketTooLarge, PacketProblem.PacketTooLarge, header)
            : OperationStatus.Done;
    }

    private MqttPacket? ReadBody(ref MqttReader reader, FixedHeader header, int headerSize)
    {
        // Without a version, only CONNECT reaches this line.
        var version = Version.GetValueOrDefault();
        switch (header.Type)
        {
            case MqttPacketType.Connect:
                var connect = ConnectDecoding.Read(ref reader, header);
                if (connect is { Version: not MqttVersion.V31 } && (header.FirstByte & FixedHeader.Flags) != 0)
                    reader.Malformed(PacketProblem.HeaderFlags); // 5.0 [MQTT-2.1.3-1], 3.1.1 [MQTT-2.2.2-2]; 3.1 does not use them
                if (connect is { Version: MqttVersion.V5 } && headerSize != 1 + VariableByteInteger.Size((uint)header.RemainingLength))
                    reader.Malformed(PacketProblem.LengthNotMinimal); // [MQTT-1.5.5-1]
                return connect;
            case MqttPacketType.ConnAck:
                return ConnAckDecoding.Read(ref reader, header, version);
            case MqttPacketType.PubAck or MqttPacketType.PubRec or MqttPacketType.PubRel or MqttPacketType.PubComp:
                return AckDecoding.Read(ref reader, header, version);
            case MqttPacketType.Subscribe:
                return SubscribeDecoding.ReadSubscribe(ref reader, header, version, MaxSubscriptions);
            case MqttPacketType.SubAck:
                return SubscribeDecoding.ReadSubAck(ref reader, header, version);
            case MqttPacketType.Unsubscribe:
                return UnsubscribeDecoding.ReadUnsubscribe(ref reader, header, version, MaxSubscriptions);
            case MqttPacketType.UnsubAck:
                return UnsubscribeDecoding.ReadUnsubAck(ref reader, header, version);
            case MqttPacketType.PingReq:
                return new PingReq { Header = header };
            case MqttPacketType.PingResp:
                return new PingResp { Header = header };
            case MqttPacketType.Disconnect:
                return DisconnectDecoding.ReadDisconnect(ref reader, header, version, Sender);
            default:
                return DisconnectDecoding.ReadAuth(ref reader, header, Sender);
        }
    }

    private MqttRole? Sender => Receiver switch
    {
        MqttRole.Client => MqttRole.Server,
        MqttRole.Server => MqttRole.Client,
        _ => null,
    };

    /// <summary>Refuses a packet for which there is no memory. Allocates nothing.</summary>
    internal OperationStatus FailForMemory() => Fail(ReasonCode.QuotaExceeded, PacketProblem.NoMemory, null);

    private OperationStatus RefuseFirstByte(ReadOnlySpan<byte> source)
    {
        var (code, problem) = FirstByteRules.Check(source[0], Version, Receiver);
        FixedHeader? header = VariableByteInteger.Read(source[1..], out var length, out _) == OperationStatus.Done
            ? new FixedHeader(source[0], length)
            : null;
        return Fail(code, problem!, header);
    }

    private OperationStatus Fail(ReasonCode code, string problem, FixedHeader? header)
    {
        Error = new PacketError(code, problem, header);
        return OperationStatus.InvalidData;
    }
}
