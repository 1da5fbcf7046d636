using System.Net;
using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Telemetry;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>Every refusal has the reason code of the standard, one log line with the address, and one count.</summary>
public class RefusalSpec(ITestOutputHelper output) : ProbeServerSpec(output)
{
    private const MqttVersion V5 = MqttVersion.V5;
    private const MqttVersion V311 = MqttVersion.V311;
    private const MqttVersion V31 = MqttVersion.V31;

    private static string Deep => string.Join('/', Enumerable.Repeat("x", 257));

    // CONNECT; the code of CONNACK, null for none; what is counted.
    public static TheoryData<string, string, Connect, ReasonCode?, ReasonCode> Connects => new()
    {
        { "allow-anonymous = off", "anonymous", Hello(V5), ReasonCode.NotAuthorized, ReasonCode.NotAuthorized },
        {
            "", "a client that takes less than its CONNACK", Hello(V5) with { Properties = new ConnectProperties { MaximumPacketSize = 8 } },
            ReasonCode.PacketTooLarge, ReasonCode.PacketTooLarge
        },
        { "allow-anonymous = off", "anonymous 3.1.1", Hello(V311), ReasonCode.NotAuthorized, ReasonCode.NotAuthorized },
        { "allow-anonymous = off", "anonymous 3.1", Hello(V31), ReasonCode.NotAuthorized, ReasonCode.NotAuthorized },
        { "", "a method that is unknown", Hello(V5) with { Properties = new ConnectProperties { AuthenticationMethod = "x" } }, ReasonCode.BadAuthenticationMethod, ReasonCode.BadAuthenticationMethod },
        { "", "a will with a deep topic", Hello(V5) with { Will = new Will(Deep, "x") }, ReasonCode.TopicNameInvalid, ReasonCode.TopicNameInvalid },
        { "", "a will with a deep topic 3.1.1", Hello(V311) with { Will = new Will(Deep, "x") }, null, ReasonCode.TopicNameInvalid },
        { "max-topic-length = 3", "a will with a long topic", Hello(V5) with { Will = new Will("long", "x") }, ReasonCode.TopicNameInvalid, ReasonCode.TopicNameInvalid },
        { "retain-available = off", "a retained will", Hello(V5) with { Will = new Will("t", "x") { Retain = true } }, ReasonCode.RetainNotSupported, ReasonCode.RetainNotSupported },
        { "max-qos = 0", "a will of QoS 1", Hello(V5) with { Will = new Will("t", "x") { QoS = QualityOfService.AtLeastOnce } }, ReasonCode.QoSNotSupported, ReasonCode.QoSNotSupported },
        { "allow-empty-client-id = off", "no identifier", new Connect(), ReasonCode.ClientIdentifierNotValid, ReasonCode.ClientIdentifierNotValid },
        { "allow-empty-client-id = off", "no identifier 3.1.1", new Connect { Version = V311 }, ReasonCode.ClientIdentifierNotValid, ReasonCode.ClientIdentifierNotValid },
        { "", "a long identifier 3.1", Hello(V31) with { ClientId = new string('x', 24) }, ReasonCode.ClientIdentifierNotValid, ReasonCode.ClientIdentifierNotValid },
        { "max-keep-alive = 30 s", "a long keep alive 3.1.1", Hello(V311) with { KeepAlive = 31 }, ReasonCode.ServerUnavailable, ReasonCode.ServerUnavailable },
        { "memory { limit = 1 KiB, check-interval = 10ms, disconnect-at = off }", "memory", Hello(V5), ReasonCode.ServerBusy, ReasonCode.ServerBusy },
        { "memory { limit = 1 KiB, check-interval = 10ms, disconnect-at = off }", "memory 3.1.1", Hello(V311), ReasonCode.ServerUnavailable, ReasonCode.ServerBusy },
    };

    // What a client that was let in sends; the code of DISCONNECT and a part of its Reason String.
    public static TheoryData<string, string, MqttPacket[], ReasonCode, string> Packets => new()
    {
        { "", "an alias above the maximum", [Aliased("t", 17)], ReasonCode.TopicAliasInvalid, "the topic alias is 17; the Topic Alias Maximum of the server is 16" },
        { "topic-alias-maximum = 0", "an alias where there are none", [Aliased("t", 1)], ReasonCode.TopicAliasInvalid, "the Topic Alias Maximum of the server is 0" },
        { "", "an alias that was not set", [Aliased("", 1)], ReasonCode.ProtocolError, "topic alias 1 was never set" },
        { "", "AUTH without a method", [new Auth(ReasonCode.ReAuthenticate) { Properties = new AuthProperties { AuthenticationMethod = "x" } }], ReasonCode.ProtocolError, "" },
        { "receive-maximum = 1", "one message too many", [Q2(1), Q2(2)], ReasonCode.ReceiveMaximumExceeded, "Receive Maximum of the server allows, 1" },
        { "max-qos = 1", "QoS 2", [Q2(1)], ReasonCode.QoSNotSupported, "PUBLISH has QoS 2; the Maximum QoS of the server is 1" },
        { "retain-available = off", "RETAIN", [new Publish("t") { Retain = true }], ReasonCode.RetainNotSupported, "RETAIN" },
        { "wildcard-subscriptions-available = off", "a wildcard", [new Subscribe(1, "#")], ReasonCode.WildcardSubscriptionsNotSupported, "wildcard" },
        { "shared-subscriptions-available = off", "a group", [new Subscribe(1, "$share/g/t")], ReasonCode.SharedSubscriptionsNotSupported, "shared subscription" },
        { "subscription-identifiers-available = off", "an identifier", [new Subscribe(1, "t") { Properties = new SubscribeProperties { SubscriptionIdentifier = 1 } }], ReasonCode.SubscriptionIdentifiersNotSupported, "Subscription Identifier" },
        { "publish-rate { max-messages = 1, action = disconnect }", "too fast", [new Publish("t"), new Publish("t"), new Publish("t")], ReasonCode.MessageRateTooHigh, "faster than the server allows" },
        { "connection.max-packet-size = 100 B", "too large", [new Publish("t", new byte[200])], ReasonCode.PacketTooLarge, "" },
        { "", "a session that it did not have", [new Disconnect { Properties = new DisconnectProperties { SessionExpiryInterval = 5 } }], ReasonCode.ProtocolError, "session expiry interval in DISCONNECT" },
        { "", "a second CONNECT", [Hello(V5)], ReasonCode.ProtocolError, "CONNECT" },
    };

    [Theory]
    [MemberData(nameof(Connects))]
    public async Task A_CONNECT_is_refused(string config, string what, Connect connect, ReasonCode? code, ReasonCode counted)
    {
        var server = await StartAsync(config);
        if (what.StartsWith("memory", StringComparison.Ordinal))
            await AwaitAssertAsync(() => Assert.True(server.Context.Watermark.Level >= LoadLevel.RefuseConnects), Soon);
        using var log = new LogLines(this);
        var probe = await DialAsync(server);
        await probe.SendPacketAsync(connect);
        if (code is not null)
            Assert.Equal(code, (await probe.ExpectPacketAsync<ConnAck>(Soon)).ReasonCode);
        await probe.ExpectEndAsync(Soon);
        probe.Abort();
        await ExpectOnceAsync(server, log, probe.LocalAddress!, Refused.Connect, counted);
    }

    [Theory]
    [MemberData(nameof(Packets))]
    public async Task A_client_that_breaks_a_rule_is_told_which(string config, string what, MqttPacket[] packets, ReasonCode code, string text)
    {
        Assert.NotEmpty(what);
        var server = await StartAsync(config);
        using var log = new LogLines(this);
        foreach (var version in (MqttVersion[])[V5, V311])
        {
            if (version == V311 && packets.Any(packet => packet is Auth or Disconnect or Subscribe or Publish { Properties: not null } or Publish { PacketId: 2 }))
                continue; // what 3.1.1 has not
            var probe = await ClientAsync(server, "c", version);
            var before = server.Context.Stats.Refusals(Refused.Connection, code);
            foreach (var packet in packets)
                await probe.SendPacketAsync(packet is Connect connect ? connect with { Version = version } : packet);
            var told = text;
            if (version == V5)
            {
                var disconnect = await probe.FishForPacketAsync<Disconnect>(_ => true, Soon);
                Assert.Equal(code, disconnect.ReasonCode);
                told = disconnect.Properties?.ReasonString ?? "no reason";
                Assert.Contains(text, told, StringComparison.Ordinal);
            }
            else
            {
                await probe.ExpectEndAsync(Soon);
            }
            probe.Abort();
            await ExpectOnceAsync(server, log, probe.LocalAddress!, Refused.Connection, code, before);
            Assert.Contains(told, Assert.Single(log.Of(probe.LocalAddress!)), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(false, uint.MaxValue)] // Request Problem Information 0
    [InlineData(true, 40u)] // a Maximum Packet Size below that of the packet with its reason
    public async Task A_reason_string_is_left_out_where_the_client_does_not_take_it(bool wantsReasons, uint maximum)
    {
        var server = await StartAsync();
        using var log = new LogLines(this);
        var properties = new ConnectProperties { RequestProblemInformation = wantsReasons, MaximumPacketSize = maximum };
        var (probe, _) = await ConnectAsync(server, Hello(V5) with { Properties = properties });
        await probe.SendPacketAsync(Aliased("", 1));
        Assert.Equal(new Disconnect(ReasonCode.ProtocolError), await probe.ExpectPacketAsync<Disconnect>(Soon));
        await AwaitAssertAsync(() => Assert.Contains("topic alias 1 was never set", Assert.Single(log.Of(probe.LocalAddress!)), StringComparison.Ordinal), Soon);
    }

    [Theory]
    [InlineData(V5, ReasonCode.NotAuthorized)]
    [InlineData(V311, ReasonCode.UnspecifiedError)]
    public async Task A_subscription_that_is_not_allowed_is_logged_and_counted_once(MqttVersion version, ReasonCode code)
    {
        var acl = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(acl, "topic read t/#\n");
            var server = await StartAsync($"listeners.tcp.acl-file = \"{acl.Replace('\\', '/')}\"");
            using var log = new LogLines(this);
            var probe = await ClientAsync(server, "c", version);
            await probe.SendPacketAsync(new Subscribe(1, "t/1", "other"));
            Assert.Equal([ReasonCodes.GrantedQoS0, code], (await probe.ExpectPacketAsync<SubAck>(Soon)).ReasonCodes);
            await ExpectOnceAsync(server, log, probe.LocalAddress!, Refused.Subscribe, code);
        }
        finally
        {
            File.Delete(acl);
        }
    }

    [Fact]
    public async Task Publishing_where_it_is_not_allowed_is_counted_every_time_and_logged_once_a_connection()
    {
        var acl = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(acl, "topic read t/#\n");
            var server = await StartAsync($"listeners.tcp.acl-file = \"{acl.Replace('\\', '/')}\"");
            using var log = new LogLines(this);
            var probe = await ClientAsync(server, "c");
            for (ushort at = 1; at <= 1000; at++)
                await probe.SendPacketAsync(new Publish($"other/{at}") { QoS = QualityOfService.AtLeastOnce, PacketId = at });
            for (ushort at = 1; at <= 1000; at++)
                Assert.Equal((at, ReasonCode.NotAuthorized), (await probe.ExpectPacketAsync<PubAck>(Soon)) is var ack ? (ack.PacketId, ack.ReasonCode) : default);
            await AwaitAssertAsync(() => Assert.Equal(1000, server.Context.Stats.Refusals(Refused.Publish, ReasonCode.NotAuthorized)), Soon);
            Assert.Equal(1000, server.Context.Drops.Of(DropReason.NotAuthorized));
            Assert.Single(log.Of(probe.LocalAddress!));
        }
        finally
        {
            File.Delete(acl);
        }
    }

    [Theory]
    [InlineData("connect-timeout = 20ms", "")]
    [InlineData("", "ff")]
    [InlineData("", "10 7f 00 04 4d 51 54")]
    [InlineData("max-connect-packet-size = 20", "10 7f 00 04 4d 51 54 54 05")]
    public async Task A_connection_that_says_no_CONNECT_is_logged_and_counted_once(string config, string bytes)
    {
        var server = await StartAsync($"connection {{ {config} }}");
        using var log = new LogLines(this);
        var probe = await DialAsync(server);
        if (bytes.Length > 0)
            await probe.SendBytesAsync(bytes);
        if (bytes.EndsWith("54", StringComparison.Ordinal))
            probe.Close(); // in the middle of a packet: nobody's fault
        else
            await probe.ExpectEndAsync(Soon);
        probe.Abort();
        await AwaitAssertAsync(() => Assert.Equal(0, server.Context.Stats.Connections), Soon);
        var refused = bytes.EndsWith("54", StringComparison.Ordinal) ? 0 : 1;
        Assert.Equal(refused, server.Context.Stats.Refusals().Sum(each => each.Count));
        Assert.Equal(refused, log.Of(probe.LocalAddress!).Count);
    }

    [Fact]
    public async Task A_connection_that_goes_while_the_server_writes_is_no_refusal_and_its_last_words_count()
    {
        var server = await StartAsync();
        var watcher = await ClientAsync(server, "watcher");
        await watcher.SubscribeAsync("#");
        using var log = new LogLines(this);
        var connection = CreateTestProbe();
        var address = new IPEndPoint(IPAddress.Loopback, 9);
        server.Acceptor.Tell(
            new Mqtt.Connected(connection, MqttRole.Server, new TransportInfo(MqttTransport.InMemory) { RemoteAddress = address }), connection);
        var handler = (await connection.ExpectMsgAsync<Mqtt.Register>()).Handler;
        await connection.ExpectMsgAsync<Mqtt.Request>();
        handler.Tell(new Connect { ClientId = "c", Will = new Will("will", "x") }, connection);
        await connection.ExpectMsgAsync<Mqtt.Write>();
        var register = await connection.ExpectMsgAsync<Mqtt.Register>();
        handler.Tell(register.Ack!, connection);
        handler = register.Handler; // the session
        var message = new Publish("t", "1") { QoS = QualityOfService.AtLeastOnce, PacketId = 1 };
        handler.Tell(new Mqtt.Received([message]), connection);
        var write = await connection.FishForMessageAsync(told => told is Mqtt.WriteBatch);
        handler.Tell(new Mqtt.CommandFailed(write, CommandFailure.ConnectionClosed, "The connection is closing."), connection);
        handler.Tell(new Mqtt.Received([message with { PacketId = 2, Payload = MqttBinary.FromText("2") }, new Disconnect()]), connection);
        handler.Tell(Mqtt.PeerClosed.Instance, connection);
        await AwaitAssertAsync(() => Assert.Equal(1, server.Context.Stats.Connections), Soon);
        Assert.Equal("1", (await watcher.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
        Assert.Equal("2", (await watcher.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
        await ExpectNothingAsync(watcher); // no will
        Assert.Empty(server.Context.Stats.Refusals());
        Assert.Empty(log.Of(address));
    }

    [Fact]
    public async Task What_a_client_has_said_before_it_is_taken_over_counts()
    {
        var server = await StartAsync();
        var watcher = await ClientAsync(server, "watcher");
        await watcher.SubscribeAsync("#");
        using var late = new ManualResetEventSlim();
        var probe = CreateTestProbe();
        var connection = Sys.ActorOf(Props.Create(() => new Late(probe, late)).WithDeploy(Deploy.Local));
        server.Acceptor.Tell(new Mqtt.Connected(connection, MqttRole.Server, new TransportInfo(MqttTransport.InMemory)), connection);
        var handler = (await probe.ExpectMsgAsync<Mqtt.Register>()).Handler;
        var connect = new Connect { ClientId = "c", Will = new Will("will", "x"), Properties = new ConnectProperties { SessionExpiryInterval = 100 } };
        await probe.ExpectMsgAsync<Mqtt.Request>();
        handler.Tell(connect, connection);
        await probe.ExpectMsgAsync<Mqtt.Write>();
        handler = (await probe.ExpectMsgAsync<Mqtt.Register>()).Handler; // the session
        // These are in the mailbox of the connection when its client is taken over.
        connection.Tell(new Mqtt.Received([new Publish("t", "1"), new Disconnect { Properties = new DisconnectProperties { SessionExpiryInterval = 0 } }]), handler);
        var second = await DialAsync(server);
        await second.SendPacketAsync(connect with { CleanStart = false, Will = null });
        await second.ExpectNoPacketAsync(TimeSpan.FromMilliseconds(100));
        late.Set();
        Assert.False((await second.ExpectPacketAsync<ConnAck>(Soon)).SessionPresent);
        Assert.Equal("1", (await watcher.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
        await ExpectNothingAsync(watcher); // no will
    }

    [Fact]
    public async Task A_client_that_connects_again_before_its_CONNACK_is_no_refusal()
    {
        var server = await StartAsync();
        using var log = new LogLines(this);
        using var late = new ManualResetEventSlim();
        var probe = CreateTestProbe();
        var connection = Sys.ActorOf(Props.Create(() => new Late(probe, late)).WithDeploy(Deploy.Local));
        server.Acceptor.Tell(new Mqtt.Connected(connection, MqttRole.Server, new TransportInfo(MqttTransport.InMemory)), connection);
        var handler = (await probe.ExpectMsgAsync<Mqtt.Register>()).Handler;
        await probe.ExpectMsgAsync<Mqtt.Request>();
        handler.Tell(Hello(V5), connection);
        await probe.ExpectMsgAsync<Mqtt.Write>();
        handler = (await probe.ExpectMsgAsync<Mqtt.Register>()).Handler;
        connection.Tell(new Mqtt.Received([new PingReq()]), handler); // the connection is slow: it does not let go of the session
        var second = await DialAsync(server);
        await second.SendPacketAsync(Hello(V5));
        await second.ExpectNoPacketAsync(TimeSpan.FromMilliseconds(100)); // it waits for the session
        var third = await DialAsync(server);
        await third.SendPacketAsync(Hello(V5));
        await second.ExpectEndAsync(Soon);
        late.Set();
        Assert.Equal(ReasonCode.Success, (await third.ExpectPacketAsync<ConnAck>(Soon)).ReasonCode);
        Assert.Empty(server.Context.Stats.Refusals());
        Assert.Empty(log.Of(second.LocalAddress!));
    }

    [Fact]
    public async Task An_answer_that_is_larger_than_the_client_takes_ends_the_connection_with_one_line_and_one_count()
    {
        using var log = new LogLines(this);
        var server = await StartAsync();
        var probe = await DialAsync(server);
        var address = probe.LocalAddress!;
        await probe.SendPacketAsync(new Connect { ClientId = "small", Properties = new ConnectProperties { MaximumPacketSize = 30 } });
        await probe.ExpectPacketAsync<ConnAck>(Soon);
        await probe.SendPacketAsync(new Subscribe(1, [.. Enumerable.Range(0, 50).Select(at => new Subscription($"t{at}"))]));
        Assert.Equal(ReasonCode.PacketTooLarge, (await probe.ExpectPacketAsync<Disconnect>(Soon)).ReasonCode); // [MQTT-3.1.2-24 v5]
        await probe.ExpectEndAsync(Soon);
        await ExpectOnceAsync(server, log, address, Refused.Connection, ReasonCode.PacketTooLarge);
        Assert.DoesNotContain(log.All(), line => line.Contains("Session small", StringComparison.Ordinal));
    }

    private static Connect Hello(MqttVersion version) => new() { ClientId = "c", Version = version };

    private static Publish Q2(ushort id) => new("t", "x") { QoS = QualityOfService.ExactlyOnce, PacketId = id };

    private static Publish Aliased(string topic, ushort alias) => new(topic, "x") { Properties = new PublishProperties { TopicAlias = alias } };

    private async Task ExpectOnceAsync(MqttServer server, LogLines log, EndPoint client, Refused what, ReasonCode reason, long before = 0)
    {
        await AwaitAssertAsync(() => Assert.Equal(before + 1, server.Context.Stats.Refusals(what, reason)), Soon);
        await AwaitAssertAsync(() => Assert.Single(log.Of(client)), Soon);
        await AwaitAssertAsync(() => Assert.True(what == Refused.Subscribe || server.Context.Stats.Connections == 0), Soon);
        Assert.Equal(before + 1, server.Context.Stats.Refusals().Sum(each => each.Count));
        Assert.Single(log.Of(client)); // and the end of the connection adds none
    }

    /// <summary>A connection that is slow with what it has received: it waits before it passes that on to the sender.</summary>
    private sealed class Late(IActorRef probe, ManualResetEventSlim late) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is not Mqtt.Received received)
            {
                probe.Tell(message);
                if (message is Mqtt.Register { Ack: { } ack })
                    Sender.Tell(ack);
                return;
            }
            late.Wait(Soon);
            Sender.Tell(received);
        }
    }

    /// <summary>What was logged at Info and above.</summary>
    private sealed class LogLines : IDisposable
    {
        private readonly global::Akka.TestKit.TestProbe _probe;
        private readonly ActorSystem _system;
        private readonly List<string> _lines = [];

        public LogLines(global::Akka.TestKit.Xunit2.TestKit kit)
        {
            _system = kit.Sys;
            _probe = kit.CreateTestProbe();
            foreach (var type in (Type[])[typeof(Info), typeof(Warning), typeof(Error)])
                _system.EventStream.Subscribe(_probe, type);
        }

        public List<string> All()
        {
            while (_probe.HasMessages)
                _lines.Add($"{_probe.ReceiveOne(TimeSpan.Zero)}");
            return _lines;
        }

        public List<string> Of(EndPoint client)
        {
            return All().FindAll(line => line.Contains($"{client}", StringComparison.Ordinal) && !line.Contains("dead letters", StringComparison.Ordinal));
        }

        public void Dispose() => _system.EventStream.Unsubscribe(_probe);
    }
}
