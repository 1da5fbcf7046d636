using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Security;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>The messages between the registry of sessions and a session, and those of administration to a session.</summary>
internal static class SessionProtocol
{
    /// <summary>Registry to session: serve this client, which takes over from the previous one.</summary>
    /// <param name="Epoch">The epoch of the claim.</param>
    /// <param name="Request">The client.</param>
    internal sealed record Attach(long Epoch, OpenSession Request) : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        /// <summary>
        /// Set when the connection ended while the client waited. The session still handles its CONNECT, because that may change the
        /// session.
        /// </summary>
        public ConnectionLost? Lost { get; init; }
    }

    /// <summary>
    /// To the registry: a message for the actor of a session. If no actor has the session, the registry starts one for it.
    /// </summary>
    /// <param name="Key">The key of the session.</param>
    /// <param name="Message">The message; null when the will or the expiry of the session is due.</param>
    internal sealed record Ask(SessionKey Key, object? Message) : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        /// <summary>Answers with a refusal, because the session moves to another node.</summary>
        public void Refuse()
        {
            if (Message is Inspect inspect)
                inspect.ReplyTo.Tell(new MqttServer.ClientNotFound(inspect.ClientId));
            else if (Message is Evict evict)
                evict.ReplyTo.Tell(new MqttServer.ClientNotFound(evict.Command.ClientId));
        }
    }

    /// <summary>Registry to session: handle this message, then park the session again.</summary>
    /// <param name="Epoch">The epoch of the claim.</param>
    /// <param name="Message">The message; null when will or expiry is due.</param>
    internal sealed record Asked(long Epoch, object? Message) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>
    /// Session to registry: no client is connected, and the session is parked or over; may its actor stop? The registry answers with
    /// <see cref="PoisonPill"/> if the session has not been requested since.
    /// </summary>
    /// <param name="Key">Which session.</param>
    /// <param name="Epoch">The last epoch that the actor received.</param>
    /// <param name="Due">When will or expiry is due, in milliseconds since the Unix epoch; <see cref="long.MaxValue"/> for never.</param>
    internal sealed record Retire(SessionKey Key, long Epoch, long Due) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>
    /// Registry to session: the server stops. Publish the will of the client now, and answer <see cref="WillPublished"/>.
    /// </summary>
    internal sealed class PublishWill : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly PublishWill Instance = new();
    }

    /// <summary>Session to registry: the will has been sent to its subscribers, or there was none.</summary>
    internal sealed class WillPublished : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly WillPublished Instance = new();
    }

    /// <summary>
    /// To the registry, which forwards it to the session: the session moves to another node. Ends the connection with 0x8E. The answer is
    /// <see cref="GivenUp"/>.
    /// </summary>
    /// <param name="Key">The key of the session.</param>
    /// <param name="User">The user name of the client that requests it; null for an anonymous client.</param>
    /// <param name="Discards">Whether the session must end instead of moving.</param>
    /// <param name="ReplyTo">The actor that receives the answer.</param>
    internal sealed record GiveUp(SessionKey Key, string? User, bool Discards, IActorRef ReplyTo) : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        /// <summary>
        /// Whether the session moves without a check of the user, because this node leaves the cluster. The other node then gives it only
        /// to its owner.
        /// </summary>
        public bool IsForAnyUser { get; init; }
    }

    /// <summary>Answer to <see cref="GiveUp"/>: no client is connected and the session is parked or over; or it was not given up.</summary>
    /// <param name="Request">The answered request.</param>
    /// <param name="How">The result.</param>
    internal sealed record GivenUp(GiveUp Request, Outcome How) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>The result of giving up a session.</summary>
    internal enum Outcome
    {
        /// <summary>The session is parked or over.</summary>
        Parked,

        /// <summary>It belongs to another user; nothing has changed.</summary>
        OfOtherUser,

        /// <summary>It is durable and stays in the storage of this node; nothing has changed.</summary>
        Durable,
    }

    /// <summary>To the registry: a connection was lost after its <see cref="OpenSession"/> was sent.</summary>
    /// <param name="Lost">The connection.</param>
    internal sealed record LostBehind(ConnectionLost Lost) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To a session: report your state.</summary>
    internal sealed record Inspect(string ClientId, IActorRef ReplyTo) : INoSerializationVerificationNeeded;

    /// <summary>To a session: close your connection, and end the session if the command requires it.</summary>
    internal sealed record Evict(MqttServer.DisconnectClient Command, IActorRef ReplyTo) : INoSerializationVerificationNeeded;

    /// <summary>To a session: it is lost, because its database is damaged.</summary>
    /// <param name="Session">The identity of the session.</param>
    internal sealed record StorageLost(long Session) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To a session: memory is short. Drop the queue and close the connection.</summary>
    internal sealed record Relieve(ReasonCode Reason) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}

/// <summary>Handshake to registry, which forwards it to the session: this client is accepted and requests its session.</summary>
/// <param name="Key">The key of the session.</param>
/// <param name="ClientId">The client identifier, assigned by the server if the client had none.</param>
/// <param name="Handshake">
/// The handshake, which handles the connection until the session sends <see cref="Mqtt.Register"/> to the connection.
/// </param>
/// <param name="Connection">The connection.</param>
/// <param name="Transport">The address and transport of the connection.</param>
/// <param name="Connect">
/// The CONNECT as the interceptor returned it, without password. The topic of its will includes the mount point.
/// </param>
/// <param name="Answer">The CONNACK. The session sets Session Present and sends it before all other packets.</param>
/// <param name="Identity">The identity of the client.</param>
/// <param name="Rules">The rules that accepted it, to compare with those after a reload.</param>
/// <param name="Rights">The rights of the client; null for all.</param>
/// <param name="MountPoint">The mount point of the listener, or empty.</param>
/// <param name="Info">The data of the connection for lists and events.</param>
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
    /// <summary>The permit of the connection; the session disposes it when the connection has ended.</summary>
    public ConnectionPermit? Permit { get; init; }
}

/// <summary>
/// Handshake to registry, which forwards it to the session after <see cref="OpenSession"/>: the connection has ended before it received
/// the session's <see cref="Mqtt.Register"/>, so the session gets no event of it.
/// </summary>
/// <param name="Key">The key of the session.</param>
/// <param name="Connection">The connection.</param>
/// <param name="Closed">How it ended.</param>
internal sealed record ConnectionLost(SessionKey Key, IActorRef Connection, Mqtt.ConnectionClosed Closed)
    : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>
/// To the handshake: the session has the connection; the handshake ends. It is the <see cref="Mqtt.Register.Ack"/> of the registration
/// that the session sends to the connection with the handshake as sender. So it is sent by the connection, after the session has become
/// its handler.
/// </summary>
internal sealed class SessionOpened : IDeadLetterSuppression
{
    public static readonly SessionOpened Instance = new();
}

/// <summary>
/// Session or registry to handshake: the client does not get the session. The handshake sends the reason in CONNACK and closes.
/// </summary>
/// <param name="Reason">
/// The reason code: for example 0x85 for the session of another user, 0x8E when another connection took it over first.
/// </param>
/// <param name="Detail">More for the log; null for nothing.</param>
/// <param name="Connection">The connection of the client.</param>
internal sealed record SessionRefused(ReasonCode Reason, string? Detail, IActorRef Connection)
    : INoSerializationVerificationNeeded, IDeadLetterSuppression;
