using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Limits;

/// <summary>
/// The place of one connection in the server, from accept to its end. It belongs to the handler of the connection: first the handshake,
/// then the session. The handler disposes it when the connection has ended; repeated calls are allowed. Another thread may tell the
/// handshake to close the connection.
/// </summary>
internal sealed class ConnectionPermit : IDisposable
{
    private readonly ConnectionGate _gate;
    private IActorRef? _handshake;
    private IActorRef? _connection;

    internal ConnectionPermit(ConnectionGate gate, ReasonCode verdict, AddressKey address, bool isExcess) =>
        (_gate, Verdict, Address, IsExcess) = (gate, verdict, address, isExcess);

    /// <summary>Success, or the reason code with which the CONNECT of this connection will be refused.</summary>
    public ReasonCode Verdict { get; }

    /// <summary>The address of the peer.</summary>
    public AddressKey Address { get; }

    /// <summary>Whether the connection is one above <c>max-connections</c>.</summary>
    public bool IsExcess { get; }

    // The gate owns this and uses it under its lock.
    internal PermitState State { get; set; }

    internal long PendingBytes { get; set; }

    internal LinkedListNode<ConnectionPermit>? Node { get; set; }

    /// <summary>
    /// Sets the actor that handles the connection until its client is accepted. It receives <see cref="Displaced"/> when another
    /// connection needs the place.
    /// </summary>
    /// <param name="handshake">The actor.</param>
    /// <param name="connection">The connection, which is the sender of that message.</param>
    public void Pending(IActorRef handshake, IActorRef connection) => (_handshake, _connection) = (handshake, connection);

    /// <summary>Counts a received CONNECT, which stays in memory until its client is accepted or refused.</summary>
    /// <param name="bytes">Its size in memory.</param>
    /// <returns>Whether memory is available for it; if not, refuse the client.</returns>
    public bool TryHold(long bytes) => _gate.TryHold(this, bytes);

    /// <summary>Notes that the client is accepted: the connection is no longer pending.</summary>
    /// <param name="hasSession">
    /// Whether the client already has a session. If so, it is accepted even when memory is short, because it will receive the messages
    /// that wait in the session.
    /// </param>
    /// <returns>Whether memory is available for another connection.</returns>
    public bool TryAccept(bool hasSession) => _gate.TryAccept(this, hasSession);

    /// <summary>Asks the handshake to close this connection, because another one needs its place.</summary>
    internal void Displace() => _handshake?.Tell(Displaced.Instance, _connection);

    /// <summary>Notes that the connection has ended.</summary>
    public void Dispose() => _gate.End(this);

    internal enum PermitState
    {
        Pending,
        Accepted,
        Ended,
    }

    /// <summary>Sent by the gate to the handshake. The handshake closes its connection, because another one needs the place.</summary>
    internal sealed class Displaced : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Displaced Instance = new();
    }
}
