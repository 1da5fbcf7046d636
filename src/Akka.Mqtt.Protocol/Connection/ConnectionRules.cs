namespace Akka.Mqtt.Protocol;

/// <summary>
/// The rules of order and role of one connection, in both directions, without IO: which packet must be first, which is allowed once, which
/// may follow another. It checks packets that are valid by themselves. Owned by one connection and one thread at a time.
/// </summary>
public sealed class ConnectionRules
{
    private Phase _client = Phase.BeforeConnect;
    private Phase _server = Phase.BeforeConnect;
    private bool _sessionExpiresAtOnce;
    private string? _authenticationMethod;

    /// <summary>Starts the rules of a connection.</summary>
    /// <param name="role">Our side.</param>
    public ConnectionRules(MqttRole role) => Role = role;

    private enum Phase : byte
    {
        BeforeConnect,
        BeforeConnAck,
        Open,
        Ended,
    }

    /// <summary>Our side.</summary>
    public MqttRole Role { get; }

    /// <summary>The protocol version; set when a CONNECT was sent or received.</summary>
    public MqttVersion? Version { get; private set; }

    /// <summary>Whether a CONNECT was sent or received.</summary>
    public bool ConnectSeen => _client != Phase.BeforeConnect;

    /// <summary>Whether an accepting CONNACK was sent or received.</summary>
    public bool Accepted => _server == Phase.Open;

    /// <summary>Whether we sent a DISCONNECT or a refusing CONNACK, so that we may send nothing more.</summary>
    public bool SendingEnded => (Role == MqttRole.Client ? _client : _server) == Phase.Ended;

    /// <summary>The Keep Alive in force, in seconds: that of the server if its CONNACK has one; 0 for off.</summary>
    public ushort KeepAlive { get; private set; }

    /// <summary>The largest packet that the peer accepts, in bytes with the fixed header.</summary>
    public uint PeerMaximumPacketSize { get; private set; } = uint.MaxValue;

    /// <summary>
    /// Whether a PUBLISH may be received now. Receiving one does not change the state, so a chunk of them needs only one check.
    /// </summary>
    internal bool ReceivesPublish => _server == Phase.Open && (Role == MqttRole.Client || _client == Phase.Open);

    /// <summary>
    /// Whether PUBLISH and its acknowledgements may be sent now. Sending them does not change the state, so a batch of them needs only one
    /// check.
    /// </summary>
    internal bool SendsMessages => Role == MqttRole.Server ? _server == Phase.Open
        : _client == Phase.Open && (_server == Phase.Open || _authenticationMethod is null);

    /// <summary>Checks a received packet and updates the state.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="error">The error; its header is not set.</param>
    /// <returns>Whether the packet is allowed now.</returns>
    public bool TryReceive(MqttPacket packet, out PacketError error)
    {
        ArgumentNullException.ThrowIfNull(packet);
        return TryPass(packet, Role == MqttRole.Client ? MqttRole.Server : MqttRole.Client, out error);
    }

    /// <summary>Checks a packet that we are about to send, and updates the state.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="error">The error.</param>
    /// <returns>Whether the packet may be sent now.</returns>
    public bool TrySend(MqttPacket packet, out PacketError error)
    {
        ArgumentNullException.ThrowIfNull(packet);
        return TryPass(packet, Role, out error);
    }

    /// <summary>Returns the state, to restore it after a failed batch.</summary>
    internal (MqttVersion? Version, ushort KeepAlive, uint PeerSize, byte Phases) Snapshot() =>
        (Version, KeepAlive, PeerMaximumPacketSize, (byte)(((byte)_client << 4) | (byte)_server));

    internal void Restore((MqttVersion? Version, ushort KeepAlive, uint PeerSize, byte Phases) snapshot)
    {
        (Version, KeepAlive, PeerMaximumPacketSize, var phases) = snapshot;
        (_client, _server) = ((Phase)(phases >> 4), (Phase)(phases & 0x0F));
    }

    private bool TryPass(MqttPacket packet, MqttRole sender, out PacketError error)
    {
        var text = sender == MqttRole.Client ? FromClient(packet) : FromServer(packet);
        error = text is null ? default : new PacketError(ReasonCode.ProtocolError, text);
        return text is null;
    }

    private string? FromClient(MqttPacket packet)
    {
        switch (packet.Type)
        {
            case MqttPacketType.Connect:
                if (_client != Phase.BeforeConnect)
                    return "a second CONNECT"; // [MQTT-3.1.0-2]
                var connect = (Connect)packet;
                _client = Phase.Open;
                _server = Phase.BeforeConnAck;
                Version = connect.Version;
                KeepAlive = connect.KeepAlive;
                _sessionExpiresAtOnce = connect.Properties?.SessionExpiryInterval is null or 0;
                _authenticationMethod = connect.Properties?.AuthenticationMethod;
                if (Role == MqttRole.Server)
                    PeerMaximumPacketSize = connect.Properties?.MaximumPacketSize ?? uint.MaxValue;
                return null;
            case MqttPacketType.ConnAck or MqttPacketType.SubAck or MqttPacketType.UnsubAck or MqttPacketType.PingResp:
                return "a packet that only a server sends";
        }

        if (_client == Phase.BeforeConnect)
            return "the first packet of a client must be CONNECT"; // [MQTT-3.1.0-1]
        if (_client == Phase.Ended)
            return "a packet after DISCONNECT"; // [MQTT-3.14.4-2] of 3.1.1, [MQTT-3.14.4-1] of 5.0
        switch (packet.Type)
        {
            case MqttPacketType.Disconnect:
                if (_sessionExpiresAtOnce && ((Disconnect)packet).Properties?.SessionExpiryInterval is > 0)
                    return "a session expiry interval in DISCONNECT although that of CONNECT was 0"; // U-3.14.2.2.2-1
                _client = Phase.Ended;
                return null;
            case MqttPacketType.Auth:
                return Method((Auth)packet);
            default:
                return _server == Phase.BeforeConnAck && _authenticationMethod is not null
                    ? "only AUTH or DISCONNECT may follow a CONNECT with an authentication method until CONNACK" // [MQTT-3.1.2-30]
                    : null;
        }
    }

    private string? FromServer(MqttPacket packet)
    {
        switch (packet.Type)
        {
            case MqttPacketType.Connect or MqttPacketType.Subscribe or MqttPacketType.Unsubscribe or MqttPacketType.PingReq:
                return "a packet that only a client sends";
            case MqttPacketType.Disconnect when Version is MqttVersion.V31 or MqttVersion.V311:
                return "a DISCONNECT from the server before MQTT 5.0";
        }

        switch (_server)
        {
            case Phase.BeforeConnect:
                return "a packet from the server before CONNECT";
            case Phase.BeforeConnAck:
                return packet.Type switch
                {
                    MqttPacketType.ConnAck => Acknowledge((ConnAck)packet),
                    MqttPacketType.Auth => Method((Auth)packet),
                    _ => "the server must send CONNACK first", // [MQTT-3.2.0-1]
                };
            case Phase.Ended:
                return "a packet after DISCONNECT or a refusing CONNACK"; // [MQTT-3.14.4-1]
        }

        switch (packet.Type)
        {
            case MqttPacketType.ConnAck:
                return "a second CONNACK"; // [MQTT-3.2.0-2]
            case MqttPacketType.Disconnect:
                _server = Phase.Ended;
                return null;
            case MqttPacketType.Auth:
                return Method((Auth)packet);
            default:
                return null;
        }
    }

    private string? Acknowledge(ConnAck packet)
    {
        if (packet.Properties?.AuthenticationMethod is { } method && method != _authenticationMethod)
            return "an authentication method in CONNACK that is not that of CONNECT"; // [MQTT-4.12.0-5]
        _server = packet.ReasonCode >= ReasonCode.UnspecifiedError ? Phase.Ended : Phase.Open; // [MQTT-3.2.2-7]
        KeepAlive = packet.Properties?.ServerKeepAlive ?? KeepAlive; // [MQTT-3.2.2-21], [MQTT-3.2.2-22]
        if (Role == MqttRole.Client)
            PeerMaximumPacketSize = packet.Properties?.MaximumPacketSize ?? uint.MaxValue;
        return null;
    }

    private string? Method(Auth packet) =>
        _authenticationMethod is null ? "AUTH on a connection without an authentication method" // [MQTT-4.12.0-6], [MQTT-4.12.0-7]
        : packet.Properties?.AuthenticationMethod != _authenticationMethod ? "an authentication method that is not that of CONNECT" // [MQTT-4.12.0-5]
        : null;
}
