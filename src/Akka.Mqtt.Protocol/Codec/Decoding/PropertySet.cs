using Akka.Mqtt.Protocol.Properties;
using Akka.Mqtt.Protocol.Text;

namespace Akka.Mqtt.Protocol.Codec;

/// <summary>
/// The properties of one packet during decoding (section 2.2.2). One loop reads them for all packet types, which pass the identifiers that
/// they allow. Lives on the stack.
/// </summary>
internal ref struct PropertySet
{
    private ulong _seen;
    private Growing<UserProperty> _userProperties;
    private Growing<uint> _subscriptionIdentifiers;

    // One-byte flags, by the bit of their identifier; one mask has room for all of them.
    private ulong _flags;
    private uint _sessionExpiry;
    private uint _willDelay;
    private uint _maximumPacketSize;
    private ushort _receiveMaximum;
    private ushort _topicAliasMaximum;
    private ushort _serverKeepAlive;
    private string? _authenticationMethod;

    public string? ContentType;
    public string? ResponseTopic;
    public string? AssignedClientIdentifier;
    public string? ResponseInformation;
    public string? ServerReference;
    public string? ReasonString;

    /// <summary>Correlation data or authentication data, of which no packet has both; empty for none.</summary>
    public MqttBinary Binary;

    /// <summary>0 for none.</summary>
    public uint MessageExpiry;

    /// <summary>0 for none.</summary>
    public ushort TopicAlias;

    public readonly bool IsEmpty => _seen == 0;

    public readonly uint? MessageExpiryInterval => Has(PropertyId.MessageExpiryInterval) ? MessageExpiry : null;

    public readonly uint? SessionExpiryInterval => Has(PropertyId.SessionExpiryInterval) ? _sessionExpiry : null;

    public readonly uint? WillDelayInterval => Has(PropertyId.WillDelayInterval) ? _willDelay : null;

    public readonly uint? MaximumPacketSize => Has(PropertyId.MaximumPacketSize) ? _maximumPacketSize : null;

    public readonly ushort? ReceiveMaximum => Has(PropertyId.ReceiveMaximum) ? _receiveMaximum : null;

    public readonly ushort? TopicAliasMaximum => Has(PropertyId.TopicAliasMaximum) ? _topicAliasMaximum : null;

    public readonly ushort? ServerKeepAlive => Has(PropertyId.ServerKeepAlive) ? _serverKeepAlive : null;

    public readonly string? AuthenticationMethod => _authenticationMethod;

    public readonly MqttBinary? CorrelationData => Has(PropertyId.CorrelationData) ? Binary : (MqttBinary?)null;

    public readonly MqttBinary? AuthenticationData => Has(PropertyId.AuthenticationData) ? Binary : (MqttBinary?)null;

    public readonly MqttList<UserProperty> UserProperties => _userProperties.ToList();

    public readonly MqttList<uint> SubscriptionIdentifiers => _subscriptionIdentifiers.ToList();

    public readonly uint? SubscriptionIdentifier => _subscriptionIdentifiers.Count > 0 ? _subscriptionIdentifiers.First : null;

    public readonly bool? Flag(PropertyId id) => Has(id) ? Value(id) : null;

    /// <summary>Whether a one-byte flag is present and set.</summary>
    public readonly bool Value(PropertyId id) => (_flags >> (int)id & 1) != 0;

    public readonly bool Has(PropertyId id) => (_seen >> (int)id & 1) != 0;

    /// <summary>Reads Property Length and properties.</summary>
    /// <param name="reader">The reader, at the Property Length.</param>
    /// <param name="allowed">A bit for each identifier that is allowed in the packet.</param>
    /// <param name="repeatable">A bit for each identifier that may occur more than once.</param>
    /// <param name="texts">
    /// The texts that a connection repeats in PUBLISH; correlation data then refer to the chunk. Null for other packets, and outside of
    /// connections.
    /// </param>
    public void Read(ref MqttReader reader, ulong allowed, ulong repeatable, PublishTexts? texts = null)
    {
        var length = reader.ReadVariableByteInteger();
        if (length == 0)
            return;
        var outer = reader.Narrow(length);
        while (reader.Remaining > 0)
        {
            var id = reader.ReadVariableByteInteger();
            if (id > 63 || (allowed >> id & 1) == 0) // U-2.2.2.2-1
            {
                reader.Malformed(PacketProblem.PropertyUnknown);
                break;
            }

            var bit = 1UL << id;
            if ((_seen & bit) != 0 && (repeatable & bit) == 0)
            {
                reader.ProtocolError(PacketProblem.PropertyTwice);
                break;
            }

            _seen |= bit;
            ReadValue(ref reader, (PropertyId)id, texts);
        }

        reader.Widen(outer);
    }

    private void ReadValue(ref MqttReader reader, PropertyId id, PublishTexts? texts)
    {
        switch (id)
        {
            case PropertyId.PayloadFormatIndicator or PropertyId.RequestProblemInformation or PropertyId.RequestResponseInformation
                or PropertyId.MaximumQoS or PropertyId.RetainAvailable or PropertyId.WildcardSubscriptionAvailable
                or PropertyId.SubscriptionIdentifierAvailable or PropertyId.SharedSubscriptionAvailable:
                var flag = reader.ReadByte();
                if (flag > 1)
                    reader.ProtocolError(PacketProblem.PropertyBoolean);
                _flags |= (ulong)(flag & 1) << (int)id;
                break;
            case PropertyId.MessageExpiryInterval:
                MessageExpiry = reader.ReadUInt32();
                break;
            case PropertyId.SessionExpiryInterval:
                _sessionExpiry = reader.ReadUInt32();
                break;
            case PropertyId.WillDelayInterval:
                _willDelay = reader.ReadUInt32();
                break;
            case PropertyId.MaximumPacketSize:
                _maximumPacketSize = reader.ReadUInt32();
                if (_maximumPacketSize == 0)
                    reader.ProtocolError(PacketProblem.PropertyZero);
                break;
            case PropertyId.ReceiveMaximum:
                _receiveMaximum = reader.ReadUInt16();
                if (_receiveMaximum == 0)
                    reader.ProtocolError(PacketProblem.PropertyZero);
                break;
            case PropertyId.TopicAliasMaximum:
                _topicAliasMaximum = reader.ReadUInt16();
                break;
            case PropertyId.ServerKeepAlive:
                _serverKeepAlive = reader.ReadUInt16();
                break;
            case PropertyId.TopicAlias:
                TopicAlias = reader.ReadUInt16();
                if (TopicAlias == 0) // [MQTT-3.3.2-8]
                    reader.Fail(ReasonCode.TopicAliasInvalid, PacketProblem.TopicAliasZero);
                break;
            case PropertyId.SubscriptionIdentifier:
                if (_subscriptionIdentifiers.Count == 0)
                    _subscriptionIdentifiers = new Growing<uint>(reader.CountSubscriptionIdentifiers());
                var identifier = (uint)reader.ReadVariableByteInteger();
                if (identifier == 0)
                    reader.ProtocolError(PacketProblem.PropertyZero);
                _subscriptionIdentifiers.Add(identifier);
                break;
            case PropertyId.UserProperty: // [MQTT-1.5.7-1]
                ReadUserProperty(ref reader, texts?.Others);
                break;
            case PropertyId.CorrelationData:
                Binary = texts is null ? reader.ReadBinary() : reader.ReadAliasedBinary();
                break;
            case PropertyId.AuthenticationData:
                Binary = reader.ReadBinary();
                break;
            case PropertyId.ResponseTopic: // [MQTT-3.3.2-13], [MQTT-3.3.2-14]
                ReadResponseTopic(ref reader, texts?.Topics);
                break;
            case PropertyId.ContentType:
                ContentType = reader.ReadString(texts?.Others);
                break;
            default:
                ReadText(ref reader, id);
                break;
        }
    }

    // The limit is checked before the list and the strings are created: six bytes of a peer would otherwise need ten times as many of
    // ours.
    private void ReadUserProperty(ref MqttReader reader, TextCache? names)
    {
        if (_userProperties.Count == reader.MaxUserProperties)
        {
            reader.TooMany(PacketProblem.TooManyUserProperties);
            return;
        }

        if (_userProperties.Count == 0)
            _userProperties = new Growing<UserProperty>(reader.CountUserProperties());
        var name = reader.ReadString(names);
        _userProperties.Add(new UserProperty(name, reader.ReadString()));
    }

    private void ReadResponseTopic(ref MqttReader reader, TextCache? topics)
    {
        if (topics is null)
        {
            ResponseTopic = reader.ReadString();
            if (ResponseTopic.Length == 0 || TopicName.HasWildcard(ResponseTopic))
                reader.ProtocolError(PacketProblem.ResponseTopic);
            return;
        }

        var utf8 = reader.ReadBlock();
        ResponseTopic = topics.Get(utf8);
        if (ResponseTopic is not null)
            return;
        if (Utf8Rules.IsValid(utf8))
            reader.ProtocolError(PacketProblem.ResponseTopic);
        else
            reader.Malformed(PacketProblem.IllFormedText);
    }

    private void ReadText(ref MqttReader reader, PropertyId id)
    {
        var text = reader.ReadString();
        switch (id)
        {
            case PropertyId.AssignedClientIdentifier:
                AssignedClientIdentifier = text;
                break;
            case PropertyId.ResponseInformation:
                ResponseInformation = text;
                break;
            case PropertyId.ServerReference:
                ServerReference = text;
                break;
            case PropertyId.AuthenticationMethod:
                _authenticationMethod = text;
                break;
            default:
                ReasonString = text;
                break;
        }
    }

    /// <summary>A list during reading: usually an array with its final size.</summary>
    private struct Growing<T>(int capacity)
    {
        private T[]? _items = new T[capacity];

        public int Count { get; private set; }

        public readonly T First => _items![0];

        public void Add(T item)
        {
            if (Count == _items!.Length)
                Array.Resize(ref _items, Count * 2);
            _items[Count++] = item;
        }

        public readonly MqttList<T> ToList() =>
            _items is null ? default : MqttList.Wrap(_items.Length == Count ? _items : _items[..Count]);
    }
}
