namespace Akka.Mqtt.Protocol.Tests;

/// <summary>The order and role of packets as a table: a conversation, the packet that follows, whether it may, seen from both ends.</summary>
public sealed class ConnectionRulesSpec
{
    private static readonly Connect Hello = new() { ClientId = "c" };
    private static readonly Connect Hello311 = new() { ClientId = "c", Version = MqttVersion.V311 };
    private static readonly Connect HelloAuth = new() { ClientId = "c", Properties = new ConnectProperties { AuthenticationMethod = "m" } };
    private static readonly ConnAck Welcome = new();
    private static readonly Auth AuthM = new(ReasonCode.ContinueAuthentication) { Properties = new AuthProperties { AuthenticationMethod = "m" } };
    private static readonly Auth AuthN = new(ReasonCode.ContinueAuthentication) { Properties = new AuthProperties { AuthenticationMethod = "n" } };
    private static readonly Publish Message = new("a", "x");

    /// <summary>Packets before, who sends the next, the next, whether it may be.</summary>
    public static TheoryData<string, MqttPacket[], MqttRole, MqttPacket, bool> Table => new()
    {
        { "CONNECT first", [], MqttRole.Client, Hello, true },
        { "PINGREQ first", [], MqttRole.Client, new PingReq(), false },
        { "PUBLISH first", [], MqttRole.Client, Message, false },
        { "DISCONNECT first", [], MqttRole.Client, new Disconnect(), false },
        { "the server first", [], MqttRole.Server, Welcome, false },
        { "CONNECT of a server", [], MqttRole.Server, Hello, false },
        { "a second CONNECT", [Hello, Welcome], MqttRole.Client, Hello, false },
        { "a second CONNECT before CONNACK", [Hello], MqttRole.Client, Hello, false },
        { "PUBLISH of a client before CONNACK", [Hello], MqttRole.Client, Message, true }, // section 3.1.4 allows it
        { "CONNACK after CONNECT", [Hello], MqttRole.Server, Welcome, true },
        { "PUBLISH of a server before CONNACK", [Hello], MqttRole.Server, Message, false },
        { "DISCONNECT of a server before CONNACK", [Hello], MqttRole.Server, new Disconnect(ReasonCode.ServerBusy), false },
        { "a second CONNACK", [Hello, Welcome], MqttRole.Server, Welcome, false },
        { "anything after a refusal", [Hello, new ConnAck(ReasonCode.NotAuthorized)], MqttRole.Server, Message, false },
        { "CONNACK of a client", [Hello, Welcome], MqttRole.Client, Welcome, false },
        { "SUBACK of a client", [Hello, Welcome], MqttRole.Client, new SubAck(1, ReasonCodes.GrantedQoS0), false },
        { "UNSUBACK of a client", [Hello, Welcome], MqttRole.Client, new UnsubAck(1, ReasonCode.Success), false },
        { "PINGRESP of a client", [Hello, Welcome], MqttRole.Client, new PingResp(), false },
        { "SUBSCRIBE of a server", [Hello, Welcome], MqttRole.Server, new Subscribe(1, "a"), false },
        { "UNSUBSCRIBE of a server", [Hello, Welcome], MqttRole.Server, new Unsubscribe(1, "a"), false },
        { "PINGREQ of a server", [Hello, Welcome], MqttRole.Server, new PingReq(), false },
        { "PUBLISH of a server", [Hello, Welcome], MqttRole.Server, Message, true },
        { "PUBACK of a server", [Hello, Welcome], MqttRole.Server, new PubAck(1), true },
        { "PUBACK of a client", [Hello, Welcome], MqttRole.Client, new PubAck(1), true },
        { "DISCONNECT of a 5.0 server", [Hello, Welcome], MqttRole.Server, new Disconnect(), true },
        { "DISCONNECT of a 3.1.1 server", [Hello311, Welcome], MqttRole.Server, new Disconnect(), false },
        { "DISCONNECT of a client", [Hello, Welcome], MqttRole.Client, new Disconnect(), true },
        { "a packet of a server after its DISCONNECT", [Hello, Welcome, new Disconnect(ReasonCode.ServerBusy)], MqttRole.Server, Message, false },
        { "AUTH without a method", [Hello, Welcome], MqttRole.Client, AuthM, false },
        { "AUTH of a server without a method", [Hello], MqttRole.Server, AuthM, false },
        { "AUTH of a server before CONNACK", [HelloAuth], MqttRole.Server, AuthM, true },
        { "AUTH of a client before CONNACK", [HelloAuth], MqttRole.Client, AuthM, true },
        { "AUTH of another method", [HelloAuth, Welcome], MqttRole.Client, AuthN, false },
        { "AUTH again", [HelloAuth, Welcome], MqttRole.Client, AuthM, true },
        { "PUBLISH while authenticating", [HelloAuth], MqttRole.Client, Message, false },
        { "DISCONNECT while authenticating", [HelloAuth], MqttRole.Client, new Disconnect(), true },
        { "a strange method in CONNACK", [HelloAuth], MqttRole.Server, new ConnAck { Properties = new ConnAckProperties { AuthenticationMethod = "n" } }, false },
        { "a method in CONNACK that was not asked for", [Hello], MqttRole.Server, new ConnAck { Properties = new ConnAckProperties { AuthenticationMethod = "m" } }, false },
        { "a late session expiry", [Hello, Welcome], MqttRole.Client, new Disconnect { Properties = new DisconnectProperties { SessionExpiryInterval = 5 } }, false },
        { "a session expiry of 0 again", [Hello, Welcome], MqttRole.Client, new Disconnect { Properties = new DisconnectProperties { SessionExpiryInterval = 0 } }, true },
        {
            "a session expiry that is changed",
            [Hello with { Properties = new ConnectProperties { SessionExpiryInterval = 9 } }, Welcome],
            MqttRole.Client, new Disconnect { Properties = new DisconnectProperties { SessionExpiryInterval = 5 } }, true
        },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void A_packet_may_or_may_not_follow(string name, MqttPacket[] before, MqttRole sender, MqttPacket packet, bool may)
    {
        Assert.NotEmpty(name);
        foreach (var role in new[] { MqttRole.Client, MqttRole.Server })
        {
            var rules = new ConnectionRules(role);
            foreach (var earlier in before)
                Assert.True(Pass(rules, earlier is Connect ? MqttRole.Client : MqttRole.Server, earlier, out _));
            var noted = rules.Snapshot();
            Assert.Equal(may, Pass(rules, sender, packet, out var error));
            if (may)
                continue;
            Assert.Equal(ReasonCode.ProtocolError, error.ReasonCode);
            Assert.Equal(noted, rules.Snapshot()); // what was refused has not been sent
        }
    }

    [Theory]
    [InlineData(MqttRole.Client)]
    [InlineData(MqttRole.Server)]
    public void A_client_sends_nothing_after_its_DISCONNECT(MqttRole role)
    {
        var rules = Open(role);
        Assert.True(Pass(rules, MqttRole.Client, new Disconnect(), out _));
        Assert.False(Pass(rules, MqttRole.Client, new PingReq(), out _));
        Assert.Equal(role == MqttRole.Client, rules.SendingEnded);
    }

    [Theory]
    [InlineData(null, 60)]
    [InlineData(0, 0)]
    [InlineData(7, 7)]
    public void The_keep_alive_is_the_server_s_where_it_has_one(int? servers, int expected)
    {
        var rules = new ConnectionRules(MqttRole.Server);
        rules.TryReceive(Hello with { KeepAlive = 60 }, out _);
        rules.TrySend(new ConnAck { Properties = servers is { } s ? new ConnAckProperties { ServerKeepAlive = (ushort)s } : null }, out _);
        Assert.Equal(expected, rules.KeepAlive);
    }

    [Fact]
    public void The_largest_packet_is_what_the_peer_said_not_what_we_said()
    {
        var hello = Hello with { Properties = new ConnectProperties { MaximumPacketSize = 100 } };
        var welcome = new ConnAck { Properties = new ConnAckProperties { MaximumPacketSize = 200 } };
        var (client, server) = (new ConnectionRules(MqttRole.Client), new ConnectionRules(MqttRole.Server));
        client.TrySend(hello, out _);
        server.TryReceive(hello, out _);
        client.TryReceive(welcome, out _);
        server.TrySend(welcome, out _);
        Assert.Equal((200u, 100u), (client.PeerMaximumPacketSize, server.PeerMaximumPacketSize));
    }

    [Fact]
    public void What_a_failed_batch_has_noted_can_be_taken_back()
    {
        var rules = new ConnectionRules(MqttRole.Server);
        rules.TryReceive(Hello, out _);
        var before = rules.Snapshot();
        rules.TrySend(new ConnAck { Properties = new ConnAckProperties { ServerKeepAlive = 5 } }, out _);
        rules.TrySend(new Disconnect(), out _);
        rules.Restore(before);
        Assert.Equal((false, false, (ushort)60), (rules.Accepted, rules.SendingEnded, rules.KeepAlive));
        Assert.True(rules.TrySend(Welcome, out _));
    }

    private static ConnectionRules Open(MqttRole role)
    {
        var rules = new ConnectionRules(role);
        Assert.True(Pass(rules, MqttRole.Client, Hello, out _));
        Assert.True(Pass(rules, MqttRole.Server, Welcome, out _));
        return rules;
    }

    private static bool Pass(ConnectionRules rules, MqttRole sender, MqttPacket packet, out PacketError error) =>
        sender == rules.Role ? rules.TrySend(packet, out error) : rules.TryReceive(packet, out error);
}
