using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Security;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>What the registry of sessions and a session tell each other, and what administration asks of a session.</summary>
internal static class SessionProtocol
{
    /// <summary>Registry to session: serve this client. It takes over from the one before.</summary>
    /// <param name="Epoch">The epoch of the claim.</param>
    /// <param name="Request">The client.</param>
    internal sealed record Attach(long Epoch, OpenSession Request) : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        /// <summary>Set when the connection ended while the client waited. The session handles its CONNECT all the same, for what that changes.</summary>
        public ConnectionLost? Lost { get; init; }
    }

    /// <summary>To the registry: a message for the actor that holds the session. If there is none, an actor takes the session for that.</summary>
    /// <param name="Key">Which session.</param>
    /// <param name="Message">The message; null when its will or its expiry is due.</param>
    internal sealed record Ask(SessionKey Key, object? Message) : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        /// <summary>Another node gets the session.</summary>
        public void Refuse()
        {
            if (Message is Inspect inspect)
                inspect.ReplyTo.Tell(new MqttServer.ClientNotFound(inspect.ClientId));
            else if (Message is Evict evict)
                evict.ReplyTo.Tell(new MqttServer.ClientNotFound(evict.Command.ClientId));
        }
    }

    /// <summary>Registry to session: handle this, then park the session again.</summary>
    /// <param name="Epoch">The epoch of the claim.</param>
    /// <param name="Message">The message; null when will or expiry is due.</param>
    internal sealed record Asked(long Epoch, object? Message) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>Session to registry: no client is connected and the session is parked, or over; may its actor stop? If nobody has asked for it since, the
    /// registry sends <see cref="PoisonPill"/>.</summary>
    /// <param name="Key">Which session.</param>
    /// <param name="Epoch">The last epoch that the actor was given.</param>
    /// <param name="Due">When will or expiry is due, in milliseconds since the Unix epoch; <see cref="long.MaxValue"/> for never.</param>
    internal sealed record Retire(SessionKey Key, long Epoch, long Due) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>Registry to session: the server stops; publish the will of your client now, and answer <see cref="WillPublished"/>.</summary>
    internal sealed class PublishWill : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly PublishWill Instance = new();
    }

    /// <summary>Session to registry: the will is on its way to its subscribers, or there is none.</summary>
    internal sealed class WillPublished : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly WillPublished Instance = new();
    }

    /// <summary>To the registry, and on to the session: another node gets it. Ends the connection with 0x8E, and is answered <see cref="GivenUp"/>.</summary>
    /// <param name="Key">Which session.</param>
    /// <param name="User">The user name of the client that wants it; null for an anonymous one.</param>
    /// <param name="Discards">Whether the session is to end.</param>
    /// <param name="ReplyTo">Who is answered.</param>
    internal sealed record GiveUp(SessionKey Key, string? User, bool Discards, IActorRef ReplyTo) : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        /// <summary>Whether the other node gets it whoever wants it there: this node leaves. The other node lets only the user have it to whom it belongs.</summary>
        public bool IsForAnyUser { get; init; }
    }

    /// <summary>Answer to <see cref="GiveUp"/>: nobody is connected, and the session is parked, or over; or it belongs to another user.</summary>
    /// <param name="Request">What is answered.</param>
    /// <param name="How">What became of it.</param>
    internal sealed record GivenUp(GiveUp Request, Outcome How) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>How a session is given up.</summary>
    internal enum Outcome
    {
        /// <summary>It is parked, or over.</summary>
        Parked,

        /// <summary>It is another user's, and nothing has changed.</summary>
        OfOtherUser,

        /// <summary>It is durable, so it stays in the storage of this node, and nothing has changed.</summary>
        Durable,
    }

    /// <summary>To the registry: a connection was lost whose <see cref="OpenSession"/> has been told before.</summary>
    /// <param name="Lost">The connection.</param>
    internal sealed record LostBehind(ConnectionLost Lost) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>Report what you are.</summary>
    internal sealed record Inspect(string ClientId, IActorRef ReplyTo) : INoSerializationVerificationNeeded;

    /// <summary>End your connection, perhaps the session too.</summary>
    internal sealed record Evict(MqttServer.DisconnectClient Command, IActorRef ReplyTo) : INoSerializationVerificationNeeded;

    /// <summary>To a session: it is lost, because its database is damaged.</summary>
    /// <param name="Session">The identity of the session.</param>
    internal sealed record StorageLost(long Session) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>Memory is short: drop what waits, and end the connection.</summary>
    internal sealed record Relieve(ReasonCode Reason) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}

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
/// connection with the handshake as sender: so it comes only when the connection knows the session, and from it. The handshake ends.
/// </summary>
internal sealed class SessionOpened : IDeadLetterSuppression
{
    public static readonly SessionOpened Instance = new();
}

/// <summary>
/// Session or registry to handshake: the client does not get the session. The handshake says why in CONNACK and closes.
/// </summary>
/// <param name="Reason">What the client is told: 0x85 for the session of another user, 0x8E when another connection took it over first.</param>
/// <param name="Detail">More for the log; null for nothing.</param>
/// <param name="Connection">The connection of the client.</param>
internal sealed record SessionRefused(ReasonCode Reason, string? Detail, IActorRef Connection)
    : INoSerializationVerificationNeeded, IDeadLetterSuppression;
