using System.IO.Pipelines;
using System.Net;
using System.Text;
using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Settings;
using Akka.Mqtt.Transport;

namespace Akka.Mqtt;

public static partial class Mqtt
{
    /// <summary>
    /// Sent to <c>Sys.Mqtt()</c>: dial. When the transport is open, including TLS and WebSocket handshakes, the connection answers <see cref="Connected"/>; otherwise
    /// the answer is <see cref="CommandFailed"/>. No MQTT packet is sent: the handler sends the first one.
    /// </summary>
    public sealed record Connect : Command, INoSerializationVerificationNeeded
    {
        /// <summary>Dials TCP, or TLS when <see cref="Tls"/> is set.</summary>
        /// <param name="host">A host name or an IP address.</param>
        /// <param name="port">The port, 1 to 65,535.</param>
        public Connect(string host, int port)
            : this(IPAddress.TryParse(host, out var address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port))
        {
        }

        /// <summary>Dials an end point.</summary>
        /// <param name="remoteAddress">
        /// An <see cref="IPEndPoint"/>, <see cref="DnsEndPoint"/>, <see cref="System.Net.Sockets.UnixDomainSocketEndPoint"/>, <see cref="NamedPipeEndPoint"/>, <see cref="InMemoryEndPoint"/> or <see cref="UriEndPoint"/> (WebSocket).
        /// </param>
        public Connect(EndPoint remoteAddress)
        {
            ArgumentNullException.ThrowIfNull(remoteAddress);
            RemoteAddress = remoteAddress;
        }

        /// <summary>
        /// Dials the address of a URI: <c>mqtt://host[:1883]</c>, <c>mqtts://host[:8883]</c>, <c>ws://host[:80]/path</c>, <c>wss://host[:443]/path</c>,
        /// <c>unix:///path/to/socket</c>, <c>pipe://./name</c>, <c>memory://name</c> (lower case, for an <see cref="InMemoryEndPoint"/> of the same actor system).
        /// </summary>
        /// <param name="uri">An absolute URI of one of these schemes; also <c>tcp</c> for mqtt, <c>ssl</c> and <c>tls</c> for mqtts.</param>
        /// <exception cref="ArgumentException">The scheme is not one of these.</exception>
        public Connect(Uri uri)
        {
            (RemoteAddress, var secure) = MqttUri.Parse(uri);
            if (secure)
                Tls = new TlsClientSettings();
        }

        /// <summary>The address to dial.</summary>
        public EndPoint RemoteAddress
        {
            get;
            init => field = value ?? throw new ArgumentNullException(nameof(RemoteAddress));
        }

        /// <summary>TLS settings; null for no TLS (a <c>wss</c> URI uses them too). Default: null.</summary>
        public TlsClientSettings? Tls { get; init; }

        /// <summary>The local address to use; null lets the operating system choose. Sockets only.</summary>
        public EndPoint? LocalAddress { get; init; }

        /// <summary>Options of the socket; TCP_NODELAY is always set. Default: all is left to the operating system.</summary>
        public MqttSocketOptions SocketOptions { get; init; } = MqttSocketOptions.Default;

        /// <summary>Time limit for dialling, including handshakes; null for <c>akka.mqtt.connection.dial-timeout</c>.</summary>
        public TimeSpan? Timeout { get; init => field = ArgumentRange.DurationOrOff(value, nameof(Timeout)); }

        /// <summary>Settings of this connection; null for <c>akka.mqtt.connection</c>.</summary>
        public MqttConnectionSettings? Settings { get; init; }

        /// <summary>Whether a managed client dials. Its connection does not watch it, which costs some 500 bytes, but ends with it: see ClientAttempt.Open.</summary>
        internal bool IsOfManagedClient { get; init; }

        /// <inheritdoc/>
        public override string ToString() => $"Mqtt.Connect {EndPoints.Show(RemoteAddress)}{(Tls is null ? "" : " (TLS)")}";
    }

    /// <summary>
    /// Sent to <c>Sys.Mqtt()</c>: listen. The answer is <see cref="Bound"/> from the listener, or <see cref="CommandFailed"/>. For each accepted client the handler
    /// then receives <see cref="Connected"/>, with its connection as sender.
    /// </summary>
    public sealed record Bind : Command, INoSerializationVerificationNeeded
    {
        /// <summary>Listens on an end point.</summary>
        /// <param name="handler">The actor that receives <see cref="Connected"/> for each accepted client.</param>
        /// <param name="localAddress">
        /// An <see cref="IPEndPoint"/> (with port 0 the operating system chooses), <see cref="System.Net.Sockets.UnixDomainSocketEndPoint"/>,
        /// <see cref="NamedPipeEndPoint"/> or <see cref="InMemoryEndPoint"/>. For WebSocket listeners see <c>Akka.Mqtt.AspNetCore</c>.
        /// </param>
        public Bind(IActorRef handler, EndPoint localAddress)
        {
            ArgumentNullException.ThrowIfNull(handler);
            ArgumentNullException.ThrowIfNull(localAddress);
            Handler = handler;
            LocalAddress = localAddress;
        }

        /// <summary>The actor that receives <see cref="Connected"/> for each accepted client. The listener stops when this actor stops.</summary>
        public IActorRef Handler
        {
            get;
            init => field = value ?? throw new ArgumentNullException(nameof(Handler));
        }

        /// <summary>The address to listen on.</summary>
        public EndPoint LocalAddress
        {
            get;
            init => field = value ?? throw new ArgumentNullException(nameof(LocalAddress));
        }

        /// <summary>TLS settings; null for no TLS.</summary>
        public TlsServerSettings? Tls { get; init; }

        /// <summary>How many connections the operating system may queue before they are accepted. Default: 1,024.</summary>
        public int Backlog
        {
            get;
            init => field = ArgumentRange.AtLeastOne(value, nameof(Backlog));
        } = 1024;

        /// <summary>Options of the socket; TCP_NODELAY is always set. Default: all is left to the operating system.</summary>
        public MqttSocketOptions SocketOptions { get; init; } = MqttSocketOptions.Default;

        /// <summary>Settings of the accepted connections; null for <c>akka.mqtt.connection</c>.</summary>
        public MqttConnectionSettings? Settings { get; init; }

        /// <summary>
        /// Whether clients are accepted as soon as the listener is bound. If false, connections wait in the backlog of the operating system until the listener receives
        /// <see cref="StartAccepting"/>, so that several listeners can open together. Default: true.
        /// </summary>
        public bool AcceptsAtOnce { get; init; } = true;

        /// <inheritdoc/>
        public override string ToString() => $"Mqtt.Bind {EndPoints.Show(LocalAddress)}{(Tls is null ? "" : " (TLS)")}";
    }

    /// <summary>
    /// Sent to a listener that was bound with <see cref="Bind.AcceptsAtOnce"/> = false: accept clients from now on. A listener that already accepts ignores it.
    /// </summary>
    public sealed record StartAccepting : Command
    {
        /// <summary>The shared instance: the command has no parameters.</summary>
        public static StartAccepting Instance { get; } = new();
    }

    /// <summary>
    /// Sent to a listener: stop accepting. The answer is <see cref="Unbound"/>. Accepted connections stay open; the listener actor stops when the last of them has
    /// ended.
    /// </summary>
    public sealed record Unbind : Command, IDeadLetterSuppression
    {
        /// <summary>The shared instance: the command has no parameters.</summary>
        public static Unbind Instance { get; } = new();
    }

    /// <summary>
    /// Sent to <c>Sys.Mqtt()</c>: create a connection from a stream or pipe that is already open. The answer is <see cref="Connected"/>. The connection owns the stream
    /// and closes it.
    /// </summary>
    public sealed record Attach : Command, INoSerializationVerificationNeeded
    {
        /// <summary>Attaches a stream.</summary>
        /// <param name="stream">A readable and writable stream.</param>
        /// <param name="role">Our side: a client sends CONNECT, a server receives it.</param>
        public Attach(Stream stream, MqttRole role)
        {
            ArgumentNullException.ThrowIfNull(stream);
            Stream = stream;
            Role = role;
        }

        /// <summary>Attaches a pipe.</summary>
        /// <param name="pipe">The pipe.</param>
        /// <param name="role">Our side: a client sends CONNECT, a server receives it.</param>
        public Attach(IDuplexPipe pipe, MqttRole role)
            : this(new DuplexPipeStream(pipe), role)
        {
        }

        /// <summary>The stream.</summary>
        public Stream Stream { get; }

        /// <summary>Our side.</summary>
        public MqttRole Role { get; }

        /// <summary>Completes with the connection as soon as it is started.</summary>
        internal TaskCompletionSource<IActorRef>? Started { get; init; }

        /// <summary>The transport information for <see cref="Connected"/>. Default: a stream without addresses.</summary>
        public TransportInfo Transport { get; init; } = new(MqttTransport.Stream);

        /// <summary>Settings of this connection; null for <c>akka.mqtt.connection</c>.</summary>
        public MqttConnectionSettings? Settings { get; init; }
    }

    /// <summary>
    /// Sent to a connection: set its handler and start reading. Without this command nothing is read, and the connection ends after
    /// <c>register-timeout</c>. If the handler stops, the connection closes. When the connection ends, the handler receives one event.
    /// <para>
    /// The handler may register another one, or itself with another delivery. It must be the sender of this command, and must not stop
    /// before the connection has received it. Packets that were decoded and not yet delivered go to the new handler, in order. Delivery,
    /// encoding and demand are those of the new registration, and a suspension of reading ends. The old handler receives nothing more and
    /// may stop.
    /// </para>
    /// </summary>
    public sealed record Register : Command
    {
        /// <summary>Registers a handler that receives one message per packet.</summary>
        /// <param name="handler">The actor that receives packets and events, with the connection as sender.</param>
        public Register(IActorRef handler)
        {
            ArgumentNullException.ThrowIfNull(handler);
            Handler = handler;
        }

        /// <summary>The actor that receives packets and events.</summary>
        public IActorRef Handler
        {
            get;
            init => field = value ?? throw new ArgumentNullException(nameof(Handler));
        }

        /// <summary>How packets are delivered. Default: one message per packet.</summary>
        public MqttDelivery Delivery { get; init; } = MqttDelivery.EachPacket;

        /// <summary>
        /// When set, each PUBLISH arrives as a <see cref="TextPublish"/> with its payload decoded. A payload that is not valid in this encoding arrives as
        /// <see cref="InvalidPayload"/>. Default: null, payloads stay bytes.
        /// </summary>
        public Encoding? PayloadEncoding { get; init; }

        /// <summary>
        /// Whether the connection stays open for writing when the peer has closed its half. The handler is then notified when the end begins.
        /// <see cref="InboundClosed"/>: the peer sends no more; the handler sends its answers and then <see cref="Close"/>. <see cref="Closing"/>: the connection
        /// closes for another reason. Default: false, the connection closes when all packets have been delivered.
        /// </summary>
        public bool KeepOpenOnPeerClosed { get; init; }

        /// <summary>A message for the sender when the handler is registered: from then on all packets and events go to that handler. Default: null, none.</summary>
        public object? Ack { get; init; }

        /// <summary>
        /// Whether the handler sends <see cref="HandlerEnded"/> to the connection when it stops. If so, the connection does not watch it, which saves some 500 bytes.
        /// </summary>
        internal bool TellsItsEnd { get; init; }

        /// <summary>Whether the handler logs why the connection ended. If so, the connection logs it at level DEBUG only, unless our own code has failed.</summary>
        internal bool LogsTheEnd { get; init; }
    }

    /// <summary>Sent to a connection whose delivery is <see cref="MqttDelivery.Pull"/>: deliver more packets.</summary>
    /// <param name="Count">How many more, at least 1; requests add up.</param>
    public sealed record Request(int Count) : Command;

    /// <summary>
    /// Sent to a connection: deliver no more packets. Packets that are on the way still arrive. Then reading stops, and the flow control of TCP stops the peer.
    /// Meanwhile its keep-alive time does not run. Not for <see cref="MqttDelivery.Pull"/>.
    /// </summary>
    public sealed record SuspendReading : Command
    {
        /// <summary>The shared instance: the command has no parameters.</summary>
        public static SuspendReading Instance { get; } = new();
    }

    /// <summary>Sent to a connection: deliver packets again.</summary>
    public sealed record ResumeReading : Command
    {
        /// <summary>The shared instance: the command has no parameters.</summary>
        public static ResumeReading Instance { get; } = new();
    }

    /// <summary>
    /// Sent to a connection: send a packet, and send <see cref="Ack"/> to the sender when the transport has accepted it. Sending the bare packet to the connection does
    /// the same without an acknowledgement. The answer is <see cref="CommandFailed"/> if the packet is not valid, is not allowed now, or the write queue is full. The
    /// connection then stays open and nothing was written.
    /// </summary>
    public sealed record Write : Command
    {
        /// <summary>Sends a packet.</summary>
        /// <param name="packet">The packet.</param>
        /// <param name="ack">A message for the sender when the transport has accepted the packet; null for none.</param>
        public Write(MqttPacket packet, object? ack = null)
        {
            ArgumentNullException.ThrowIfNull(packet);
            Packet = packet;
            Ack = ack;
        }

        /// <summary>The packet.</summary>
        public MqttPacket Packet { get; }

        /// <summary>A message for the sender when the transport has accepted the packet; null for none.</summary>
        public object? Ack { get; }
    }

    /// <summary>
    /// Sent to a connection: send packets together, in order: either all of them, or none and <see cref="CommandFailed"/>. The fastest way to send many.
    /// </summary>
    public sealed record WriteBatch : Command
    {
        /// <summary>Sends packets.</summary>
        /// <param name="packets">The packets, in order.</param>
        /// <param name="ack">A message for the sender when the transport has accepted the last packet; null for none.</param>
        public WriteBatch(MqttList<MqttPacket> packets, object? ack = null)
        {
            Packets = packets;
            Ack = ack;
        }

        /// <summary>The packets, in order.</summary>
        public MqttList<MqttPacket> Packets { get; }

        /// <summary>A message for the sender when the transport has accepted the last packet; null for none.</summary>
        public object? Ack { get; init; }

        /// <summary>The bytes of this batch, shared by all copies with another <see cref="Ack"/>.</summary>
        internal SharedEncoding? Shared { get; init; }

        /// <summary>
        /// A batch that is sent to many connections: its packets are encoded once for each protocol version, not once for each connection. For PUBLISH packets of QoS
        /// 0; with other packets it is an ordinary batch.
        /// </summary>
        /// <param name="packets">The packets, in order.</param>
        /// <returns>The batch; <c>batch with { Ack = … }</c> shares its encoding.</returns>
        public static WriteBatch ForMany(MqttList<MqttPacket> packets) => new(packets) { Shared = new SharedEncoding() };
    }

    /// <summary>Sent to a connection: send what is queued, then close. The answer is <see cref="Closed"/>.</summary>
    public sealed record Close : Command, IDeadLetterSuppression
    {
        /// <summary>The shared instance: the command has no parameters.</summary>
        public static Close Instance { get; } = new();
    }

    /// <summary>Sent to a connection: reset at once and drop what is queued. The answer is <see cref="Aborted"/>.</summary>
    public sealed record Abort : Command, IDeadLetterSuppression
    {
        /// <summary>The shared instance: the command has no parameters.</summary>
        public static Abort Instance { get; } = new();
    }
}
