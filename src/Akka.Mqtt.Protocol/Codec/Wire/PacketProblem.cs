namespace Akka.Mqtt.Protocol.Codec;

/// <summary>
/// The texts of <see cref="PacketError.Message"/>. They are constants, so that a peer can neither write into our logs nor make us
/// allocate. <see cref="ProtocolName"/> and <see cref="ProtocolLevel"/> have the same reason code 0x84; the connection distinguishes them
/// by reference.
/// </summary>
internal static class PacketProblem
{
    // Framing
    public const string ReservedType = "packet type is reserved";
    public const string AuthBeforeV5 = "packet type 15 is reserved before MQTT 5.0";
    public const string HeaderFlags = "wrong flags in the fixed header";
    public const string NotConnectFirst = "the first packet is not CONNECT";
    public const string WrongDirection = "this side does not receive packets of this type";
    public const string WrongSender = "this side does not send packets of this type";
    public const string LengthTooLong = "variable byte integer of more than four bytes";
    public const string LengthNotMinimal = "variable byte integer is not in its shortest form";
    public const string PacketTooLarge = "packet is larger than allowed";
    public const string Truncated = "a field runs past the end of the packet";
    public const string Surplus = "surplus bytes at the end of the packet";

    // Fields
    public const string IllFormedText = "string is not well-formed UTF-8 or contains U+0000";
    public const string TextMissing = "a string is null";
    public const string TextTooLong = "string of more than 65,535 bytes of UTF-8";
    public const string BinaryTooLong = "binary data of more than 65,535 bytes";
    public const string PacketIdZero = "packet identifier is 0";
    public const string PacketIdOnQoS0 = "packet identifier with QoS 0";
    public const string QoS3 = "QoS is not 0, 1 or 2";
    public const string DupOnQoS0 = "DUP with QoS 0";
    public const string DupAfterV31 = "only MQTT 3.1 has DUP in this packet";
    public const string TopicEmpty = "topic name is empty";
    public const string TopicWildcard = "topic name contains a wildcard";
    public const string ResponseTopic = "response topic is empty or contains a wildcard";
    public const string Filter = "topic filter is empty or has a misplaced wildcard";
    public const string SharedFilter = "shared subscription without a valid share name and topic filter";
    public const string NoFilter = "no topic filter";
    public const string NoReasonCode = "no reason code in the payload";
    public const string SubscriptionOptions = "reserved bits in the subscription options";
    public const string RetainHandling = "Retain Handling is not 0, 1 or 2";
    public const string NoLocalShared = "No Local on a shared subscription";
    public const string ReasonCode = "reason code does not belong in this packet";
    public const string ConnAckOfV3 = "the server answers like a server of MQTT 3.1.1 that does not support 5.0";
    public const string ReturnCode = "return code is reserved in MQTT 3.x";
    public const string AckFailure = "MQTT 3.x cannot acknowledge with a failure";

    // Limits of ours
    public const string TooManyUserProperties = "more user properties than allowed";
    public const string TooManyFilters = "more topic filters than allowed";
    public const string NoMemory = "no memory is left for this packet";

    // CONNECT and CONNACK
    public const string ProtocolName = "protocol name is not supported";
    public const string ProtocolLevel = "protocol level is not supported";
    public const string OtherVersion = "CONNECT of another protocol version";
    public const string BridgeV5 = "only MQTT 3.1 and 3.1.1 have the bridge bit: in 5.0, use No Local and Retain As Published of subscriptions";
    public const string ConnectFlags = "reserved bit in the connect flags";
    public const string WillFlags = "will QoS or will retain without a will";
    public const string WillTopic = "will topic is empty or contains a wildcard";
    public const string PasswordOnly = "password without user name";
    public const string ClientId = "empty client identifier is not allowed here";
    public const string ConnAckFlags = "reserved bits in the connect acknowledge flags";
    public const string SessionPresent = "session present with a refusal";
    public const string SessionPresentV31 = "MQTT 3.1 has no session present flag";

    // Properties
    public const string PropertyUnknown = "property does not belong in this packet";
    public const string PropertyTwice = "property is given twice";
    public const string PropertyBoolean = "property is neither 0 nor 1";
    public const string PropertyZero = "property must not be 0";
    public const string PropertyRange = "property is out of range";
    public const string TopicAliasZero = "topic alias is 0";
    public const string AuthenticationMethod = "authentication method is missing";
    public const string SubscriptionIdentifierFromClient = "a client does not send subscription identifiers in PUBLISH";
    public const string SessionExpiryFromServer = "a server does not send a session expiry interval in DISCONNECT";
    public const string ServerReferenceFromClient = "a client does not send a server reference";
    public const string PropertiesBeforeV5 = "MQTT 3.x has no properties";
    public const string OptionsBeforeV5 = "MQTT 3.x has no subscription options except QoS";
    public const string NotInVersion = "this protocol version does not have this packet";
    public const string ReasonBeforeV5 = "MQTT 3.x has no reason codes in this packet";
}
