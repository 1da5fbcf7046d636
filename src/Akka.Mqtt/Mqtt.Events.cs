using System.Net;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt;

public static partial class Mqtt
{
    /// <summary>The transport is up. Comes from the connection: tell it <see cref="Register"/> within <c>register-timeout</c>.</summary>
    /// <param name="Connection">The connection, which is also the sender.</param>
    /// <param name="Role">Our side of it.</param>
    /// <param name="Transport">Addresses, kind of transport, certificate of the peer.</param>
    public sealed record Connected(IActorRef Connection, MqttRole Role, TransportInfo Transport) : Event
    {
        /// <summary>Our address, where the transport has one.</summary>
        public EndPoint? LocalAddress => Transport.LocalAddress;

        /// <summary>The peer's address, where the transport has one.</summary>
        public EndPoint? RemoteAddress => Transport.RemoteAddress;

        /// <summary>The certificate that the peer presented, when the transport is TLS.</summary>
        public X509Certificate2? PeerCertificate => Transport.PeerCertificate;
    }

    /// <summary>A listener listens. Comes from the listener: tell it <see cref="Unbind"/> to stop.</summary>
    /// <param name="Listener">The listener, which is also the sender.</param>
    /// <param name="LocalAddress">Where it listens, with the port that the system picked.</param>
    public sealed record Bound(IActorRef Listener, EndPoint LocalAddress) : Event;

    /// <summary>A listener has stopped accepting.</summary>
    public sealed record Unbound : Event
    {
        /// <summary>The only one.</summary>
        public static Unbound Instance { get; } = new();
    }

    /// <summary>A command was not carried out: nothing of it has happened and the actor it was told to keeps working.</summary>
    /// <param name="Command">The command or packet, as it was told; its text where it could not travel back to another node.</param>
    /// <param name="Reason">Why, to decide on.</param>
    /// <param name="Message">Why, for people to read.</param>
    public sealed record CommandFailed(object Command, CommandFailure Reason, string Message) : Event
    {
        /// <summary>The reason code that the standard has for it, where a packet broke a rule.</summary>
        public ReasonCode? ReasonCode { get; init; }

        /// <summary>The exception behind it, where there is one; from another node one with the same texts.</summary>
        public Exception? Cause { get; init; }

        /// <summary>One line that says what failed and why, without a stack trace.</summary>
        /// <returns>The line.</returns>
        public override string ToString()
        {
            var code = ReasonCode is { } known ? $" ({known})" : "";
            var cause = Cause is null || Cause.Message == Message ? "" : $" Cause: {Cause.GetType().Name}: {Cause.Message}";
            return $"Mqtt.CommandFailed {Reason}{code}: {Message}{cause} Command: {Command}";
        }
    }

    /// <summary>Packets that arrived together, for a handler that takes batches.</summary>
    /// <param name="Packets">The packets, in order; at least one.</param>
    public sealed record Received(MqttList<MqttPacket> Packets) : Event;

    /// <summary>A PUBLISH whose payload is not valid in the <see cref="Register.PayloadEncoding"/> of the handler. The connection stays open.</summary>
    /// <param name="Packet">The packet, its payload as bytes.</param>
    public sealed record InvalidPayload(Publish Packet) : Event;

    /// <summary>
    /// The peer sends no more, but may still read. Only for handlers that registered with <see cref="Register.KeepOpenOnPeerClosed"/>: such a
    /// handler sends what it still has to send, then tells the connection <see cref="Close"/>.
    /// </summary>
    /// <param name="PacketsWait">
    /// False: all packets have been delivered. True, only with <see cref="MqttDelivery.Pull"/>: packets wait for <see cref="Request"/>; the event
    /// comes again with false when the last of them has been delivered.
    /// </param>
    public sealed record InboundClosed(bool PacketsWait) : Event;

    /// <summary>
    /// The connection has begun to close, and not by a command of ours: no more packets are delivered, and nothing can be sent. Only for handlers
    /// that registered with <see cref="Register.KeepOpenOnPeerClosed"/>. The event for the end follows as always.
    /// </summary>
    /// <param name="Closed">What will be told when the peer has closed too, or has let <c>close-timeout</c> pass.</param>
    public sealed record Closing(ConnectionClosed Closed) : Event;

    /// <summary>The connection has ended: exactly one of these comes, and nothing after it.</summary>
    public abstract record ConnectionClosed : Event, IDeadLetterSuppression
    {
        /// <summary>
        /// With <see cref="MqttDelivery.Pull"/>: packets that the connection had decoded and that the handler had not asked for, in order. A handler that
        /// would have handed the connection over by <see cref="Register"/> passes them on, so that nothing is lost when the end comes first. Only a
        /// handler in the process of the connection gets them. Default: empty.
        /// </summary>
        public MqttList<MqttPacket> Undelivered { get; init; }

        /// <inheritdoc/>
        protected override bool PrintMembers(System.Text.StringBuilder builder) => false; // packets of a peer do not belong into a log line
    }

    /// <summary>We closed, after everything queued was sent.</summary>
    public sealed record Closed : ConnectionClosed
    {
        /// <summary>The only one.</summary>
        public static Closed Instance { get; } = new();
    }

    /// <summary>We reset the connection.</summary>
    public sealed record Aborted : ConnectionClosed
    {
        /// <summary>The only one.</summary>
        public static Aborted Instance { get; } = new();
    }

    /// <summary>The peer closed.</summary>
    public sealed record PeerClosed : ConnectionClosed
    {
        /// <summary>The only one.</summary>
        public static PeerClosed Instance { get; } = new();
    }

    /// <summary>The connection ended on an error.</summary>
    /// <param name="Reason">What happened, to decide on.</param>
    /// <param name="Message">What happened, for people to read.</param>
    public sealed record ErrorClosed(CloseReason Reason, string Message) : ConnectionClosed
    {
        /// <summary>The reason code that the standard has for it; it went to the peer where the protocol version allows.</summary>
        public ReasonCode? ReasonCode { get; init; }

        /// <summary>The fixed header of the offending packet, where a packet was the cause.</summary>
        public FixedHeader? Header { get; init; }
    }
}
