using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Transport;

/// <summary>
/// The messages between a connection and its transport: those of Akka.IO's <c>Tcp</c>, but as types of ours with plain memory.
/// <see cref="AkkaIoPort"/> translates for the connection actor of Akka.IO.
/// </summary>
internal static class Link
{
    internal abstract class Message : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>A message to a transport actor.</summary>
    internal abstract class Command : Message;

    /// <summary>
    /// Sets the handler of the transport and starts reading. Without <paramref name="keepOpenOnPeerClosed"/>, the transport closes when
    /// the peer has closed its half.
    /// </summary>
    internal sealed class Register(IActorRef handler, bool keepOpenOnPeerClosed = false) : Command
    {
        public IActorRef Handler => handler;

        public bool KeepOpenOnPeerClosed => keepOpenOnPeerClosed;
    }

    /// <summary>Writes a chunk. The sender gets <paramref name="ack"/> when it is written, or <see cref="CommandFailed"/>.</summary>
    internal sealed class Write(OutgoingChunk chunk, object? ack) : Command
    {
        public OutgoingChunk Chunk => chunk;

        public object? Ack => ack;
    }

    internal sealed class SuspendReading : Command
    {
        public static readonly SuspendReading Instance = new();
    }

    internal sealed class ResumeReading : Command
    {
        public static readonly ResumeReading Instance = new();
    }

    /// <summary>Closes the transport; the event is sent when it has closed.</summary>
    internal abstract class CloseCommand(ConnectionClosed told) : Command
    {
        public ConnectionClosed Event => told;
    }

    /// <summary>Writes what is queued, then closes.</summary>
    internal sealed class Close() : CloseCommand(Closed.Instance)
    {
        public static readonly Close Instance = new();
    }

    /// <summary>Writes what is queued, closes our half, and closes completely when the peer has closed its half.</summary>
    internal sealed class ConfirmedClose() : CloseCommand(ConfirmedClosed.Instance)
    {
        public static readonly ConfirmedClose Instance = new();
    }

    /// <summary>Resets the transport.</summary>
    internal sealed class Abort() : CloseCommand(Aborted.Instance)
    {
        public static readonly Abort Instance = new();
    }

    /// <summary>A message to a connection.</summary>
    internal abstract class Event : Message;

    /// <summary>Bytes were received. Their memory is never written again.</summary>
    internal sealed class Received(ReadOnlyMemory<byte> bytes) : Event
    {
        public ReadOnlyMemory<byte> Bytes => bytes;
    }

    /// <summary>A write failed.</summary>
    internal sealed class CommandFailed(Command command, Exception cause) : Event
    {
        public Command Command => command;

        public Exception Cause => cause;
    }

    internal abstract class ConnectionClosed : Event;

    internal sealed class Closed : ConnectionClosed
    {
        public static readonly Closed Instance = new();
    }

    internal sealed class ConfirmedClosed : ConnectionClosed
    {
        public static readonly ConfirmedClosed Instance = new();
    }

    internal sealed class Aborted : ConnectionClosed
    {
        public static readonly Aborted Instance = new();
    }

    /// <summary>The peer has closed its half; ours stays open if the registration requested it.</summary>
    internal sealed class PeerClosed : ConnectionClosed
    {
        public static readonly PeerClosed Instance = new();
    }

    /// <summary>The transport failed.</summary>
    internal sealed class ErrorClosed(string cause) : ConnectionClosed
    {
        public string Cause => cause;
    }
}
