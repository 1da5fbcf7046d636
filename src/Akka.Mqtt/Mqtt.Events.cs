using System.Net;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt;

public static partial class Mqtt
{
    /// <summary>The transport is open. Sent by the connection: answer with <see cref="Register"/> within <c>register-timeout</c>.</summary>
    /// <param name="Connection">The connection, which is also the sender.</param>
    /// <param name="Role">Whether this side is the client or the server.</param>
    /// <param name="Transport">Addresses, kind of transport and certificate of the peer.</param>
    public sealed record Connected(IActorRef Connection, MqttRole Role, TransportInfo Transport) : Event
    {
        /// <summary>Our address; null when the transport has none.</summary>
        public EndPoint? LocalAddress => Transport.LocalAddress;

        /// <summary>The peer's address; null when the transport has none.</summary>
        public EndPoint? RemoteAddress => Transport.RemoteAddress;

        /// <summary>The certificate that the peer presented, when the transport is TLS.</summary>
        public X509Certificate2? PeerCertificate => Transport.PeerCertificate;
    }

    /// <summary>A listener is open. Sent by the listener: send it <see cref="Unbind"/> to stop.</summary>
    /// <param name="Listener">The listener, which is also the sender.</param>
    /// <param name="LocalAddress">The address on which it listens, with the port that the operating system chose.</param>
    public sealed record Bound(IActorRef Listener, EndPoint LocalAddress) : Event;

    /// <summary>A listener has stopped accepting.</summary>
    public sealed record Unbound : Event
    {
        /// <summary>The shared instance.</summary>
        public static Unbound Instance { get; } = new();
    }

    /// <summary>A command failed. It had no effect, and the actor that received it continues.</summary>
    /// <param name="Command">The command or packet; its text when it could not be sent back to another node.</param>
    /// <param name="Reason">The reason, for code.</param>
    /// <param name="Message">The reason, as text.</param>
    public sealed record CommandFailed(object Command, CommandFailure Reason, string Message) : Event
    {
        /// <summary>The reason code of the standard, if a packet violated a rule.</summary>
        public ReasonCode? ReasonCode { get; init; }

        /// <summary>The exception that caused it; from another node an exception with the same texts. Null for none.</summary>
        public Exception? Cause { get; init; }

        /// <summary>One line with what failed and why, without a stack trace.</summary>
        /// <returns>The line.</returns>
        public override string ToString()
        {
            var code = ReasonCode is { } known ? $" ({known})" : "";
            var cause = Cause is null || Cause.Message == Message ? "" : $" Cause: {Cause.GetType().Name}: {Cause.Message}";
            return $"Mqtt.CommandFailed {Reason}{code}: {Message}{cause} Command: {Command}";
        }
    }

    /// <summary>Packets that arrived together, for a handler with delivery in batches.</summary>
    /// <param name="Packets">The packets, in order; at least one.</param>
    public sealed record Received(MqttList<MqttPacket> Packets) : Event;

    /// <summary>A PUBLISH whose payload is not valid in the <see cref="Register.PayloadEncoding"/> of the handler. The connection stays open.</summary>
    /// <param name="Packet">The packet, its payload as bytes.</param>
    public sealed record InvalidPayload(Publish Packet) : Event;

    /// <summary>
    /// The peer sends no more, but may still read. Only for handlers that registered with <see cref="Register.KeepOpenOnPeerClosed"/>: the handler sends its remaining
    /// packets and then <see cref="Close"/>.
    /// </summary>
    /// <param name="PacketsWait">
    /// False: all packets have been delivered. True, only with <see cref="MqttDelivery.Pull"/>: packets wait for <see cref="Request"/>.
    /// The event is sent again with false when the last of them has been delivered.
    /// </param>
    public sealed record InboundClosed(bool PacketsWait) : Event;

    /// <summary>
    /// The connection has begun to close without a command of ours. No more packets are delivered, and nothing can be sent. Only for handlers that registered with
    /// <see cref="Register.KeepOpenOnPeerClosed"/>. The event of the end follows.
    /// </summary>
    /// <param name="Closed">The event that follows when the peer has closed too, or <c>close-timeout</c> has passed.</param>
    public sealed record Closing(ConnectionClosed Closed) : Event;

    /// <summary>The connection has ended. Exactly one of these events is sent, and nothing after it.</summary>
    public abstract record ConnectionClosed : Event, IDeadLetterSuppression
    {
        /// <summary>
        /// With <see cref="MqttDelivery.Pull"/>: decoded packets that the handler had not requested, in order. A handler that would have handed the connection over
        /// with <see cref="Register"/> can pass them on, so that nothing is lost when the connection ends first. Only a handler in the process of the connection
        /// receives them. Default: empty.
        /// </summary>
        public MqttList<MqttPacket> Undelivered { get; init; }

        /// <inheritdoc/>
        protected override bool PrintMembers(System.Text.StringBuilder builder) => false; // packets of a peer do not belong into a log line
    }

    /// <summary>This side closed the connection, after everything queued was sent.</summary>
    public sealed record Closed : ConnectionClosed
    {
        /// <summary>The shared instance.</summary>
        public static Closed Instance { get; } = new();
    }

    /// <summary>This side reset the connection.</summary>
    public sealed record Aborted : ConnectionClosed
    {
        /// <summary>The shared instance.</summary>
        public static Aborted Instance { get; } = new();
    }

    /// <summary>The peer closed the connection.</summary>
    public sealed record PeerClosed : ConnectionClosed
    {
        /// <summary>The shared instance.</summary>
        public static PeerClosed Instance { get; } = new();
    }

    /// <summary>The connection ended with an error.</summary>
    /// <param name="Reason">The reason, for code.</param>
    /// <param name="Message">The reason, as text.</param>
    public sealed record ErrorClosed(CloseReason Reason, string Message) : ConnectionClosed
    {
        /// <summary>The reason code of the standard. It was sent to the peer if the protocol version allows.</summary>
        public ReasonCode? ReasonCode { get; init; }

        /// <summary>The fixed header of the invalid packet; null when no packet was the cause.</summary>
        public FixedHeader? Header { get; init; }
    }
}
