using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Limits;

/// <summary>
/// The place of one connection in the server, from accept to its end. It belongs to whoever handles the connection: the handshake first, then the
/// session. Its owner disposes it when the connection has ended, once or more often; another thread may tell the handshake to give up.
/// </summary>
internal sealed class ConnectionPermit : IDisposable
{
    private readonly ConnectionGate _gate;
    private IActorRef? _handshake;
    private IActorRef? _connection;

    internal ConnectionPermit(ConnectionGate gate, ReasonCode verdict, AddressKey address, bool isExcess) =>
        (_gate, Verdict, Address, IsExcess) = (gate, verdict, address, isExcess);

    /// <summary>Success, or why the CONNECT of this connection will be refused.</summary>
    public ReasonCode Verdict { get; }

    /// <summary>Where the connection comes from.</summary>
    public AddressKey Address { get; }

    /// <summary>Whether there are more connections than <c>max-connections</c> without it.</summary>
    public bool IsExcess { get; }

    // The rest belongs to the gate and is used under its lock.
    internal PermitState State { get; set; }

    internal long PendingBytes { get; set; }

    internal LinkedListNode<ConnectionPermit>? Node { get; set; }

    /// <summary>Sets the actor that handles the connection until its client is accepted. It is told <see cref="Displaced"/> when others need the place.</summary>
    /// <param name="handshake">The actor that handles it.</param>
    /// <param name="connection">The connection, in whose name it is told.</param>
    public void Pending(IActorRef handshake, IActorRef connection) => (_handshake, _connection) = (handshake, connection);

    /// <summary>CONNECT has arrived: it is kept until its client is accepted or refused.</summary>
    /// <param name="bytes">What it costs.</param>
    /// <returns>Whether there is memory for it; if not, the client has to be refused.</returns>
    public bool TryHold(long bytes) => _gate.TryHold(this, bytes);

    /// <summary>The client is accepted: the connection is no longer pending.</summary>
    /// <param name="hasSession">Whether the client has a session already: then it is accepted whatever memory says, because its client receives what waits there.</param>
    /// <returns>Whether there is memory for another connection.</returns>
    public bool TryAccept(bool hasSession) => _gate.TryAccept(this, hasSession);

    /// <summary>Another connection needs the place of this one.</summary>
    internal void Displace() => _handshake?.Tell(Displaced.Instance, _connection);

    /// <summary>The connection has ended.</summary>
    public void Dispose() => _gate.End(this);

    internal enum PermitState
    {
        Pending,
        Accepted,
        Ended,
    }

    /// <summary>Sent by the gate to the handshake: it closes its connection, because another one needs the place.</summary>
    internal sealed class Displaced : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Displaced Instance = new();
    }
}
