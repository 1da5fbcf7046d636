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
    /// Told to <c>Sys.Mqtt()</c>: dial. Answered by <see cref="Connected"/> from the connection when the transport is up (TLS and WebSocket
    /// handshakes included), or by <see cref="CommandFailed"/>. Nothing of MQTT is sent: the first packet is yours.
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
        /// An <see cref="IPEndPoint"/>, <see cref="DnsEndPoint"/>, <see cref="System.Net.Sockets.UnixDomainSocketEndPoint"/>,
        /// <see cref="NamedPipeEndPoint"/>, <see cref="InMemoryEndPoint"/> or <see cref="UriEndPoint"/> (WebSocket).
        /// </param>
        public Connect(EndPoint remoteAddress)
        {
            ArgumentNullException.ThrowIfNull(remoteAddress);
            RemoteAddress = remoteAddress;
        }

        /// <summary>
        /// Dials what a URI names: <c>mqtt://host[:1883]</c>, <c>mqtts://host[:8883]</c>, <c>ws://host[:80]/path</c>,
        /// <c>wss://host[:443]/path</c>, <c>unix:///path/to/socket</c>, <c>pipe://./name</c>, <c>memory://name</c> (lower case, for an <see cref="InMemoryEndPoint"/> of the same actor system).
        /// </summary>
        /// <param name="uri">An absolute URI of one of these schemes; also <c>tcp</c> for mqtt, <c>ssl</c> and <c>tls</c> for mqtts.</param>
        /// <exception cref="ArgumentException">The scheme is not one of these.</exception>
        public Connect(Uri uri)
        {
            (RemoteAddress, var secure) = MqttUri.Parse(uri);
            if (secure)
                Tls = new TlsClientSettings();
        }

        /// <summary>Where to.</summary>
        public EndPoint RemoteAddress
        {
            get;
            init => field = value ?? throw new ArgumentNullException(nameof(RemoteAddress));
        }

        /// <summary>TLS settings; null for no TLS (a <c>wss</c> URI uses them too). Default: null.</summary>
        public TlsClientSettings? Tls { get; init; }

        /// <summary>The local address to bind first; null lets the system choose. Sockets only.</summary>
        public EndPoint? LocalAddress { get; init; }

        /// <summary>Options of the socket; TCP_NODELAY is always set. Default: all is left to the operating system.</summary>
        public MqttSocketOptions SocketOptions { get; init; } = MqttSocketOptions.Default;

        /// <summary>How long dialling may take, handshakes included; null takes <c>akka.mqtt.connection.dial-timeout</c>.</summary>
        public TimeSpan? Timeout { get; init => field = ArgumentRange.DurationOrOff(value, nameof(Timeout)); }

        /// <summary>Settings of this connection; null takes <c>akka.mqtt.connection</c>.</summary>
        public MqttConnectionSettings? Settings { get; init; }

        /// <inheritdoc/>
        public override string ToString() => $"Mqtt.Connect {EndPoints.Show(RemoteAddress)}{(Tls is null ? "" : " (TLS)")}";
    }

    /// <summary>
    /// Told to <c>Sys.Mqtt()</c>: listen. Answered by <see cref="Bound"/> from the listener, or by <see cref="CommandFailed"/>. Each accepted
    /// client then comes to the handler as <see cref="Connected"/>, with its connection as sender.
    /// </summary>
    public sealed record Bind : Command, INoSerializationVerificationNeeded
    {
        /// <summary>Listens on an end point.</summary>
        /// <param name="handler">Who gets a <see cref="Connected"/> for each accepted client.</param>
        /// <param name="localAddress">
        /// An <see cref="IPEndPoint"/> (port 0 lets the system pick), <see cref="System.Net.Sockets.UnixDomainSocketEndPoint"/>,
        /// <see cref="NamedPipeEndPoint"/> or <see cref="InMemoryEndPoint"/>. WebSocket listeners are Kestrel's: <c>Akka.Mqtt.AspNetCore</c>.
        /// </param>
        public Bind(IActorRef handler, EndPoint localAddress)
        {
            ArgumentNullException.ThrowIfNull(handler);
            ArgumentNullException.ThrowIfNull(localAddress);
            Handler = handler;
            LocalAddress = localAddress;
        }

        /// <summary>Who gets a <see cref="Connected"/> for each accepted client. The listener stops when it dies.</summary>
        public IActorRef Handler
        {
            get;
            init => field = value ?? throw new ArgumentNullException(nameof(Handler));
        }

        /// <summary>Where to listen.</summary>
        public EndPoint LocalAddress
        {
            get;
            init => field = value ?? throw new ArgumentNullException(nameof(LocalAddress));
        }

        /// <summary>TLS settings; null for no TLS.</summary>
        public TlsServerSettings? Tls { get; init; }

        /// <summary>How many connections the system may hold for us before they are accepted. Default: 1,024.</summary>
        public int Backlog
        {
            get;
            init => field = ArgumentRange.AtLeastOne(value, nameof(Backlog));
        } = 1024;

        /// <summary>Options of the socket; TCP_NODELAY is always set. Default: all is left to the operating system.</summary>
        public MqttSocketOptions SocketOptions { get; init; } = MqttSocketOptions.Default;

        /// <summary>Settings of the accepted connections; null takes <c>akka.mqtt.connection</c>.</summary>
        public MqttConnectionSettings? Settings { get; init; }

        /// <summary>
        /// Whether clients are accepted as soon as the listener is bound. False: the system takes their connections, and they wait in the backlog
        /// until the listener is told <see cref="StartAccepting"/>; so several listeners can open together. Default: true.
        /// </summary>
        public bool AcceptsAtOnce { get; init; } = true;

        /// <inheritdoc/>
        public override string ToString() => $"Mqtt.Bind {EndPoints.Show(LocalAddress)}{(Tls is null ? "" : " (TLS)")}";
    }

    /// <summary>
    /// Told to a listener that was bound without <see cref="Bind.AcceptsAtOnce"/>: accept clients from now on. A listener that accepts already
    /// ignores it.
    /// </summary>
    public sealed record StartAccepting : Command
    {
        /// <summary>The shared instance: the command has no parameters.</summary>
        public static StartAccepting Instance { get; } = new();
    }

    /// <summary>
    /// Told to a listener: stop accepting. Answered by <see cref="Unbound"/>. Accepted connections stay open; the listener actor stops when
    /// the last of them has ended.
    /// </summary>
    public sealed record Unbind : Command, IDeadLetterSuppression
    {
        /// <summary>The shared instance: the command has no parameters.</summary>
        public static Unbind Instance { get; } = new();
    }

    /// <summary>
    /// Told to <c>Sys.Mqtt()</c>: make a connection of any stream or pipe that is already open. Answered by <see cref="Connected"/>. The
    /// connection owns it and closes it.
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

        /// <summary>Ends with the connection as soon as there is one.</summary>
        internal TaskCompletionSource<IActorRef>? Started { get; init; }

        /// <summary>What <see cref="Connected"/> is to tell of the stream. Default: a stream without addresses.</summary>
        public TransportInfo Transport { get; init; } = new(MqttTransport.Stream);

        /// <summary>Settings of this connection; null takes <c>akka.mqtt.connection</c>.</summary>
        public MqttConnectionSettings? Settings { get; init; }
    }

    /// <summary>
    /// Told to a connection: sets its handler. Reading starts now. Without this command nothing is read, and the connection ends after
    /// <c>register-timeout</c>. If the handler stops, the connection closes. When the connection ends, the handler is told once.
    /// <para>
    /// The handler may register another one, or itself with another delivery: then it must be the sender of this command, and alive until the
    /// connection has got it. Packets that were decoded and not yet delivered go to the new handler, in order. Delivery, encoding and demand are
    /// those of the new registration, and a suspension of reading ends. The old handler gets nothing more and may stop.
    /// </para>
    /// </summary>
    public sealed record Register : Command
    {
        /// <summary>Registers a handler that gets one message per packet.</summary>
        /// <param name="handler">The actor that gets packets and events, with the connection as sender.</param>
        public Register(IActorRef handler)
        {
            ArgumentNullException.ThrowIfNull(handler);
            Handler = handler;
        }

        /// <summary>The actor that gets packets and events.</summary>
        public IActorRef Handler
        {
            get;
            init => field = value ?? throw new ArgumentNullException(nameof(Handler));
        }

        /// <summary>How packets are delivered. Default: one message per packet.</summary>
        public MqttDelivery Delivery { get; init; } = MqttDelivery.EachPacket;

        /// <summary>
        /// When set, each PUBLISH arrives as a <see cref="TextPublish"/> with its payload decoded; a payload that is not valid in this
        /// encoding arrives as <see cref="InvalidPayload"/>. Default: null, payloads stay bytes.
        /// </summary>
        public Encoding? PayloadEncoding { get; init; }

        /// <summary>
        /// Whether the connection stays open for writing when the peer has closed its half. The handler is then told when the end begins:
        /// <see cref="InboundClosed"/> when the peer sends no more, after which the handler must tell <see cref="Close"/> when it has sent its
        /// answers; <see cref="Closing"/> when the connection closes for another reason. Default: false, the connection closes when all packets
        /// have been delivered.
        /// </summary>
        public bool KeepOpenOnPeerClosed { get; init; }

        /// <summary>Sent to the sender when the handler is registered: from then on all packets and events go to that handler. Default: null, nothing.</summary>
        public object? Ack { get; init; }

        /// <summary>Whether the handler tells the connection <see cref="HandlerEnded"/> when it stops. Then it is not watched, which costs some 500 bytes.</summary>
        internal bool TellsItsEnd { get; init; }

        /// <summary>Whether the handler logs why the connection ended. Then the connection logs it at level DEBUG only, unless it is a fault of our own.</summary>
        internal bool LogsTheEnd { get; init; }
    }

    /// <summary>Told to a connection whose delivery is <see cref="MqttDelivery.Pull"/>: deliver that many more packets.</summary>
    /// <param name="Count">How many more, at least 1; requests add up.</param>
    public sealed record Request(int Count) : Command;

    /// <summary>
    /// Told to a connection: deliver no more packets. What is on the way still arrives; then reading stops, and the flow control of TCP
    /// stops the peer. Its keep-alive time does not run meanwhile. Not with <see cref="MqttDelivery.Pull"/>.
    /// </summary>
    public sealed record SuspendReading : Command
    {
        /// <summary>The shared instance: the command has no parameters.</summary>
        public static SuspendReading Instance { get; } = new();
    }

    /// <summary>Told to a connection: deliver packets again.</summary>
    public sealed record ResumeReading : Command
    {
        /// <summary>The shared instance: the command has no parameters.</summary>
        public static ResumeReading Instance { get; } = new();
    }

    /// <summary>
    /// Told to a connection: send a packet, and tell the sender <see cref="Ack"/> when it has been handed to the transport. Telling the bare packet
    /// does the same without an acknowledgement. Answered by <see cref="CommandFailed"/> if the packet is not valid, comes at the wrong
    /// time, or finds the write queue full; the connection stays open and nothing was written.
    /// </summary>
    public sealed record Write : Command
    {
        /// <summary>Sends a packet.</summary>
        /// <param name="packet">The packet.</param>
        /// <param name="ack">What to tell the sender when the packet has been handed to the transport; null for nothing.</param>
        public Write(MqttPacket packet, object? ack = null)
        {
            ArgumentNullException.ThrowIfNull(packet);
            Packet = packet;
            Ack = ack;
        }

        /// <summary>The packet.</summary>
        public MqttPacket Packet { get; }

        /// <summary>What to tell the sender when the packet has been handed to the transport; null for nothing.</summary>
        public object? Ack { get; }
    }

    /// <summary>
    /// Told to a connection: send packets in one go, in order: all of them, or none and <see cref="CommandFailed"/>. The cheapest way to
    /// send many.
    /// </summary>
    public sealed record WriteBatch : Command
    {
        /// <summary>Sends packets.</summary>
        /// <param name="packets">The packets, in order.</param>
        /// <param name="ack">What to tell the sender when the last has been handed to the transport; null for nothing.</param>
        public WriteBatch(MqttList<MqttPacket> packets, object? ack = null)
        {
            Packets = packets;
            Ack = ack;
        }

        /// <summary>The packets, in order.</summary>
        public MqttList<MqttPacket> Packets { get; }

        /// <summary>What to tell the sender when the last packet has been handed to the transport; null for nothing.</summary>
        public object? Ack { get; init; }

        /// <summary>The bytes of this batch, for all that are told it or a copy with another <see cref="Ack"/>.</summary>
        internal SharedEncoding? Shared { get; init; }

        /// <summary>
        /// A batch to be told to many connections: its messages are encoded once for each protocol version, not once for each connection. For
        /// PUBLISH packets of QoS 0; with other packets it is a batch like others.
        /// </summary>
        /// <param name="packets">The packets, in order.</param>
        /// <returns>The batch; <c>batch with { Ack = … }</c> shares its encoding.</returns>
        public static WriteBatch ForMany(MqttList<MqttPacket> packets) => new(packets) { Shared = new SharedEncoding() };
    }

    /// <summary>Told to a connection: send what is queued, then close. Answered by <see cref="Closed"/>.</summary>
    public sealed record Close : Command, IDeadLetterSuppression
    {
        /// <summary>The shared instance: the command has no parameters.</summary>
        public static Close Instance { get; } = new();
    }

    /// <summary>Told to a connection: reset at once, dropping what is queued. Answered by <see cref="Aborted"/>.</summary>
    public sealed record Abort : Command, IDeadLetterSuppression
    {
        /// <summary>The shared instance: the command has no parameters.</summary>
        public static Abort Instance { get; } = new();
    }
}
