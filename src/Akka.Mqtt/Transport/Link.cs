using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Transport;

/// <summary>
/// What a connection and its transport tell each other: the conversation of Akka.IO's <c>Tcp</c> in messages of ours, which carry plain memory. Akka.IO's own
/// connection actor is spoken to in its words by <see cref="AkkaIoPort"/>.
/// </summary>
internal static class Link
{
    internal abstract class Message : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>A message to a transport actor.</summary>
    internal abstract class Command : Message;

    /// <summary>Who handles the transport. Reading begins; without <paramref name="keepOpenOnPeerClosed"/> the end of the peer's half ends ours too.</summary>
    internal sealed class Register(IActorRef handler, bool keepOpenOnPeerClosed = false) : Command
    {
        public IActorRef Handler => handler;

        public bool KeepOpenOnPeerClosed => keepOpenOnPeerClosed;
    }

    /// <summary>Writes a chunk; the sender is told <paramref name="ack"/> when it is written, or <see cref="CommandFailed"/>.</summary>
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

    /// <summary>Ends the transport; <see cref="Event"/> is told when it has ended.</summary>
    internal abstract class CloseCommand(ConnectionClosed told) : Command
    {
        public ConnectionClosed Event => told;
    }

    /// <summary>Writes what is queued, then closes.</summary>
    internal sealed class Close() : CloseCommand(Closed.Instance)
    {
        public static readonly Close Instance = new();
    }

    /// <summary>Writes what is queued, ends our half, and closes when the peer has ended its own.</summary>
    internal sealed class ConfirmedClose() : CloseCommand(ConfirmedClosed.Instance)
    {
        public static readonly ConfirmedClose Instance = new();
    }

    /// <summary>Resets.</summary>
    internal sealed class Abort() : CloseCommand(Aborted.Instance)
    {
        public static readonly Abort Instance = new();
    }

    /// <summary>A message to a connection.</summary>
    internal abstract class Event : Message;

    /// <summary>Bytes arrived. Nobody writes to their memory any more.</summary>
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

    /// <summary>The peer has ended its half; ours is open when it was registered so.</summary>
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
