using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Connections;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Security;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// What the actor of a connection (<see cref="ClientActor"/>), the registry and the actor of a session say to each other. An epoch is
/// given to each opening by the registry: what carries an old one comes from a connection that has lost the session, and is dropped.
/// </summary>
internal static class SessionProtocol
{
    /// <summary>Client to registry: a client was let in and wants its session.</summary>
    internal sealed record Open(string ClientId, IActorRef Client, IActorRef Connection, Connect Connect, ConnAck Answer)
        : INoSerializationVerificationNeeded
    {
        /// <summary>The connection, for those who look at it.</summary>
        public required ClientConnection Info { get; init; }

        /// <summary>What is taken off the topics of messages for this client.</summary>
        public string MountPoint { get; init; } = "";

        /// <summary>What the client may do; null when nothing is forbidden.</summary>
        public ClientRights? Rights { get; init; }
    }

    /// <summary>Client to session: from now on the client may do this; null when nothing is forbidden.</summary>
    internal sealed record RightsChanged(long Epoch, ClientRights? Rights) : INoSerializationVerificationNeeded;

    /// <summary>Registry to session: serve this client; the one before is taken over from.</summary>
    internal sealed record Attach(long Epoch, Open Request) : INoSerializationVerificationNeeded
    {
        /// <summary>Whether the client ended while it waited for the one before to let go.</summary>
        public bool IsAbandoned { get; init; }
    }

    /// <summary>
    /// Session to client: the session is yours and CONNACK is sent. From here on <paramref name="Inbound"/> is the client's to use.
    /// </summary>
    internal sealed record Attached(long Epoch, IActorRef Session, InboundWindow Inbound) : INoSerializationVerificationNeeded;

    /// <summary>
    /// Session to client: it has lost the session, or never got it. It tells its peer why, closes, and answers <see cref="Released"/>.
    /// </summary>
    internal sealed record Detach(ReasonCode Reason) : INoSerializationVerificationNeeded;

    /// <summary>Client to session: the connection has ended, and the client's use of <see cref="Attached.Inbound"/> with it.</summary>
    /// <param name="Epoch">The epoch of the connection.</param>
    /// <param name="KeepWill">Whether the will is to be published.</param>
    /// <param name="SessionExpiry">The Session Expiry Interval of DISCONNECT, or null.</param>
    internal sealed record Released(long Epoch, bool KeepWill, uint? SessionExpiry) : INoSerializationVerificationNeeded;

    /// <summary>
    /// Client to registry, and on to the session, behind <see cref="Open"/>: the actor of the client stopped before it heard of its session, which
    /// it could not tell <see cref="Released"/> therefore.
    /// </summary>
    internal sealed record Abandoned(string ClientId, IActorRef Client) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>Session to client, to whom it is attached or who waits for it: the actor of the session has stopped.</summary>
    internal sealed class Lost : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Lost Instance = new();
    }

    /// <summary>Client to session: packets of one chunk that are the session's: acknowledgements, SUBSCRIBE, UNSUBSCRIBE.</summary>
    internal sealed record FromClient(long Epoch, MqttPacket[] Packets) : INoSerializationVerificationNeeded;

    /// <summary>
    /// Session to client: a SUBSCRIBE or UNSUBSCRIBE of that connection is in force, and answered. One for each, whatever came of it.
    /// </summary>
    internal sealed record RoutesChanged(long Epoch) : INoSerializationVerificationNeeded;

    /// <summary>Session to registry: nothing is left of this session; may it stop?</summary>
    internal sealed record Retire(string ClientId, long Epoch) : INoSerializationVerificationNeeded;

    /// <summary>Registry to session: nobody has asked for you since; stop.</summary>
    internal sealed class Retired : INoSerializationVerificationNeeded
    {
        public static readonly Retired Instance = new();
    }
}

/// <summary>
/// Which session a client gets. Client identifiers of listeners with different mount points name different sessions; with
/// <c>sessions-by-user</c> so do those of different users.
/// </summary>
/// <param name="MountPoint">The mount point of the listener, or empty.</param>
/// <param name="User">The verified user name where sessions are kept by user; else null.</param>
/// <param name="ClientId">The client identifier.</param>
internal readonly record struct SessionKey(string MountPoint, string? User, string ClientId);

/// <summary>Handshake to registry, and on to the session: this client is accepted and wants its session.</summary>
/// <param name="Key">Which session.</param>
/// <param name="ClientId">The client identifier, assigned by the server if the client had none.</param>
/// <param name="Handshake">The handshake, which handles the connection until the session tells it <see cref="Mqtt.Register"/>.</param>
/// <param name="Connection">The connection.</param>
/// <param name="Transport">Where it comes from.</param>
/// <param name="Connect">The CONNECT as the interceptor left it; the topic of its will has the mount point. Without password.</param>
/// <param name="Answer">The CONNACK: the session sets Session Present and sends it before everything else.</param>
/// <param name="Identity">Who the client is.</param>
/// <param name="Rules">The rules that let it in, to compare with those of a reload.</param>
/// <param name="Rights">What it may do; null when nothing is forbidden.</param>
/// <param name="MountPoint">The mount point of the listener, or empty.</param>
/// <param name="Info">The connection for lists and events.</param>
internal sealed record OpenSession(
    SessionKey Key,
    string ClientId,
    IActorRef Handshake,
    IActorRef Connection,
    TransportInfo Transport,
    Connect Connect,
    ConnAck Answer,
    ClientIdentity Identity,
    SecurityRules Rules,
    ClientRights? Rights,
    string MountPoint,
    ClientConnection Info) : INoSerializationVerificationNeeded
{
    /// <summary>The place of the connection among all: the session disposes it when the connection has ended.</summary>
    public ConnectionPermit? Permit { get; init; }
}

/// <summary>
/// Handshake to registry, and on to the session behind <see cref="OpenSession"/>: the connection has ended before it heard of the session's
/// <see cref="Mqtt.Register"/>, so the session will hear nothing of it.
/// </summary>
/// <param name="Key">Which session.</param>
/// <param name="Connection">The connection.</param>
/// <param name="Closed">How it ended.</param>
internal sealed record ConnectionLost(SessionKey Key, IActorRef Connection, Mqtt.ConnectionClosed Closed)
    : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>
/// To the handshake: the connection is the session's. It is the <see cref="Mqtt.Register.Ack"/> of the registration that the session sends to the
/// connection with the handshake as sender: so it comes only when the connection knows the session. The handshake stops.
/// </summary>
internal sealed class SessionOpened : INoSerializationVerificationNeeded
{
    public static readonly SessionOpened Instance = new();
}

/// <summary>
/// Session or registry to handshake: the client does not get the session. The handshake says why in CONNACK and closes.
/// </summary>
/// <param name="Reason">What the client is told: 0x85 for the session of another user, 0x8E when another connection took it over first.</param>
/// <param name="Detail">More for the log; null for nothing.</param>
internal sealed record SessionRefused(ReasonCode Reason, string? Detail) : INoSerializationVerificationNeeded;
