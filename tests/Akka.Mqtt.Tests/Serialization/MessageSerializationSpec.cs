using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.Serialization;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Serialization;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Serialization;

/// <summary>Commands and events arrive at another node, or say at once what of them cannot.</summary>
public sealed class MessageSerializationSpec(ITestOutputHelper output) : SerializerSpec(output)
{
    public static TheoryData<EndPoint> EndPoints =>
    [
        new IPEndPoint(IPAddress.Parse("10.1.2.3"), 1883),
        new IPEndPoint(IPAddress.Parse("fe80::1%7"), 0),
        new DnsEndPoint("example.org", 8883),
        new DnsEndPoint("example.org", 8883, AddressFamily.InterNetworkV6),
        new UnixDomainSocketEndPoint("/run/mqtt ä.sock"),
        new UnixDomainSocketEndPoint("\0abstract"),
        new NamedPipeEndPoint("pipe", "server"),
        new InMemoryEndPoint("name"),
        new UriEndPoint(new Uri("wss://user:secret@example.org/mqtt?x=1")),
    ];

    public static TheoryData<Mqtt.Message> Plain =>
    [
        Mqtt.Unbind.Instance,
        Mqtt.StartAccepting.Instance,
        new Mqtt.Request(17),
        new Mqtt.Request(-1),
        Mqtt.SuspendReading.Instance,
        Mqtt.ResumeReading.Instance,
        Mqtt.Close.Instance,
        Mqtt.Abort.Instance,
        Mqtt.Unbound.Instance,
        Mqtt.Closed.Instance,
        Mqtt.Aborted.Instance,
        Mqtt.PeerClosed.Instance,
        new Mqtt.InboundClosed(PacketsWait: false),
        new Mqtt.InboundClosed(PacketsWait: true),
        new Mqtt.Closing(Mqtt.PeerClosed.Instance),
        new Mqtt.Closing(new Mqtt.ErrorClosed(CloseReason.KeepAliveTimeout, "text")),
        new Mqtt.ErrorClosed(CloseReason.KeepAliveTimeout, "text"),
        new Mqtt.ErrorClosed(CloseReason.ProtocolError, "text") { ReasonCode = ReasonCode.ProtocolError, Header = new FixedHeader(0x3F, 268_435_455) },
        new Mqtt.Write(new Publish("a", "x")),
        new Mqtt.Write(new Publish("a", "x"), ack: 7),
        new Mqtt.Write(new Publish("a", "x"), ack: "text"),
        new Mqtt.WriteBatch([new Publish("a", "x"), PingReq.Instance, new Publish("", "not valid")], ack: 7L),
        new Mqtt.Received([new Publish("a", "x"), new PubAck(7)]),
        new Mqtt.InvalidPayload(new Publish("a", new byte[] { 0xFF })),
        new Mqtt.CommandFailed(new Publish("#", "x"), CommandFailure.InvalidPacket, "text") { ReasonCode = ReasonCode.TopicNameInvalid },
        new Mqtt.CommandFailed(new Mqtt.Write(new Publish("a"), 3), CommandFailure.QueueFull, "text"),
        new Mqtt.CommandFailed(new Mqtt.Connect("host", 1883), CommandFailure.ConnectFailed, "text"),
        new Mqtt.CommandFailed("any text", CommandFailure.NotSupported, "text"),
    ];

    [Theory]
    [MemberData(nameof(Plain))]
    public void A_message_arrives_as_it_was_told(Mqtt.Message message) => Assert.Equal(message, Travel(message));

    [Theory]
    [MemberData(nameof(EndPoints))]
    public void An_end_point_arrives_as_it_was_told(EndPoint address)
    {
        Assert.Equal(address, Travel(new Mqtt.Connect(address)).RemoteAddress);
        Assert.Equal(address, Travel(new Mqtt.Connect("a", 1) { LocalAddress = address }).LocalAddress);
        Assert.Equal(address, Travel(new Mqtt.Bind(TestActor, address)).LocalAddress);
        Assert.Equal(address, Travel(new Mqtt.Bound(TestActor, address)).LocalAddress);
        var info = new TransportInfo(MqttTransport.Tls) { LocalAddress = address, RemoteAddress = address };
        Assert.Equal(info, Travel(info));
    }

    [Fact]
    public void The_end_point_of_a_unix_socket_without_a_name_arrives()
    {
        var unnamed = new UnixDomainSocketEndPoint("/a").Create(new SocketAddress(AddressFamily.Unix, 2));
        Assert.Equal(unnamed.ToString(), Travel(new TransportInfo(MqttTransport.UnixSocket) { RemoteAddress = unnamed }).RemoteAddress!.ToString());
    }

    [Fact]
    public void Headers_of_a_WebSocket_handshake_arrive()
    {
        var headers = new Dictionary<string, string> { ["Authorization"] = "Bearer x", ["Other"] = "" };
        var connect = new Mqtt.Connect(new UriEndPoint(new Uri("ws://example.org/mqtt")) { Headers = headers });
        Assert.Equal(headers, ((UriEndPoint)Travel(connect).RemoteAddress).Headers);
    }

    [Fact]
    public void An_end_point_of_another_kind_arrives_as_null_in_what_is_told_of_a_transport()
    {
        var connected = new Mqtt.Connected(TestActor, MqttRole.Server, new TransportInfo(MqttTransport.Stream) { RemoteAddress = new Foreign() });
        Assert.Null(Travel(connected).RemoteAddress);
    }

    [Fact]
    public void An_end_point_of_another_kind_does_not_travel_in_a_command()
    {
        var failure = Assert.Throws<SerializationException>(() => Travel(new Mqtt.Connect(new Foreign())));
        Assert.Contains("Mqtt.Connect.RemoteAddress", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Actors_in_messages_arrive()
    {
        Assert.Equal(TestActor, Travel(new Mqtt.Register(TestActor)).Handler);
        Assert.Equal(TestActor, Travel(new Mqtt.Bind(TestActor, new InMemoryEndPoint("a"))).Handler);
        Assert.Equal(TestActor, Travel(new Mqtt.Bound(TestActor, new InMemoryEndPoint("a"))).Listener);
        Assert.Equal(TestActor, Travel(new Mqtt.Connected(TestActor, MqttRole.Client, new TransportInfo(MqttTransport.Tcp))).Connection);
        Assert.True(Travel(new Mqtt.Register(ActorRefs.Nobody)).Handler.IsNobody());
    }

    [Theory]
    [InlineData(MqttDelivery.Pull, null)]
    [InlineData(MqttDelivery.EachPacket, "utf-8")]
    [InlineData(MqttDelivery.EachPacket, "iso-8859-1")]
    public void A_registration_arrives_as_it_was_told(MqttDelivery delivery, string? encoding)
    {
        var register = new Mqtt.Register(TestActor)
        {
            Delivery = delivery,
            PayloadEncoding = encoding is null ? null : Encoding.GetEncoding(encoding),
            KeepOpenOnPeerClosed = true,
            Ack = "registered",
        };
        Assert.Equal(register, Travel(register));
        Assert.Equal(new Mqtt.Register(TestActor), Travel(new Mqtt.Register(TestActor)));
    }

    [Fact]
    public void An_encoding_that_the_other_node_could_not_find_does_not_travel()
    {
        var failure = Assert.Throws<SerializationException>(() => Travel(new Mqtt.Register(TestActor) { PayloadEncoding = new Private() }));
        Assert.Contains("Mqtt.Register.PayloadEncoding", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_with_the_packet_that_it_came_from_arrives()
    {
        var text = new TextPublish(new Publish("a", "x") { QoS = QualityOfService.AtLeastOnce, PacketId = 3 }, "x");
        Assert.Equal(text, Travel(text));
    }

    [Fact]
    public void A_batch_for_many_connections_is_one_where_it_arrives()
    {
        var batch = Travel(Mqtt.WriteBatch.ForMany([new Publish("a", "x")]) with { Ack = 1 });
        Assert.NotNull(batch.Shared);
        Assert.Equal([new Publish("a", "x")], batch.Packets);
        Assert.Equal(1, batch.Ack);
    }

    [Fact]
    public void Each_setting_of_a_connection_arrives()
    {
        var defaults = MqttConnectionSettings.Create((Akka.Configuration.Config?)null);
        foreach (var property in typeof(MqttConnectionSettings).GetProperties().Where(property => property.CanWrite))
        {
            var changed = defaults with { };
            property.SetValue(changed, property.GetValue(changed) switch
            {
                int number => number + 1,
                double number => number + 0.5,
                TimeSpan time => time + TimeSpan.FromMilliseconds(1),
                string when property.Name == nameof(MqttConnectionSettings.TcpEngine) => "socket",
                string text => text + "x",
                Enum choice => Enum.GetValues(choice.GetType()).Cast<object>().First(other => !other.Equals(choice)),
                var other => throw new NotSupportedException($"{property.Name}: {other}"),
            });
            Assert.NotEqual(defaults, changed);
            Assert.Equal(changed, Travel(changed));
            Assert.Equal(changed, Travel(new Mqtt.Connect("a", 1) { Settings = changed }).Settings);
            Assert.Equal(changed, Travel(new Mqtt.Bind(TestActor, new InMemoryEndPoint("a")) { Settings = changed }).Settings);
        }

        var endless = defaults with { ConnectTimeout = null, WriteTimeout = null };
        Assert.Equal(endless, Travel(endless));
    }

    [Fact]
    public void Dialling_by_TLS_arrives_with_all_that_is_no_secret()
    {
        using var authority = X509CertificateLoader.LoadCertificate(TestCertificates.Shared.Authority.RawDataMemory.Span);
        var tls = new TlsClientSettings
        {
            TargetHost = "example.org",
            CheckRevocation = true,
            EnabledProtocols = SslProtocols.Tls13,
            DangerousAcceptAnyCertificate = true,
            TrustedAuthorities = [authority],
            ApplicationProtocols = [new SslApplicationProtocol("mqtt")],
        };
        var connect = Travel(new Mqtt.Connect("a", 1) { Tls = tls, Timeout = TimeSpan.FromSeconds(3) });
        Assert.Equal(TimeSpan.FromSeconds(3), connect.Timeout);
        Assert.Equal(authority, Assert.Single(connect.Tls!.TrustedAuthorities!));
        Assert.Equal(tls.ApplicationProtocols, connect.Tls.ApplicationProtocols);
        Assert.Equal(tls, connect.Tls with { TrustedAuthorities = tls.TrustedAuthorities, ApplicationProtocols = tls.ApplicationProtocols });
    }

    [Fact]
    public void The_certificate_of_a_peer_arrives_without_a_private_key()
    {
        using var certificate = X509CertificateLoader.LoadCertificate(TestCertificates.Shared.Authority.RawDataMemory.Span);
        var transport = new TransportInfo(MqttTransport.Tls) { PeerCertificate = certificate };
        var connected = Travel(new Mqtt.Connected(TestActor, MqttRole.Server, transport));
        Assert.Equal(certificate.RawData, connected.PeerCertificate!.RawData);
        Assert.False(connected.PeerCertificate.HasPrivateKey);
    }

    [Fact]
    public void Socket_options_and_when_to_accept_travel()
    {
        var options = new MqttSocketOptions
        {
            ReceiveBufferSize = 1,
            SendBufferSize = 2,
            TcpKeepAliveTime = TimeSpan.FromSeconds(3),
            TcpKeepAliveInterval = TimeSpan.FromSeconds(4),
            TcpKeepAliveRetries = 5,
            DualMode = false,
        };
        Assert.Equal(options, Travel(new Mqtt.Connect("a", 1) { SocketOptions = options }).SocketOptions);
        var bind = Travel(new Mqtt.Bind(TestActor, new InMemoryEndPoint("a")) { SocketOptions = options, AcceptsAtOnce = false });
        Assert.Equal((options, false), (bind.SocketOptions, bind.AcceptsAtOnce));
    }

    [Fact]
    public void What_belongs_to_its_process_says_at_once_that_it_does_not_travel()
    {
        using var certificate = X509CertificateLoader.LoadCertificate(TestCertificates.Shared.Authority.RawDataMemory.Span);
        var bind = new Mqtt.Bind(TestActor, new InMemoryEndPoint("a"));
        var connect = new Mqtt.Connect("a", 1);
        foreach (var (message, member) in new (Mqtt.Message, string)[]
        {
            (new Mqtt.Attach(new MemoryStream(), MqttRole.Client), "Mqtt.Attach.Stream"),
            (bind with { Tls = new TlsServerSettings { Certificate = certificate } }, "Mqtt.Bind.Tls"),
            (connect with { Tls = new TlsClientSettings { ClientCertificates = [certificate] } }, "TlsClientSettings.ClientCertificates"),
            (new Mqtt.Register(TestActor) { Ack = new Stubborn() }, "Mqtt.Register.Ack"),
            (connect with { Tls = new TlsClientSettings { CertificateValidation = (_, _, _, errors) => errors == SslPolicyErrors.None } }, "TlsClientSettings.CertificateValidation"),
            (new Mqtt.Write(PingReq.Instance, ack: new Stubborn()), "Mqtt.Write.Ack"),
            (new Mqtt.WriteBatch([PingReq.Instance], ack: new Stubborn()), "Mqtt.WriteBatch.Ack"),
        })
        {
            Assert.Contains(member, Assert.Throws<SerializationException>(() => Travel(message)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_failure_arrives_with_the_text_of_a_command_that_cannot_travel()
    {
        var attach = new Mqtt.Attach(new MemoryStream(), MqttRole.Client);
        var failed = Travel(new Mqtt.CommandFailed(attach, CommandFailure.NotSupported, "why"));
        Assert.Equal(attach.ToString(), failed.Command);
        Assert.Equal("why", failed.Message);
    }

    [Fact]
    public void The_cause_of_a_failure_arrives_with_its_texts()
    {
        var cause = new IOException("outer", new SocketException((int)SocketError.ConnectionRefused));
        var failed = Travel(new Mqtt.CommandFailed(new Mqtt.Connect("a", 1), CommandFailure.ConnectFailed, "why") { Cause = cause });
        Assert.Equal("outer", failed.Cause!.Message);
        Assert.Equal(cause.ToString(), failed.Cause.ToString());
        Assert.Equal(cause.ToString(), Travel(failed).Cause!.ToString());
    }

    [Fact]
    public void A_message_of_a_later_version_is_refused_with_the_versions()
    {
        var serializer = new MqttSerializer((ExtendedActorSystem)Sys);
        var failure = Assert.Throws<SerializationException>(() => serializer.FromBinary([2, 5, 0xC0, 0], "P12"));
        Assert.Contains("2", failure.Message, StringComparison.Ordinal);
        Assert.Throws<SerializationException>(() => serializer.FromBinary([1], "CZ"));
    }

    [Fact]
    public void A_message_that_is_cut_short_is_refused_at_every_length()
    {
        var serializer = new MqttSerializer((ExtendedActorSystem)Sys);
        foreach (var message in new object[]
        {
            new Publish("a", "x") { Properties = new PublishProperties { ContentType = "c" } },
            new Publish("#", "x"),
            new Mqtt.Connected(TestActor, MqttRole.Client, new TransportInfo(MqttTransport.Tcp) { LocalAddress = new IPEndPoint(1, 1) }),
            new Mqtt.WriteBatch([new Publish("a", "x")], "ack"),
        })
        {
            var bytes = serializer.ToBinary(message);
            for (var length = 1; length < bytes.Length; length++)
                Assert.Throws<SerializationException>(() => serializer.FromBinary(bytes[..length], serializer.Manifest(message)));
        }
    }

    private sealed class Foreign : EndPoint;

    private sealed class Private : Encoding
    {
        public override int CodePage => 65_535;

        public override int GetByteCount(char[] chars, int index, int count) => 0;

        public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) => 0;

        public override int GetCharCount(byte[] bytes, int index, int count) => 0;

        public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) => 0;

        public override int GetMaxByteCount(int charCount) => 0;

        public override int GetMaxCharCount(int byteCount) => 0;
    }

    private sealed class Stubborn
    {
        public string Secret => throw new NotSupportedException("This never travels.");
    }
}
