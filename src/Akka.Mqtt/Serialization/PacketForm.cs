using System.Buffers;
using System.Runtime.Serialization;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Serialization;

/// <summary>
/// The form of a packet: a byte that identifies the rest, the fixed header of a received packet if it differs, then the packet as on the
/// wire. The wire form is that of 5.0 if nothing is lost. A CONNECT has the form of its own version, and what 5.0 does not support (DUP of
/// 3.1, UNSUBACK without reason codes) that of 3.1.1 or 3.1. A packet that violates the rules of all versions is written field by field,
/// so that the connection that receives it can refuse it.
/// </summary>
internal static class PacketForm
{
    /// <summary>The bytes for form, header, and the manifest's version byte.</summary>
    private const int Overhead = 8;

    private const byte NoPacket = 0xFF;
    private const byte Version = 0x0F; // 0 means field by field
    private const byte WasReceived = 0x10;
    private const byte HasOwnHeader = 0x20;

    // By version. A decoder caches recent topics, so each thread uses one for all messages.
    [ThreadStatic]
    private static MqttDecoder?[]? _decoders;

    /// <summary>The approximate number of bytes that <see cref="Write"/> needs.</summary>
    public static int Capacity(MqttPacket packet) =>
        MqttEncoder.TryMeasure(packet, MqttVersion.V5, null, out var size, out _) ? size + Overhead : 64;

    public static void Write(WireWriter writer, MqttPacket? packet)
    {
        if (packet is null)
        {
            writer.Byte(NoPacket);
            return;
        }

        var version = FormOf(packet, out var size);
        var received = packet.Header is null ? (byte)0 : WasReceived;
        if (version == 0)
        {
            writer.Byte((byte)(received | (received != 0 ? HasOwnHeader : 0)));
            WriteHeader(writer, packet.Header);
            PacketFieldsWriter.Write(writer, packet);
            return;
        }

        if (packet.Header is not { } header)
        {
            writer.Byte((byte)version);
            MqttEncoder.Write(packet, version, writer.Take(size));
            return;
        }

        // Whether the header equals that of the wire form is only known after encoding.
        var bytes = ArrayPool<byte>.Shared.Rent(size);
        MqttEncoder.Write(packet, version, bytes);
        var isSame = header == WireHeader(bytes);
        writer.Byte((byte)((byte)version | WasReceived | (isSame ? 0 : HasOwnHeader)));
        if (!isSame)
            WriteHeader(writer, header);
        bytes.AsSpan(0, size).CopyTo(writer.Take(size));
        ArrayPool<byte>.Shared.Return(bytes);
    }

    public static MqttPacket? Read(WireReader reader)
    {
        var form = reader.Byte();
        if (form == NoPacket)
            return null;
        FixedHeader? header = (form & HasOwnHeader) != 0 ? new FixedHeader(reader.Byte(), reader.Int()) : null;
        var version = (MqttVersion)(form & Version);
        var packet = version == 0 ? PacketFieldsReader.Read(reader) : Decode(reader, version);
        if ((form & WasReceived) == 0)
            return packet.Header is null ? packet : packet with { Header = null };
        return header is null ? packet : packet with { Header = header };
    }

    private static MqttPacket Decode(WireReader reader, MqttVersion version)
    {
        if (version is < MqttVersion.V31 or > MqttVersion.V5)
            throw new SerializationException($"This version of Akka.Mqtt does not know the packet form {(int)version}.");
        var decoder = (_decoders ??= new MqttDecoder?[(int)MqttVersion.V5 + 1])[(int)version] ??= new MqttDecoder(null, version);
        var bytes = reader.Rest;
        if (decoder.Decode(bytes, out var consumed, out var packet) != OperationStatus.Done)
            throw new SerializationException($"A packet could not be read: {decoder.Error.Message}");
        reader.TakeMemory(consumed);
        return packet!;
    }

    private static MqttVersion FormOf(MqttPacket packet, out int size)
    {
        size = 0;
        if (HasEmptyProperties(packet))
            return 0; // on the wire an empty list is the same as none, but the records differ
        if (packet is Connect connect)
        {
            var own = connect.Version;
            return own is >= MqttVersion.V31 and <= MqttVersion.V5 && MqttEncoder.TryMeasure(packet, own, null, out size, out _) ? own : 0;
        }

        for (var version = MqttVersion.V5; version >= MqttVersion.V31; version--)
        {
            if (MqttEncoder.TryMeasure(packet, version, null, out size, out _))
                return version;
        }

        return 0;
    }

    private static bool HasEmptyProperties(MqttPacket packet) => packet switch
    {
        Publish { Properties: { } properties } => properties == Empty.Publish,
        Connect connect => connect.Properties == Empty.Connect || connect.Will?.Properties == Empty.Will,
        ConnAck { Properties: { } properties } => properties == Empty.ConnAck,
        PubAck { Properties: { } properties } => properties == Empty.Ack,
        PubRec { Properties: { } properties } => properties == Empty.Ack,
        PubRel { Properties: { } properties } => properties == Empty.Ack,
        PubComp { Properties: { } properties } => properties == Empty.Ack,
        SubAck { Properties: { } properties } => properties == Empty.Ack,
        UnsubAck { Properties: { } properties } => properties == Empty.Ack,
        Subscribe { Properties: { } properties } => properties == Empty.Subscribe,
        Unsubscribe { Properties: { } properties } => properties == Empty.Unsubscribe,
        Disconnect { Properties: { } properties } => properties == Empty.Disconnect,
        Auth { Properties: { } properties } => properties == Empty.Auth,
        _ => false,
    };

    private static void WriteHeader(WireWriter writer, FixedHeader? header)
    {
        if (header is not { } known)
            return;
        writer.Byte(known.FirstByte);
        writer.Int(known.RemainingLength);
    }

    private static FixedHeader WireHeader(ReadOnlySpan<byte> bytes)
    {
        var length = 0;
        for (var at = 1; ; at++)
        {
            length |= (bytes[at] & 0x7F) << (7 * (at - 1));
            if (bytes[at] < 0x80)
                return new FixedHeader(bytes[0], length);
        }
    }

    private static class Empty
    {
        public static readonly ConnectProperties Connect = new();
        public static readonly WillProperties Will = new();
        public static readonly ConnAckProperties ConnAck = new();
        public static readonly PublishProperties Publish = new();
        public static readonly AckProperties Ack = new();
        public static readonly SubscribeProperties Subscribe = new();
        public static readonly UnsubscribeProperties Unsubscribe = new();
        public static readonly DisconnectProperties Disconnect = new();
        public static readonly AuthProperties Auth = new();
    }
}
