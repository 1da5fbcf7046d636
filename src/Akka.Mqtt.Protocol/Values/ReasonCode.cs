namespace Akka.Mqtt.Protocol;

/// <summary>
/// The result of an operation: every row of the MQTT 5.0 reason code table (section 2.4). Below 0x80 is success, 0x80 and above is
/// failure. The return codes of MQTT 3.x are converted to these when a packet is decoded, and back when it is encoded. The standard has
/// three names for 0x00: the other two are <see cref="ReasonCodes.NormalDisconnection"/> and <see cref="ReasonCodes.GrantedQoS0"/>.
/// </summary>
public enum ReasonCode : byte
{
    /// <summary>0x00: success; in DISCONNECT: close normally, without the will; in SUBACK: granted with maximum QoS 0.</summary>
    Success = 0x00,

    /// <summary>0x01 in SUBACK: granted with maximum QoS 1.</summary>
    GrantedQoS1 = 0x01,

    /// <summary>0x02 in SUBACK: granted with maximum QoS 2.</summary>
    GrantedQoS2 = 0x02,

    /// <summary>0x04 in DISCONNECT: the client wants its will to be published.</summary>
    DisconnectWithWillMessage = 0x04,

    /// <summary>0x10 in PUBACK and PUBREC: accepted, but no client is subscribed.</summary>
    NoMatchingSubscribers = 0x10,

    /// <summary>0x11 in UNSUBACK: the subscription did not exist.</summary>
    NoSubscriptionExisted = 0x11,

    /// <summary>0x18 in AUTH: continue the authentication with another step.</summary>
    ContinueAuthentication = 0x18,

    /// <summary>0x19 in AUTH, sent by the client: start a re-authentication.</summary>
    ReAuthenticate = 0x19,

    /// <summary>0x80: the reason is not disclosed, or no other code applies. The only failure code of a 3.1.1 SUBACK.</summary>
    UnspecifiedError = 0x80,

    /// <summary>0x81: the packet could not be parsed.</summary>
    MalformedPacket = 0x81,

    /// <summary>0x82: an unexpected or out of order packet, or a value that the protocol does not allow.</summary>
    ProtocolError = 0x82,

    /// <summary>0x83: valid, but not accepted by this implementation.</summary>
    ImplementationSpecificError = 0x83,

    /// <summary>0x84 in CONNACK: the protocol version is not supported (3.x return code 1).</summary>
    UnsupportedProtocolVersion = 0x84,

    /// <summary>0x85 in CONNACK: the client identifier is not allowed (3.x return code 2).</summary>
    ClientIdentifierNotValid = 0x85,

    /// <summary>0x86 in CONNACK: user name or password not accepted (3.x return code 4).</summary>
    BadUserNameOrPassword = 0x86,

    /// <summary>0x87: not authorized (3.x return code 5).</summary>
    NotAuthorized = 0x87,

    /// <summary>0x88 in CONNACK: the server is not available (3.x return code 3).</summary>
    ServerUnavailable = 0x88,

    /// <summary>0x89: the server is busy; try again later.</summary>
    ServerBusy = 0x89,

    /// <summary>0x8A in CONNACK: this client has been banned.</summary>
    Banned = 0x8A,

    /// <summary>0x8B in DISCONNECT: the server is shutting down.</summary>
    ServerShuttingDown = 0x8B,

    /// <summary>0x8C: the authentication method is not supported, or not the one in use.</summary>
    BadAuthenticationMethod = 0x8C,

    /// <summary>0x8D in DISCONNECT: nothing was received for 1.5 times the Keep Alive.</summary>
    KeepAliveTimeout = 0x8D,

    /// <summary>0x8E in DISCONNECT: another connection with the same client identifier has taken over.</summary>
    SessionTakenOver = 0x8E,

    /// <summary>0x8F: the topic filter is well formed, but not accepted.</summary>
    TopicFilterInvalid = 0x8F,

    /// <summary>0x90: the topic name is well formed, but not accepted.</summary>
    TopicNameInvalid = 0x90,

    /// <summary>0x91: the packet identifier is already in use.</summary>
    PacketIdentifierInUse = 0x91,

    /// <summary>0x92 in PUBREL and PUBCOMP: the packet identifier is not known.</summary>
    PacketIdentifierNotFound = 0x92,

    /// <summary>0x93 in DISCONNECT: more unacknowledged PUBLISH packets than Receive Maximum.</summary>
    ReceiveMaximumExceeded = 0x93,

    /// <summary>0x94 in DISCONNECT: a topic alias of 0, or above Topic Alias Maximum.</summary>
    TopicAliasInvalid = 0x94,

    /// <summary>0x95: the packet is larger than Maximum Packet Size.</summary>
    PacketTooLarge = 0x95,

    /// <summary>0x96 in DISCONNECT: data arrives at too high a rate.</summary>
    MessageRateTooHigh = 0x96,

    /// <summary>0x97: a limit set by the implementation or by an administrator was exceeded.</summary>
    QuotaExceeded = 0x97,

    /// <summary>0x98 in DISCONNECT: closed by an administrator.</summary>
    AdministrativeAction = 0x98,

    /// <summary>0x99: the payload does not match the Payload Format Indicator.</summary>
    PayloadFormatInvalid = 0x99,

    /// <summary>0x9A: retained messages are not supported.</summary>
    RetainNotSupported = 0x9A,

    /// <summary>0x9B: the QoS is above Maximum QoS.</summary>
    QoSNotSupported = 0x9B,

    /// <summary>0x9C: use another server for now.</summary>
    UseAnotherServer = 0x9C,

    /// <summary>0x9D: use another server from now on.</summary>
    ServerMoved = 0x9D,

    /// <summary>0x9E: shared subscriptions are not supported.</summary>
    SharedSubscriptionsNotSupported = 0x9E,

    /// <summary>0x9F: the connection rate limit was exceeded.</summary>
    ConnectionRateExceeded = 0x9F,

    /// <summary>0xA0 in DISCONNECT: the maximum time of a connection was exceeded.</summary>
    MaximumConnectTime = 0xA0,

    /// <summary>0xA1: subscription identifiers are not supported.</summary>
    SubscriptionIdentifiersNotSupported = 0xA1,

    /// <summary>0xA2: wildcard subscriptions are not supported.</summary>
    WildcardSubscriptionsNotSupported = 0xA2,
}
