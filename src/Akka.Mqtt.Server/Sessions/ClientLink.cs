using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.PacketRules;
using Akka.Mqtt.Server.Security;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// The connection that a session serves, and the state that ends with it. A session accepts packets only from the connection of its
/// current link; this protects it from the previous connection after a take-over. Owned by the session.
/// </summary>
internal sealed class ClientLink
{
    private static long _links;

    private readonly uint _expiryAsked;

    public ClientLink(OpenSession request)
    {
        var connect = request.Connect;
        Connection = request.Connection;
        Info = request.Info;
        Permit = request.Permit;
        Identity = request.Identity;
        Rules = request.Rules;
        MountPoint = request.MountPoint;
        Version = connect.Version;
        IsBridge = connect.IsBridge;
        MaximumPacketSize = connect.Properties?.MaximumPacketSize ?? uint.MaxValue;
        WantsReasons = Reasons.AreWanted(connect);
        _expiryAsked = connect.Properties?.SessionExpiryInterval ?? 0;
        AuthenticationMethod = connect.Properties?.AuthenticationMethod;
        Connect = AuthenticationMethod is null ? null : connect;
    }

    /// <summary>
    /// Identifies this link in this process. Acknowledgements of the connection contain it; the connection may be on another node.
    /// </summary>
    public long Number { get; } = Interlocked.Increment(ref _links);

    public IActorRef Connection { get; }

    /// <summary>The permit of the connection, which is disposed when the connection has ended.</summary>
    public ConnectionPermit? Permit { get; }

    /// <summary>The data of the connection for lists and events.</summary>
    public ClientConnection Info { get; }

    public TransportInfo Transport => Info.Transport;

    public string MountPoint { get; }

    public MqttVersion Version { get; }

    public bool IsV5 => Version == MqttVersion.V5;

    /// <inheritdoc cref="Protocol.Connect.IsBridge"/>
    public bool IsBridge { get; }

    /// <summary>The Maximum Packet Size of the client.</summary>
    public uint MaximumPacketSize { get; }

    /// <summary>Whether acknowledgements may have reason strings.</summary>
    public bool WantsReasons { get; }

    public string? AuthenticationMethod { get; }

    /// <summary>The CONNECT, to authenticate again with; null without an authentication method.</summary>
    public Connect? Connect { get; }

    /// <summary>The identity of the client; its credential changes when it authenticates again.</summary>
    public ClientIdentity Identity { get; set; }

    /// <summary>The rules by which the client was last accepted.</summary>
    public SecurityRules Rules { get; set; }

    /// <summary>Whether the peer has stopped sending.</summary>
    public bool InboundClosed { get; set; }

    /// <summary>Whether the server is stopping: the connection is closed when all published messages are acknowledged.</summary>
    public bool IsDraining { get; set; }

    /// <summary>Another connection waits for the session.</summary>
    public bool IsTakenOver { get; set; }

    /// <summary>U-3.14.2.2.2-1 v5: DISCONNECT must not set an interval where CONNECT had none.</summary>
    public bool MaySetExpiry(uint? interval) => interval is not > 0 || _expiryAsked > 0;
}
