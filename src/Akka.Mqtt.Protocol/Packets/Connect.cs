using Akka.Mqtt.Protocol.Packets;

namespace Akka.Mqtt.Protocol;

/// <summary>The CONNECT packet (section 3.1): the first packet of a client, once per connection. To dial, see <c>Mqtt.Connect</c>.</summary>
public sealed record Connect : MqttPacket
{
    // Clean Start, whether a password and the bridge mark are set, and the version, in one byte, which fills a word together with the
    // keep-alive and the fields of the base class.
    private const byte CleanStartFlag = 0x01;
    private const byte PasswordFlag = 0x02;
    private const byte BridgeFlag = 0x04;
    private const int VersionShift = 3;
    private readonly byte _flags;
    private readonly MqttBinary _password;

    /// <summary>A request with default values; set the fields in an initializer.</summary>
    public Connect()
    {
        _flags = (byte)MqttVersion.V5 << VersionShift | CleanStartFlag;
        KeepAlive = 60;
        ClientId = "";
    }

    /// <summary>A received request, whose fields are set in an initializer.</summary>
    internal Connect(FixedHeader header, string clientId)
        : base(header) => ClientId = clientId;

    /// <inheritdoc/>
    public override MqttPacketType Type => MqttPacketType.Connect;

    /// <summary>The protocol name that belongs to <see cref="Version"/>: <c>MQIsdp</c> in 3.1, <c>MQTT</c> from 3.1.1 on.</summary>
    public string ProtocolName => Version == MqttVersion.V31 ? "MQIsdp" : "MQTT";

    /// <summary>The protocol version. Default: 5.0.</summary>
    public MqttVersion Version
    {
        get => (MqttVersion)(_flags >> VersionShift);
        init => _flags = (byte)((_flags & (CleanStartFlag | PasswordFlag | BridgeFlag)) | Math.Min((int)value, 31) << VersionShift); // an invalid value stays invalid
    }

    /// <summary>
    /// Whether the client is a bridge of another server. A server then does not return the bridge's own messages, and keeps RETAIN as
    /// publishers set it. Only 3.1 and 3.1.1: the highest bit of the protocol level, which no standard defines, but mosquitto and similar
    /// servers support. In 5.0 use options of each subscription. Default: <see langword="false"/>.
    /// </summary>
    public bool IsBridge
    {
        get => (_flags & BridgeFlag) != 0;
        init => _flags = (byte)((_flags & ~BridgeFlag) | (value ? BridgeFlag : 0));
    }

    /// <summary>
    /// The client identifier; if empty, the server assigns one (3.1.1: only with <see cref="CleanStart"/>). Default: empty.
    /// </summary>
    public string ClientId { get; init; }

    /// <summary>Clean Start of 5.0, Clean Session of 3.x. Default: <see langword="true"/>.</summary>
    public bool CleanStart
    {
        get => (_flags & CleanStartFlag) != 0;
        init => _flags = (byte)((_flags & ~CleanStartFlag) | (value ? CleanStartFlag : 0));
    }

    /// <summary>The longest pause between two packets of the client, in seconds, 0 to 65,535; 0 switches keep-alive off. Default: 60.</summary>
    public ushort KeepAlive { get; init; }

    /// <summary>The will message, or null for none.</summary>
    public Will? Will { get; init; }

    /// <summary>The user name, or null for none.</summary>
    public string? UserName { get; init; }

    /// <summary>The password, or null for none. 3.x allows it only together with a user name.</summary>
    public MqttBinary? Password
    {
        get => (_flags & PasswordFlag) != 0 ? _password : (MqttBinary?)null; // "null" without the cast would convert to an empty value
        init
        {
            _flags = (byte)((_flags & ~PasswordFlag) | (value.HasValue ? PasswordFlag : 0));
            _password = value.GetValueOrDefault();
        }
    }

    /// <summary>MQTT 5.0 properties, or null for none.</summary>
    public ConnectProperties? Properties { get; init; }

    /// <summary>Shows everything except the password.</summary>
    /// <returns>A line for a log.</returns>
    public override string ToString() =>
        PacketText.Of(this, $"{Version}, ClientId={ClientId}, CleanStart={CleanStart}, KeepAlive={KeepAlive}{(IsBridge ? ", IsBridge" : "")}")
            .Add("UserName", UserName).Add("Password", Password is null ? null : "***").Add("Will", Will).Add(Properties).ToString();
}
