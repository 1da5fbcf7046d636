using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>What is told to a connection: sent in order, acknowledged in order, or refused with nothing written and the connection alive.</summary>
public sealed class SendingSpec(ITestOutputHelper output) : FaultSpec(output, tcp: false)
{
    private static readonly Connect Hello = new() { ClientId = "c" };
    private static readonly MqttConnectionSettings Defaults = MqttConnectionSettings.Create((Configuration.Config?)null);

    private static readonly Disconnect LateExpiry = new() { Properties = new() { SessionExpiryInterval = 5 } };

    public static TheoryData<string, MqttRole, Stage, MqttVersion, MqttPacket, CommandFailure> Refused => new()
    {
        { "a client begins with CONNECT", MqttRole.Client, Stage.Fresh, MqttVersion.V5, new PingReq(), CommandFailure.OutOfOrder },
        { "a server waits for CONNECT", MqttRole.Server, Stage.Fresh, MqttVersion.V5, new ConnAck(), CommandFailure.OutOfOrder },
        { "a second CONNECT", MqttRole.Client, Stage.Open, MqttVersion.V5, Hello, CommandFailure.OutOfOrder },
        { "a second CONNACK", MqttRole.Server, Stage.Open, MqttVersion.V5, new ConnAck(), CommandFailure.OutOfOrder },
        { "PUBLISH before CONNACK", MqttRole.Server, Stage.Greeted, MqttVersion.V5, new Publish("a", "x"), CommandFailure.OutOfOrder },
        { "DISCONNECT of a server in 3.1.1", MqttRole.Server, Stage.Open, MqttVersion.V311, new Disconnect(), CommandFailure.InvalidPacket },
        { "CONNACK of a client", MqttRole.Client, Stage.Open, MqttVersion.V5, new ConnAck(), CommandFailure.InvalidPacket },
        { "SUBACK of a client", MqttRole.Client, Stage.Open, MqttVersion.V5, new SubAck(1, ReasonCodes.GrantedQoS0), CommandFailure.InvalidPacket },
        { "PINGRESP of a client", MqttRole.Client, Stage.Open, MqttVersion.V5, new PingResp(), CommandFailure.InvalidPacket },
        { "SUBSCRIBE of a server", MqttRole.Server, Stage.Open, MqttVersion.V5, new Subscribe(1, "a"), CommandFailure.InvalidPacket },
        { "PINGREQ of a server", MqttRole.Server, Stage.Open, MqttVersion.V5, new PingReq(), CommandFailure.InvalidPacket },
        { "CONNECT of a server", MqttRole.Server, Stage.Open, MqttVersion.V5, Hello, CommandFailure.InvalidPacket },
        { "AUTH in 3.1.1", MqttRole.Client, Stage.Open, MqttVersion.V311, new Auth(ReasonCode.ContinueAuthentication), CommandFailure.InvalidPacket },
        { "AUTH without a method in CONNECT", MqttRole.Client, Stage.Open, MqttVersion.V5, Any.Auth(), CommandFailure.OutOfOrder },
        { "AUTH of a server without a method in CONNECT", MqttRole.Server, Stage.Open, MqttVersion.V5, Any.Auth(), CommandFailure.OutOfOrder },
        { "a late session expiry", MqttRole.Client, Stage.Open, MqttVersion.V5, LateExpiry, CommandFailure.OutOfOrder },
        { "a wildcard in a topic", MqttRole.Client, Stage.Open, MqttVersion.V5, new Publish("a/#", "x"), CommandFailure.InvalidPacket },
        { "no packet identifier", MqttRole.Client, Stage.Open, MqttVersion.V5, new PubAck(0), CommandFailure.InvalidPacket },
        { "properties in 3.1.1", MqttRole.Client, Stage.Open, MqttVersion.V311, new Publish("a", "x") { Properties = new() { ContentType = "t" } }, CommandFailure.InvalidPacket },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_packet_that_breaks_a_rule_fails_with_nothing_written_and_the_connection_alive(
        string name, MqttRole role, Stage stage, MqttVersion version, MqttPacket packet, CommandFailure reason)
    {
        Assert.NotEmpty(name);
        var tested = await OpenAsync(role, stage, version);
        tested.Tell(packet);
        var failed = await tested.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
        Assert.Equal(reason, failed.Reason);
        Told.AssertSame(packet, failed.Command);
        tested.Tell(new Mqtt.Write(packet, "never"));
        Assert.IsType<Mqtt.Write>((await tested.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon)).Command);

        // The next thing on the wire is what is told next.
        if (stage == Stage.Fresh && role == MqttRole.Server)
            return;
        MqttPacket next = stage switch
        {
            Stage.Fresh => Hello with { Version = version },
            Stage.Greeted => new ConnAck(),
            _ => new Publish("next", "x"),
        };
        tested.Tell(next);
        await tested.Peer.ExpectPacketAsync(next);
    }

    [Theory]
    [InlineData(MqttRole.Server)]
    [InlineData(MqttRole.Client)]
    public async Task Nothing_is_sent_after_DISCONNECT(MqttRole role)
    {
        var tested = await OpenAsync(role, Stage.Open, MqttVersion.V5);
        tested.Tell(new Disconnect());
        await tested.Peer.ExpectPacketAsync(new Disconnect());
        tested.Tell(new Publish("a", "x"));
        Assert.Equal(CommandFailure.OutOfOrder, (await tested.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon)).Reason);
    }

    [Fact]
    public async Task Nothing_is_sent_after_a_CONNACK_that_refuses()
    {
        var tested = await OpenAsync(MqttRole.Server, Stage.Greeted, MqttVersion.V311);
        tested.Tell(new ConnAck(ReasonCode.NotAuthorized));
        await tested.Peer.ExpectPacketAsync(new ConnAck(ReasonCode.NotAuthorized));
        tested.Tell(new Publish("a", "x"));
        Assert.Equal(CommandFailure.OutOfOrder, (await tested.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon)).Reason);
    }

    [Theory]
    [InlineData(MqttRole.Server)]
    [InlineData(MqttRole.Client)]
    public async Task A_packet_over_the_peer_s_maximum_packet_size_fails(MqttRole role)
    {
        var tested = await OpenAsync(role);
        if (role == MqttRole.Server)
        {
            await tested.Peer.SendPacketAsync(Hello with { Properties = new ConnectProperties { MaximumPacketSize = 50 } });
            await tested.Handler.ExpectMsgAsync<Connect>(Soon);
            tested.Tell(new ConnAck());
            await tested.Peer.ExpectPacketAsync<ConnAck>();
        }
        else
        {
            tested.Tell(Hello);
            await tested.Peer.ExpectPacketAsync<Connect>();
            await tested.Peer.SendPacketAsync(new ConnAck { Properties = new ConnAckProperties { MaximumPacketSize = 50 } });
            await tested.Handler.ExpectMsgAsync<ConnAck>(Soon);
        }

        // Fixed header 2, topic 3, properties 1: 44 bytes of payload are 50.
        tested.Tell(new Publish("a", new byte[45]));
        var failed = await tested.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
        Assert.Equal((CommandFailure.PacketTooLarge, ReasonCode.PacketTooLarge), (failed.Reason, failed.ReasonCode));
        tested.Tell(new Publish("a", new byte[44]));
        await tested.Peer.ExpectPacketAsync(new Publish("a", new byte[44]));
    }

    [Fact]
    public async Task A_batch_is_sent_whole_or_not_at_all()
    {
        var tested = await OpenAsync(MqttRole.Server, Stage.Greeted, MqttVersion.V5);
        foreach (var (bad, reason) in new (MqttPacket[], CommandFailure)[]
        {
            ([], CommandFailure.InvalidPacket),
            ([new ConnAck(), new Publish("#", "x")], CommandFailure.InvalidPacket),
            ([new ConnAck(), new Publish("a", "x"), new ConnAck()], CommandFailure.OutOfOrder),
            ([new ConnAck(), new Disconnect(), new Publish("a", "x")], CommandFailure.OutOfOrder),
        })
        {
            var batch = new Mqtt.WriteBatch(bad, "never");
            tested.Tell(batch);
            var failed = await tested.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
            Assert.Equal(reason, failed.Reason);
            Told.AssertSame(batch, failed.Command);
        }

        tested.Tell(new Mqtt.WriteBatch(new MqttPacket[] { new ConnAck(), new Publish("a", "1"), new Publish("a", "2") }, "sent"));
        await tested.Peer.ExpectPacketAsync(new ConnAck());
        await tested.Peer.ExpectPacketAsync(new Publish("a", "1"));
        await tested.Peer.ExpectPacketAsync(new Publish("a", "2"));
        await tested.Commander.ExpectMsgAsync("sent", Soon);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(1000)]
    public async Task A_batch_for_many_reaches_connections_of_every_version_between_what_else_they_are_told(int messages)
    {
        var packets = Enumerable.Range(0, messages).Select(at => (MqttPacket)new Publish("a/b", $"message {at}")).ToArray();
        var batch = Mqtt.WriteBatch.ForMany(packets);
        foreach (var version in new[] { MqttVersion.V31, MqttVersion.V5, MqttVersion.V311, MqttVersion.V5 })
        {
            var tested = await OpenAsync(MqttRole.Server, Stage.Open, version);
            tested.Tell(new Publish("before", "x"));
            tested.Tell(batch with { Ack = "first" });
            tested.Tell(new Publish("between", "x"));
            tested.Tell(batch with { Ack = "second" });
            await tested.Peer.ExpectPacketAsync(new Publish("before", "x"));
            foreach (var packet in packets)
                await tested.Peer.ExpectPacketAsync(packet);
            await tested.Peer.ExpectPacketAsync(new Publish("between", "x"));
            foreach (var packet in packets)
                await tested.Peer.ExpectPacketAsync(packet);
            await tested.Commander.ExpectMsgAsync("first", Soon);
            await tested.Commander.ExpectMsgAsync("second", Soon);
        }
    }

    [Fact]
    public async Task A_batch_for_many_is_refused_where_it_would_be_as_a_batch_like_others()
    {
        var properties = Mqtt.WriteBatch.ForMany(new MqttPacket[] { new Publish("a", "x") { Properties = new() { ContentType = "t" } } });
        var young = await OpenAsync(MqttRole.Server, Stage.Open, MqttVersion.V5);
        young.Tell(properties);
        await young.Peer.ExpectPacketAsync(properties.Packets[0]);
        var old = await OpenAsync(MqttRole.Server, Stage.Open, MqttVersion.V311);
        old.Tell(properties);
        Assert.Equal(CommandFailure.InvalidPacket, (await old.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon)).Reason);

        var greeted = await OpenAsync(MqttRole.Server, Stage.Greeted, MqttVersion.V5);
        greeted.Tell(Mqtt.WriteBatch.ForMany(new MqttPacket[] { new Publish("a", "x") }));
        Assert.Equal(CommandFailure.OutOfOrder, (await greeted.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon)).Reason);

        var full = await OpenAsync(MqttRole.Server, Stage.Open, MqttVersion.V5, Defaults with { MaxQueuedWriteBytes = 1024 });
        var large = Mqtt.WriteBatch.ForMany(new MqttPacket[] { new Publish("a", new byte[300_000]) });
        full.Tell(large with { Ack = "written" });
        full.Tell(large);
        Assert.Equal(CommandFailure.QueueFull, (await full.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon)).Reason);
        await full.Peer.ExpectPacketAsync(large.Packets[0]);
        await full.Commander.ExpectMsgAsync("written", Soon); // the peer has it before the connection knows that there is room again
        full.Tell(new Publish("goes on", "x"));
        await full.Peer.ExpectPacketAsync(new Publish("goes on", "x"));
    }

    [Fact]
    public async Task Large_payloads_go_out_between_small_packets_in_order_and_whole()
    {
        var tested = await OpenAsync(MqttRole.Server, Stage.Open, MqttVersion.V5);
        var random = new Random(1);
        var packets = new List<MqttPacket>();
        foreach (var size in new[] { 4095, 4096, 10, 200_000, 0, 5000, 5000, 131_072, 70_000, 1 })
        {
            var payload = new byte[size];
            random.NextBytes(payload);
            packets.Add(new Publish("large/é", payload));
            packets.Add(new PubAck(1));
        }
        tested.Tell(new Mqtt.WriteBatch(packets.ToArray(), "sent"));
        foreach (var packet in packets)
            tested.Tell(packet);
        for (var times = 0; times < 2; times++)
        {
            foreach (var packet in packets)
                await tested.Peer.ExpectPacketAsync(packet);
        }
        await tested.Commander.ExpectMsgAsync("sent", Soon);
    }

    [Fact]
    public async Task A_batch_of_a_client_may_not_hide_CONNECT()
    {
        var tested = await OpenAsync(MqttRole.Client);
        tested.Tell(new Mqtt.WriteBatch(new MqttPacket[] { Hello, new PingReq() }));
        Assert.Equal(CommandFailure.OutOfOrder, (await tested.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon)).Reason);
        tested.Tell(new Mqtt.WriteBatch(new MqttPacket[] { Hello }));
        await tested.Peer.ExpectPacketAsync(Hello);
    }

    [Fact]
    public async Task What_is_told_before_a_handler_is_registered_goes_out_in_order_when_it_is()
    {
        var tested = await OpenAsync(MqttRole.Client, register: false);
        tested.Tell(Hello);
        for (var i = 0; i < 10; i++)
            tested.Tell(new Mqtt.Write(new Publish("a", $"{i}"), i));
        await tested.Peer.ExpectNoPacketAsync(Quiet);
        tested.Tell(new Mqtt.Register(tested.Handler));
        await tested.Peer.ExpectPacketAsync(Hello);
        for (var i = 0; i < 10; i++)
        {
            await tested.Peer.ExpectPacketAsync(new Publish("a", $"{i}"));
            await tested.Commander.ExpectMsgAsync(i, Soon);
        }
    }

    [Fact]
    public async Task A_stalled_peer_fills_the_write_queue_and_no_more_and_all_that_was_taken_arrives()
    {
        const int size = 10_000;
        var settings = Defaults with { MaxQueuedWriteBytes = 20 * size, WriteChunkSize = 2 * size };
        var tested = await OpenAsync(MqttRole.Server, Stage.Open, MqttVersion.V5, settings);
        var told = 0;
        var taken = new List<int>();
        Mqtt.CommandFailed? full = null;
        while (full is null)
        {
            // An echo of the connection behind each packet tells what became of it.
            tested.Tell(new Mqtt.Write(Numbered(told), told));
            tested.Tell(new Mqtt.Request(1));
            while (true)
            {
                var answer = await tested.Commander.ReceiveOneAsync(Soon);
                if (answer is Mqtt.CommandFailed { Reason: CommandFailure.NotSupported })
                    break;
                full ??= answer as Mqtt.CommandFailed;
            }

            if (full is null)
                taken.Add(told);
            told++;
        }

        Assert.Equal((CommandFailure.QueueFull, ReasonCode.QuotaExceeded), (full.Reason, full.ReasonCode));
        // The queue, the link, and what was being written.
        var most = (settings.MaxQueuedWriteBytes + InMemoryLink.DefaultCapacity) / size + 5;
        Assert.InRange(taken.Count, settings.MaxQueuedWriteBytes / size - 2, most);
        foreach (var number in taken)
            await tested.Peer.ExpectPacketAsync(Numbered(number));
        tested.Tell(new Mqtt.Write(Numbered(told), "goes on"));
        await tested.Peer.ExpectPacketAsync(Numbered(told));
        await tested.Commander.FishForMessageAsync(message => message is "goes on", Soon);
    }

    [Fact]
    public async Task A_packet_larger_than_the_write_queue_is_taken_behind_what_waits()
    {
        var settings = Defaults with { MaxQueuedWriteBytes = 1024 };
        var tested = await OpenAsync(MqttRole.Server, Stage.Open, MqttVersion.V5, settings);
        tested.Tell(new Publish("a", "first"));
        tested.Tell(new Mqtt.Write(new Publish("a", new byte[300_000]), "large"));
        tested.Tell(new Publish("a", "too much"));
        Assert.Equal(CommandFailure.QueueFull, (await tested.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon)).Reason);
        await tested.Peer.ExpectPacketAsync(new Publish("a", "first"));
        await tested.Peer.ExpectPacketAsync(new Publish("a", new byte[300_000]));
        await tested.Commander.ExpectMsgAsync("large", Soon);
    }

    [Fact]
    public async Task Acknowledgements_come_in_the_order_of_the_commands()
    {
        var tested = await OpenAsync(MqttRole.Server, Stage.Open, MqttVersion.V5, Defaults with { WriteChunkSize = 1024 });
        for (var i = 0; i < 300; i += 3)
        {
            tested.Tell(new Mqtt.Write(new Publish("a", new byte[i * 5]), i));
            tested.Tell(new Mqtt.WriteBatch(new MqttPacket[] { new Publish("a", "x"), new Publish("a", new byte[700]) }, i + 1));
            tested.Tell(new Publish("a", "without"));
            tested.Tell(new Mqtt.Write(new Publish("a", "x"), i + 2));
        }

        var reading = Task.Run(async () =>
        {
            for (var i = 0; i < 500; i++)
                await tested.Peer.ExpectPacketAsync<Publish>(Soon);
        });
        for (var i = 0; i < 300; i++)
            await tested.Commander.ExpectMsgAsync(i, Soon);
        await reading;
    }

    [Fact]
    public async Task What_is_told_to_a_closing_connection_fails_and_what_it_had_taken_is_sent()
    {
        var tested = await OpenAsync(MqttRole.Server, Stage.Open, MqttVersion.V5);
        tested.Tell(new Mqtt.Write(new Publish("a", new byte[100_000]), "first"));
        tested.Tell(Mqtt.Close.Instance);
        tested.Tell(new Mqtt.Write(new Publish("a", "late"), "never"));
        tested.Tell(new Mqtt.WriteBatch(new MqttPacket[] { new Publish("a", "late") }, "never"));
        tested.Tell(new Publish("a", "late"));
        for (var i = 0; i < 3; i++)
            Assert.Equal(CommandFailure.ConnectionClosed, (await tested.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon)).Reason);
        await tested.Peer.ExpectPacketAsync(new Publish("a", new byte[100_000]));
        await tested.Commander.ExpectMsgAsync("first", Soon);
        await tested.Peer.ExpectClosedAsync();
        tested.Peer.Close();
        await tested.Commander.ExpectMsgAsync<Mqtt.Closed>(Soon);
    }

    [Fact]
    public async Task An_abort_fails_what_waits_to_be_written()
    {
        var tested = await OpenAsync(MqttRole.Server, Stage.Open, MqttVersion.V5);
        for (var i = 0; i < 20; i++)
            tested.Tell(new Mqtt.Write(new Publish("a", new byte[100_000]), "never"));
        tested.Tell(Mqtt.Abort.Instance);
        for (var i = 0; i < 20; i++)
        {
            var failed = await tested.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
            Assert.Equal(CommandFailure.ConnectionClosed, failed.Reason);
            Assert.IsType<Mqtt.Write>(failed.Command);
        }

        await tested.Commander.ExpectMsgAsync<Mqtt.Aborted>(Soon);
        await tested.Handler.ExpectMsgAsync<Mqtt.Aborted>(Soon);
    }

    [Fact]
    public async Task Commands_that_do_not_fit_are_answered()
    {
        var tested = await OpenAsync(MqttRole.Server, Stage.Open, MqttVersion.V5);
        foreach (var command in new Mqtt.Command[] { new Mqtt.Register(TestActor), new Mqtt.Request(1), Mqtt.Unbind.Instance })
        {
            tested.Tell(command);
            var failed = await tested.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
            Assert.Equal((CommandFailure.NotSupported, command), (failed.Reason, failed.Command));
        }

        var pulling = await OpenAsync(MqttRole.Server, delivery: MqttDelivery.Pull);
        pulling.Tell(new Mqtt.Request(0));
        Assert.Equal(CommandFailure.NotSupported, (await pulling.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon)).Reason);

        var manager = CreateTestProbe();
        manager.Send(Sys.Mqtt(), Hello);
        await manager.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
        manager.Send(Sys.Mqtt(), Mqtt.Close.Instance);
        await manager.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
    }

    private static Publish Numbered(int number)
    {
        var payload = new byte[10_000];
        BitConverter.TryWriteBytes(payload, number);
        return new Publish("a", payload);
    }
}
