using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Codec;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Storage.Tools;

/// <summary>
/// The content of a persistence file of mosquitto 2 (<c>mosquitto.db</c>, version 6): a header, and chunks with a type and a length. Numbers are big-endian.
/// Identifiers and times have the byte order of the machine that wrote them; only little-endian files can be read.
/// </summary>
internal sealed class MosquittoDatabase
{
    private const int Version = 6;

    private static ReadOnlySpan<byte> Magic => [0x00, 0xB5, 0x00, (byte)'m', (byte)'o', (byte)'s', (byte)'q', (byte)'u', (byte)'i', (byte)'t', (byte)'t', (byte)'o', (byte)' ', (byte)'d', (byte)'b'];

    private readonly string _name;

    private MosquittoDatabase(string name) => _name = name;

    public List<MosquittoClient> Clients { get; } = [];

    public Dictionary<ulong, MosquittoMessage> Messages { get; } = [];

    public List<MosquittoDelivery> Deliveries { get; } = [];

    public List<MosquittoSubscription> Subscriptions { get; } = [];

    public List<ulong> Retained { get; } = [];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Its content.</returns>
    /// <exception cref="MqttStorageException">It is not such a file, or it is damaged.</exception>
    public static MosquittoDatabase Read(string path)
    {
        if (Directory.Exists(path))
            throw new MqttStorageException($"{path} is a directory: give the file, mosquitto.db.");
        try
        {
            var database = new MosquittoDatabase(path);
            database.Read(File.ReadAllBytes(path));
            return database;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new MqttStorageException($"{path} cannot be read: {error.Message}", error);
        }
    }

    private void Read(ReadOnlyMemory<byte> file)
    {
        var span = file.Span;
        if (span.Length < 23 || !span.StartsWith(Magic))
            throw new MqttStorageException($"{_name} is not a persistence file of mosquitto.");
        var version = BinaryPrimitives.ReadUInt32BigEndian(span[19..]);
        if (version != Version)
            throw new MqttStorageException($"{_name} has version {version} of mosquitto's format, but this program reads version {Version}: start mosquitto 2 with the file once, which writes it again.");
        for (var at = 23; at < span.Length;)
        {
            if (span.Length - at < 8)
                throw Cut(at);
            var type = BinaryPrimitives.ReadUInt32BigEndian(span[at..]);
            var length = BinaryPrimitives.ReadUInt32BigEndian(span[(at + 4)..]);
            if (length > span.Length - at - 8)
                throw Cut(at);
            try
            {
                ReadChunk(type, file.Slice(at + 8, (int)length));
            }
            catch (Exception error) when (error is ArgumentOutOfRangeException or IndexOutOfRangeException or InvalidDataException)
            {
                throw new MqttStorageException($"{_name} is damaged at byte {at}: chunk of type {type}. Nothing was imported.", error);
            }
            at += 8 + (int)length;
        }
    }

    private MqttStorageException Cut(int at) => new($"{_name} ends inside the chunk at byte {at}: it is not whole. Nothing was imported.");

    private void ReadChunk(uint type, ReadOnlyMemory<byte> chunk)
    {
        var span = chunk.Span;
        switch (type)
        {
            case 2: // a message: identifier, expiry, lengths, QoS, RETAIN; then source, user name, topic, payload, properties
                var message = new Fields(chunk, 32);
                var (payloadLength, sourceLength, userLength, topicLength) = (
                    (int)BinaryPrimitives.ReadUInt32BigEndian(span[16..]), BinaryPrimitives.ReadUInt16BigEndian(span[22..]),
                    BinaryPrimitives.ReadUInt16BigEndian(span[24..]), BinaryPrimitives.ReadUInt16BigEndian(span[26..]));
                Messages[BinaryPrimitives.ReadUInt64LittleEndian(span)] = new MosquittoMessage(
                    message.Text(sourceLength), message.Text(userLength), message.Text(topicLength), message.Bytes(payloadLength),
                    span[30], BinaryPrimitives.ReadInt64LittleEndian(span[8..]), message.Properties());
                break;
            case 3: // a message for a client: identifiers, QoS, state, RETAIN and DUP, direction; then client identifier, properties
                var delivery = new Fields(chunk, 16);
                Deliveries.Add(new MosquittoDelivery(
                    BinaryPrimitives.ReadUInt64LittleEndian(span), BinaryPrimitives.ReadUInt16BigEndian(span[8..]),
                    delivery.Text(BinaryPrimitives.ReadUInt16BigEndian(span[10..])), span[12], (MosquittoState)span[13], (span[14] & 0xf0) != 0, span[15] == 1,
                    delivery.Properties()));
                break;
            case 4:
                Retained.Add(BinaryPrimitives.ReadUInt64LittleEndian(span));
                break;
            case 5: // a subscription: identifier, lengths, QoS, options; then client identifier, filter
                var subscription = new Fields(chunk, 12);
                Subscriptions.Add(new MosquittoSubscription(
                    subscription.Text(BinaryPrimitives.ReadUInt16BigEndian(span[4..])), subscription.Text(BinaryPrimitives.ReadUInt16BigEndian(span[6..])),
                    span[8], span[9], BinaryPrimitives.ReadUInt32BigEndian(span)));
                break;
            case 6: // a client: expiry time and interval, lengths; then client identifier, user name
                var client = new Fields(chunk, 24);
                var (idLength, nameLength) = (BinaryPrimitives.ReadUInt16BigEndian(span[14..]), BinaryPrimitives.ReadUInt16BigEndian(span[18..]));
                Clients.Add(new MosquittoClient(
                    client.Text(idLength), UserName(client.Bytes(nameLength)),
                    BinaryPrimitives.ReadInt64LittleEndian(span), BinaryPrimitives.ReadUInt32BigEndian(span[8..])));
                break;
        }
    }

    /// <summary>
    /// The user name of a client. For a client without one, mosquitto 2.0.11 writes random bytes of its memory, which are not a valid text of MQTT [MQTT-1.5.4-2].
    /// </summary>
    private static string UserName(byte[] bytes) => bytes.Contains((byte)0) || !Utf8.IsValid(bytes) ? "" : Encoding.UTF8.GetString(bytes);

    /// <summary>The parts of a chunk after its fixed fields, one after the other.</summary>
    private sealed class Fields(ReadOnlyMemory<byte> chunk, int at)
    {
        private int _at = at;

        public string Text(int length) => Encoding.UTF8.GetString(Bytes(length));

        public byte[] Bytes(int length)
        {
            var bytes = chunk.Slice(_at, length).ToArray();
            _at += length;
            return bytes;
        }

        public PublishProperties? Properties()
        {
            if (_at >= chunk.Length)
                return null;
            var rest = chunk[_at..];
            var reader = new MqttReader(rest, rest.Span, int.MaxValue);
            var properties = PropertyDecoding.ReadPublish(ref reader, receiver: null, texts: null);
            return reader.Failed ? throw new InvalidDataException(reader.Problem) : properties;
        }
    }
}

/// <summary>The state of a message of mosquitto.</summary>
internal enum MosquittoState : byte
{
    /// <summary>PUBACK is awaited.</summary>
    WaitForPubAck = 3,

    /// <summary>PUBREC is awaited.</summary>
    WaitForPubRec = 5,

    /// <summary>PUBREL must be sent again.</summary>
    ResendPubRel = 6,

    /// <summary>PUBREL of the client is awaited.</summary>
    WaitForPubRel = 7,

    /// <summary>PUBCOMP is awaited.</summary>
    WaitForPubComp = 9,
}

/// <summary>A client of mosquitto.</summary>
internal sealed record MosquittoClient(string Id, string User, long ExpiresAt, uint Expiry);

/// <summary>A message of mosquitto; its expiry is a time in seconds, 0 for none.</summary>
internal sealed record MosquittoMessage(string Source, string User, string Topic, byte[] Payload, byte QoS, long ExpiresAt, PublishProperties? Properties);

/// <summary>A message for, or from, a client.</summary>
internal sealed record MosquittoDelivery(
    ulong Message, ushort PacketId, string Client, byte QoS, MosquittoState State, bool Retain, bool IsToClient, PublishProperties? Properties);

/// <summary>A subscription.</summary>
internal sealed record MosquittoSubscription(string Client, string Filter, byte QoS, byte Options, uint Identifier);
