using Akka.Mqtt.Protocol;
using static Akka.Mqtt.Protocol.MqttRole;
using static Akka.Mqtt.Protocol.MqttVersion;
using static Akka.Mqtt.Tests.Connection.FaultSpec.Stage;
using Type = Akka.Mqtt.Protocol.MqttPacketType;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>What a peer must not send: bytes, where in the conversation, and what they come to.</summary>
/// <param name="Name">What is wrong.</param>
/// <param name="Role">Our side.</param>
/// <param name="Stage">When it comes.</param>
/// <param name="Version">The version of the conversation; nothing where none is known yet.</param>
/// <param name="Hex">The bytes.</param>
/// <param name="Reason">The reason of the end.</param>
/// <param name="Code">The reason code of the end.</param>
/// <param name="Header">The type of the offending packet; null when its header cannot be read.</param>
/// <param name="Answer">The CONNACK that the peer gets, as hex; "e0" for a DISCONNECT with the code; null for nothing.</param>
public sealed record BadInput(
    string Name,
    MqttRole Role,
    FaultSpec.Stage Stage,
    MqttVersion Version,
    string Hex,
    CloseReason Reason,
    ReasonCode Code,
    MqttPacketType? Header,
    string? Answer = null)
{
    public const int MaxConnectPacketSize = 100;
    public const int MaxPacketSize = 1000;

    private const string Bye = "e0";

    public static IReadOnlyList<BadInput> All { get; } =
    [
        // Before CONNECT: whoever begins with something else gets no answer.
        Protocol("PINGREQ first", Server, Fresh, V311, "c0 00", Type.PingReq),
        Protocol("CONNACK first", Server, Fresh, V311, "20 02 00 00", Type.ConnAck),
        Malformed("type 0 first", Server, Fresh, V311, "00 00", Type.Reserved),
        Protocol("HTTP first", Server, Fresh, V311, "47 45 54 20 2f", Type.PubAck),
        Malformed("a TLS hello first", Server, Fresh, V311, "16 03 01 00 a5 01 00 00 a1", Type.Connect),
        Malformed("CONNECT with flags", Server, Fresh, V311, "11 0d 00 04 4d 51 54 54 04 02 00 00 00 01 63", Type.Connect),
        Malformed("CONNECT of five length bytes", Server, Fresh, V311, "10 ff ff ff ff 01", null),
        TooLarge("CONNECT over the limit", Server, Fresh, V311, "10 80 01 00 04", Type.Connect),

        // CONNECT itself: 5.0 answers with the code, 3.x knows two answers.
        Malformed("5.0 reserved connect flag", Server, Fresh, V5,
            "10 0e 00 04 4d 51 54 54 05 03 00 00 00 00 01 63", Type.Connect, "20 03 00 81 00"),
        Malformed("5.0 will QoS 3", Server, Fresh, V5, "10 0e 00 04 4d 51 54 54 05 1e 00 00 00 00 01 63", Type.Connect, "20 03 00 81 00"),
        Malformed("5.0 client id not UTF-8", Server, Fresh, V5,
            "10 0e 00 04 4d 51 54 54 05 02 00 00 00 00 01 ff", Type.Connect, "20 03 00 81 00"),
        Protocol("5.0 property twice", Server, Fresh, V5,
            "10 14 00 04 4d 51 54 54 05 02 00 00 06 21 00 0a 21 00 0a 00 01 63", Type.Connect, "20 03 00 82 00"),
        Protocol("5.0 receive maximum 0", Server, Fresh, V5,
            "10 11 00 04 4d 51 54 54 05 02 00 00 03 21 00 00 00 01 63", Type.Connect, "20 03 00 82 00"),
        Malformed("5.0 cut short", Server, Fresh, V5, "10 0c 00 04 4d 51 54 54 05 02 00 00 00 00", Type.Connect, "20 03 00 81 00"),
        Malformed("3.1.1 reserved connect flag", Server, Fresh, V311, "10 0d 00 04 4d 51 54 54 04 03 00 00 00 01 63", Type.Connect),
        Malformed("3.1.1 client id not UTF-8", Server, Fresh, V311, "10 0d 00 04 4d 51 54 54 04 02 00 00 00 01 ff", Type.Connect),
        Protocol("3.1.1 password alone", Server, Fresh, V311, "10 10 00 04 4d 51 54 54 04 42 00 00 00 01 63 00 01 70", Type.Connect),
        Protocol("3.1.1 no client id for a kept session", Server, Fresh, V311,
            "10 0c 00 04 4d 51 54 54 04 00 00 00 00 00", Type.Connect, "20 02 00 02", code: ReasonCode.ClientIdentifierNotValid),
        Protocol("3.1 no client id", Server, Fresh, V31,
            "10 0e 00 06 4d 51 49 73 64 70 03 02 00 00 00 00", Type.Connect, "20 02 00 02", code: ReasonCode.ClientIdentifierNotValid),
        Protocol("protocol level 6", Server, Fresh, V311,
            "10 0d 00 04 4d 51 54 54 06 02 00 00 00 01 63", Type.Connect, "20 02 00 01", code: ReasonCode.UnsupportedProtocolVersion),
        Protocol("protocol level 0", Server, Fresh, V311,
            "10 0d 00 04 4d 51 54 54 00 02 00 00 00 01 63", Type.Connect, "20 02 00 01", code: ReasonCode.UnsupportedProtocolVersion),
        Protocol("protocol name of strangers", Server, Fresh, V311,
            "10 0d 00 04 4d 51 54 58 04 02 00 00 00 01 63", Type.Connect, code: ReasonCode.UnsupportedProtocolVersion),
        Malformed("protocol name not UTF-8", Server, Fresh, V311, "10 0d 00 04 4d 51 54 ff 04 02 00 00 00 01 63", Type.Connect),

        // Between CONNECT and CONNACK the answer is a CONNACK still.
        Protocol("second CONNECT before CONNACK", Server, Greeted, V5,
            "10 0e 00 04 4d 51 54 54 05 02 00 00 00 00 01 63", Type.Connect, "20 03 00 82 00"),
        Malformed("bad PUBLISH before CONNACK", Server, Greeted, V5, "36 00", Type.Publish, "20 03 00 81 00"),
        Protocol("second CONNECT before CONNACK in 3.1.1", Server, Greeted, V311,
            "10 0d 00 04 4d 51 54 54 04 02 00 00 00 01 63", Type.Connect),

        // An open 5.0 connection, server side.
        Protocol("second CONNECT", Server, Open, V5, "10 0e 00 04 4d 51 54 54 05 02 00 00 00 00 01 63", Type.Connect, Bye),
        Protocol("second CONNECT of another version", Server, Open, V5, "10 0d 00 04 4d 51 54 54 04 02 00 00 00 01 63", Type.Connect, Bye),
        Protocol("CONNACK to a server", Server, Open, V5, "20 03 00 00 00", Type.ConnAck, Bye),
        Protocol("SUBACK to a server", Server, Open, V5, "90 04 00 01 00 00", Type.SubAck, Bye),
        Protocol("UNSUBACK to a server", Server, Open, V5, "b0 04 00 01 00 00", Type.UnsubAck, Bye),
        Protocol("PINGRESP to a server", Server, Open, V5, "d0 00", Type.PingResp, Bye),
        Protocol("AUTH without a method in CONNECT", Server, Open, V5, "f0 06 18 04 15 00 01 6d", Type.Auth, Bye),
        Malformed("PUBLISH of QoS 3", Server, Open, V5, "36 06 00 01 61 00 01 00", Type.Publish, Bye),
        Malformed("DUP of QoS 0", Server, Open, V5, "38 04 00 01 61 00", Type.Publish, Bye),
        Malformed("type 0", Server, Open, V5, "00 00", Type.Reserved, Bye),
        Malformed("SUBSCRIBE with flags 0", Server, Open, V5, "80 07 00 01 00 00 01 61 00", Type.Subscribe, Bye),
        Malformed("five length bytes", Server, Open, V5, "30 ff ff ff ff 01", null, Bye),
        Malformed("length not in its shortest form", Server, Open, V5, "c0 80 00", Type.PingReq, Bye),
        TooLarge("PUBLISH over the limit", Server, Open, V5, "30 f8 07", Type.Publish, Bye),
        Malformed("topic not UTF-8", Server, Open, V5, "30 04 00 01 ff 00", Type.Publish, Bye),
        Malformed("topic with U+0000", Server, Open, V5, "30 04 00 01 00 00", Type.Publish, Bye),
        Malformed("topic with a surrogate", Server, Open, V5, "30 06 00 03 ed a0 80 00", Type.Publish, Bye),
        Protocol("packet identifier 0", Server, Open, V5, "32 06 00 01 61 00 00 00", Type.Publish, Bye),
        Protocol("SUBSCRIBE of nothing", Server, Open, V5, "82 03 00 01 00", Type.Subscribe, Bye),
        Protocol("UNSUBSCRIBE of nothing", Server, Open, V5, "a2 03 00 01 00", Type.Unsubscribe, Bye),
        Malformed("reserved subscription options", Server, Open, V5, "82 07 00 01 00 00 01 61 c0", Type.Subscribe, Bye),
        Malformed("PUBLISH cut short", Server, Open, V5, "30 02 00 05", Type.Publish, Bye),
        Protocol("topic alias 0", Server, Open, V5, "30 06 00 00 03 23 00 00", Type.Publish, Bye, code: ReasonCode.TopicAliasInvalid),
        Protocol("late session expiry", Server, Open, V5, "e0 07 00 05 11 00 00 00 05", Type.Disconnect, Bye),

        // An open 3.x connection has no word for it.
        Protocol("3.1.1 second CONNECT", Server, Open, V311, "10 0d 00 04 4d 51 54 54 04 02 00 00 00 01 63", Type.Connect),
        Protocol("3.1.1 PINGRESP to a server", Server, Open, V311, "d0 00", Type.PingResp),
        Malformed("3.1.1 AUTH", Server, Open, V311, "f0 00", Type.Auth),
        Malformed("3.1.1 PUBLISH of QoS 3", Server, Open, V311, "36 05 00 01 61 00 01", Type.Publish),
        Malformed("3.1.1 five length bytes", Server, Open, V311, "30 ff ff ff ff 01", null),
        TooLarge("3.1.1 PUBLISH over the limit", Server, Open, V311, "30 f8 07", Type.Publish),
        Malformed("3.1 topic not UTF-8", Server, Open, V31, "30 03 00 01 ff", Type.Publish),

        // Client side.
        Protocol("a server that speaks first", Client, Fresh, V5, "20 03 00 00 00", Type.ConnAck),
        Protocol("PINGRESP before CONNACK", Client, Greeted, V5, "d0 00", Type.PingResp, Bye),
        Protocol("PUBLISH before CONNACK", Client, Greeted, V5, "30 04 00 01 61 00", Type.Publish, Bye),
        Malformed("reserved CONNACK flags", Client, Greeted, V5, "20 03 02 00 00", Type.ConnAck, Bye),
        Malformed("CONNACK cut short", Client, Greeted, V5, "20 01 00", Type.ConnAck, Bye),
        Protocol("CONNACK with a strange method", Client, Greeted, V5, "20 07 00 00 04 15 00 01 6d", Type.ConnAck, Bye),
        Protocol("second CONNACK", Client, Open, V5, "20 03 00 00 00", Type.ConnAck, Bye),
        Protocol("CONNECT to a client", Client, Open, V5, "10 0e 00 04 4d 51 54 54 05 02 00 00 00 00 01 63", Type.Connect, Bye),
        Protocol("SUBSCRIBE to a client", Client, Open, V5, "82 07 00 01 00 00 01 61 00", Type.Subscribe, Bye),
        Protocol("UNSUBSCRIBE to a client", Client, Open, V5, "a2 06 00 01 00 00 01 61", Type.Unsubscribe, Bye),
        Protocol("PINGREQ to a client", Client, Open, V5, "c0 00", Type.PingReq, Bye),
        Malformed("five length bytes to a client", Client, Open, V5, "30 ff ff ff ff 01", null, Bye),
        TooLarge("PUBLISH over the limit to a client", Client, Open, V5, "30 f8 07", Type.Publish, Bye),
        Malformed("topic not UTF-8 to a client", Client, Open, V5, "30 04 00 01 ff 00", Type.Publish, Bye),
        Protocol("3.1.1 PINGRESP before CONNACK", Client, Greeted, V311, "d0 00", Type.PingResp),
        Protocol("3.1.1 DISCONNECT of a server", Client, Open, V311, "e0 00", Type.Disconnect),
        Protocol("3.1.1 second CONNACK", Client, Open, V311, "20 02 00 00", Type.ConnAck),
        Malformed("3.1.1 topic not UTF-8 to a client", Client, Open, V311, "30 03 00 01 ff", Type.Publish),
    ];

    public override string ToString() => Name;

    private static BadInput Malformed(
        string name, MqttRole role, FaultSpec.Stage stage, MqttVersion version, string hex, Type? header, string? answer = null) =>
        new(name, role, stage, version, hex, CloseReason.MalformedPacket, ReasonCode.MalformedPacket, header, answer);

    private static BadInput TooLarge(
        string name, MqttRole role, FaultSpec.Stage stage, MqttVersion version, string hex, Type? header, string? answer = null) =>
        new(name, role, stage, version, hex, CloseReason.PacketTooLarge, ReasonCode.PacketTooLarge, header, answer);

    private static BadInput Protocol(
        string name, MqttRole role, FaultSpec.Stage stage, MqttVersion version, string hex, Type? header, string? answer = null,
        ReasonCode code = ReasonCode.ProtocolError) =>
        new(name, role, stage, version, hex, CloseReason.ProtocolError, code, header, answer);
}
