using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>What every connection does, whatever is under it: run once per transport.</summary>
public abstract class ConnectionBehaviourSpec : MqttSpec
{
    private static readonly Connect Hello = new() { ClientId = "c", Version = MqttVersion.V5 };

    protected ConnectionBehaviourSpec(ITestOutputHelper output, string config = "")
        : base(output, config)
    {
    }

    protected abstract MqttTransport Kind { get; }

    /// <summary>Opens a connection: <see cref="Mqtt.Connected"/> goes to the commander on the client side, to the acceptor on the server side.</summary>
    protected abstract Task OpenAsync(TestProbe commander, TestProbe acceptor);

    [Fact]
    public async Task A_packet_told_to_one_side_arrives_at_the_handler_of_the_other_as_the_same_packet()
    {
        var (client, server) = await PairAsync(Hello);
        server.Tell(new ConnAck());
        await client.Handler.ExpectMsgAsync(new ConnAck(), Soon);
        client.Tell(new Publish("a", "x"));
        await server.Handler.ExpectMsgAsync(new Publish("a", "x"), Soon);
        Assert.Equal(server.Connection, server.Handler.LastSender);
        server.Tell(new Publish("b", new byte[100_000]) { QoS = QualityOfService.AtLeastOnce, PacketId = 7 });
        var large = await client.Handler.ExpectMsgAsync<Publish>(Soon);
        Assert.Equal(new Publish("b", new byte[100_000]) { QoS = QualityOfService.AtLeastOnce, PacketId = 7 }, large);
        Assert.Equal(MqttPacketType.Publish, large.Header!.Value.Type);
    }

    [Fact]
    public async Task Nothing_is_delivered_while_reading_is_suspended_and_nothing_is_lost()
    {
        var (client, server) = await PairAsync(Hello);
        server.Tell(new ConnAck());
        await client.Handler.ExpectMsgAsync(new ConnAck(), Soon);
        server.Tell(Mqtt.SuspendReading.Instance);
        server.Tell(new Publish("marker"));
        await client.Handler.ExpectMsgAsync(new Publish("marker"), Soon); // reading is suspended now, but for one batch that was asked for
        for (var at = 0; at < 50; at++)
        {
            client.Tell(new Publish("t", $"{at}"));
            client.Tell(new Publish("sync"));
            if (at == 0)
                await server.Handler.ExpectMsgAsync(new Publish("t", "0"), Soon);
        }
        server.Tell(Mqtt.ResumeReading.Instance);
        for (var at = 1; at < 50; at++)
            await server.Handler.FishForMessageAsync(message => message is Publish publish && publish == new Publish("t", $"{at}"), Soon);
    }

    [Fact]
    public async Task Both_sides_learn_addresses_and_kind_of_the_transport()
    {
        var (client, server) = await PairAsync(Hello);
        Assert.Equal(Kind, client.Connected.Transport.Kind);
        Assert.Equal(Kind, server.Connected.Transport.Kind);
        Assert.Equal(MqttRole.Client, client.Connected.Role);
        Assert.Equal(MqttRole.Server, server.Connected.Role);
    }

    [Theory]
    [InlineData(MqttVersion.V31)]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task The_server_side_learns_the_version_from_the_first_CONNECT(MqttVersion version)
    {
        var (client, server) = await PairAsync(Hello with { Version = version });
        server.Tell(new ConnAck());
        await client.Handler.ExpectMsgAsync(new ConnAck(), Soon);
        client.Tell(new Subscribe(1, "a/#"));
        await server.Handler.ExpectMsgAsync(new Subscribe(1, "a/#"), Soon);
    }

    [Fact]
    public async Task A_thousand_packets_in_one_batch_arrive_in_order()
    {
        var (client, server) = await PairAsync(Hello);
        var packets = Enumerable.Range(1, 1000).Select(i => (MqttPacket)new Publish("t", BitConverter.GetBytes(i))).ToArray();
        client.Commander.Send(client.Connection, new Mqtt.WriteBatch(packets, "sent"));
        await client.Commander.ExpectMsgAsync("sent", Soon);
        foreach (var packet in packets)
            await server.Handler.ExpectMsgAsync(packet, Soon);
    }

    [Fact]
    public async Task A_write_is_acknowledged_when_it_has_gone_to_the_transport()
    {
        var (client, server) = await PairAsync(Hello);
        for (var i = 0; i < 100; i++)
            client.Commander.Send(client.Connection, new Mqtt.Write(new Publish("a", "x"), ack: i));
        for (var i = 0; i < 100; i++)
            await client.Commander.ExpectMsgAsync(i, Soon);
        for (var i = 0; i < 100; i++)
            await server.Handler.ExpectMsgAsync(new Publish("a", "x"), Soon);
    }

    [Fact]
    public async Task Closing_sends_what_is_queued_first_and_tells_each_handler_once()
    {
        var (client, server) = await PairAsync(Hello);
        for (var i = 0; i < 50; i++)
            client.Tell(new Publish("a", new byte[10_000]));
        client.Commander.Send(client.Connection, Mqtt.Close.Instance);
        for (var i = 0; i < 50; i++)
            await server.Handler.ExpectMsgAsync<Publish>(Soon);
        await server.Handler.ExpectMsgAsync<Mqtt.PeerClosed>(Soon);
        await client.Handler.ExpectMsgAsync<Mqtt.Closed>(Soon);
        await client.Commander.ExpectMsgAsync<Mqtt.Closed>(Soon);
        await client.Handler.ExpectNoMsgAsync(Quiet);
        await server.Handler.ExpectNoMsgAsync(Quiet);
    }

    [Fact]
    public async Task Aborting_ends_both_sides()
    {
        var (client, server) = await PairAsync(Hello);
        client.Tell(Mqtt.Abort.Instance);
        await client.Handler.ExpectMsgAsync<Mqtt.Aborted>(Soon);
        await server.Handler.ExpectMsgAsync<Mqtt.ConnectionClosed>(Soon);
    }

    [Fact]
    public async Task A_handler_that_dies_closes_its_connection()
    {
        var (client, server) = await PairAsync(Hello);
        await WatchAsync(server.Connection);
        Sys.Stop(server.Handler);
        await client.Handler.ExpectMsgAsync<Mqtt.PeerClosed>(Soon);
        await ExpectTerminatedAsync(server.Connection, Soon);
    }

    [Fact]
    public async Task A_handler_that_takes_batches_gets_all_packets_in_order()
    {
        var (client, server) = await PairAsync(null, MqttDelivery.Batches);
        client.Tell(Hello);
        var packets = Enumerable.Range(1, 500).Select(i => (MqttPacket)new Publish("t", BitConverter.GetBytes(i))).ToArray();
        client.Tell(new Mqtt.WriteBatch(packets));
        var received = new List<MqttPacket>();
        while (received.Count < 501)
            received.AddRange((await server.Handler.ExpectMsgAsync<Mqtt.Received>(Soon)).Packets);
        Assert.Equal(packets.Prepend(Hello), received);
    }

    [Fact]
    public async Task A_handler_that_pulls_gets_as_many_packets_as_it_asked_for()
    {
        var (client, server) = await PairAsync(null, MqttDelivery.Pull);
        client.Tell(Hello);
        for (var i = 1; i <= 10; i++)
            client.Tell(new Publish("t", BitConverter.GetBytes(i)));
        await server.Handler.ExpectNoMsgAsync(Quiet);
        server.Tell(new Mqtt.Request(1));
        await server.Handler.ExpectMsgAsync(Hello, Soon);
        await server.Handler.ExpectNoMsgAsync(Quiet);
        server.Tell(new Mqtt.Request(4));
        server.Tell(new Mqtt.Request(6));
        for (var i = 1; i <= 10; i++)
            await server.Handler.ExpectMsgAsync(new Publish("t", BitConverter.GetBytes(i)), Soon);
    }

    [Fact]
    public async Task A_packet_that_may_not_be_sent_now_fails_to_its_sender_and_nothing_is_written()
    {
        var (client, server) = await PairAsync(Hello);
        server.Tell(new ConnAck());
        await client.Handler.ExpectMsgAsync(new ConnAck(), Soon);
        client.Tell(new Auth(ReasonCode.ContinueAuthentication) { Properties = new AuthProperties { AuthenticationMethod = "m" } });
        // Without a method in CONNECT our own side refuses AUTH before a byte is written [MQTT-4.12.0-7].
        Assert.Equal(CommandFailure.OutOfOrder, (await client.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon)).Reason);
        client.Tell(new Publish("a", "x"));
        await server.Handler.ExpectMsgAsync(new Publish("a", "x"), Soon);
    }

    [Fact]
    public async Task A_handler_can_hand_its_connection_over_and_the_next_one_gets_all_that_was_not_delivered()
    {
        var (client, server) = await PairAsync(null, MqttDelivery.Pull);
        client.Tell(Hello);
        var packets = Numbered(1, 400);
        client.Commander.Send(client.Connection, new Mqtt.WriteBatch(packets, "sent"));
        await client.Commander.ExpectMsgAsync("sent", Soon);
        server.Tell(new Mqtt.Request(1));
        await server.Handler.ExpectMsgAsync(Hello, Soon);
        var session = CreateTestProbe("session");

        var register = new Mqtt.Register(session) { Delivery = MqttDelivery.Batches, Ack = "registered" };
        server.Connection.Tell(register, server.Handler);

        await server.Handler.ExpectMsgAsync("registered", Soon);
        Assert.Equal(packets, await BatchesAsync(session, 400));
        Sys.Stop(server.Handler); // it is nothing to the connection any more
        client.Tell(new Publish("t", "after"));
        Assert.Equal(new Publish("t", "after"), Assert.Single((await session.ExpectMsgAsync<Mqtt.Received>(Soon)).Packets));
        server.Tell(new ConnAck());
        await client.Handler.ExpectMsgAsync(new ConnAck(), Soon);
        await server.Handler.ExpectNoMsgAsync(TimeSpan.Zero);
        await WatchAsync(server.Connection);
        Sys.Stop(session);
        await client.Handler.ExpectMsgAsync<Mqtt.PeerClosed>(Soon);
        await ExpectTerminatedAsync(server.Connection, Soon);
    }

    [Fact]
    public async Task Handlers_that_follow_each_other_get_each_packet_once_and_in_order_whatever_their_delivery()
    {
        var (client, server) = await PairAsync(Hello);
        MqttDelivery[] order = [MqttDelivery.Batches, MqttDelivery.Pull, MqttDelivery.EachPacket, MqttDelivery.Pull, MqttDelivery.Batches];
        var received = new List<MqttPacket>();
        var handler = server.Handler;
        var sent = 0;
        for (var round = 0; round < 20; round++)
        {
            for (var i = 0; i < 20; i++)
                client.Tell(new Publish("t", BitConverter.GetBytes(++sent)));
            var next = CreateTestProbe();
            server.Connection.Tell(new Mqtt.Register(next) { Delivery = order[round % order.Length], Ack = "registered" }, handler);
            await TakeAsync(handler, received, "registered");
            if (order[round % order.Length] == MqttDelivery.Pull)
                server.Tell(new Mqtt.Request(7));
            handler = next;
        }

        server.Connection.Tell(new Mqtt.Register(handler) { Ack = "registered" }, handler);
        await TakeAsync(handler, received, "registered");
        client.Tell(new Publish("last")); // now: before, it could come in a batch
        await TakeAsync(handler, received, new Publish("last"));
        Assert.Equal(Numbered(1, sent), received);
    }

    [Fact]
    public async Task Only_the_handler_that_has_a_connection_can_hand_it_over()
    {
        var (client, server) = await PairAsync(Hello);
        var (thief, accomplice) = (CreateTestProbe(), CreateTestProbe());
        var register = new Mqtt.Register(accomplice) { Ack = "registered" };
        thief.Send(server.Connection, register);
        var failed = await thief.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
        Assert.Equal((CommandFailure.NotSupported, register), (failed.Reason, failed.Command));
        var impossible = new Mqtt.Register(accomplice) { Delivery = MqttDelivery.Batches, PayloadEncoding = System.Text.Encoding.UTF8 };
        server.Connection.Tell(impossible, server.Handler);
        Assert.Equal(impossible, (await server.Handler.ExpectMsgAsync<Mqtt.CommandFailed>(Soon)).Command);
        client.Tell(new Publish("a", "x"));
        await server.Handler.ExpectMsgAsync(new Publish("a", "x"), Soon);
        server.Connection.Tell(register, server.Handler);
        await server.Handler.ExpectMsgAsync("registered", Soon);
        server.Connection.Tell(register, server.Handler); // it has it no longer
        await server.Handler.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
    }

    [Fact]
    public async Task A_suspension_of_reading_ends_when_another_handler_takes_over()
    {
        var (client, server) = await PairAsync(Hello);
        server.Tell(Mqtt.SuspendReading.Instance);
        server.Tell(new ConnAck());
        await client.Handler.ExpectMsgAsync(new ConnAck(), Soon);
        for (var at = 0; at < 50; at++)
            client.Tell(new Publish("t", $"{at}"));
        var received = new List<MqttPacket> { await server.Handler.ExpectMsgAsync<Publish>(Soon) }; // that was asked for before
        var session = CreateTestProbe();
        server.Connection.Tell(new Mqtt.Register(session) { Ack = "registered" }, server.Handler);
        await TakeAsync(server.Handler, received, "registered");
        while (received.Count < 50)
            received.Add(await session.ExpectMsgAsync<Publish>(Soon));
        Assert.Equal(Enumerable.Range(0, 50).Select(at => (MqttPacket)new Publish("t", $"{at}")), received);
    }

    [Theory]
    [InlineData(MqttDelivery.EachPacket)]
    [InlineData(MqttDelivery.Batches)]
    [InlineData(MqttDelivery.Pull)]
    public async Task A_connection_can_be_handed_over_when_the_peer_has_closed_already(MqttDelivery delivery)
    {
        var (client, server) = await PairAsync(null, MqttDelivery.Pull, keepOpen: true);
        client.Tell(Hello);
        foreach (var packet in Numbered(1, 10))
            client.Tell(packet);
        client.Tell(Mqtt.Close.Instance);
        await server.Handler.ExpectMsgAsync(new Mqtt.InboundClosed(PacketsWait: true), Soon); // though it asked for nothing
        server.Tell(new Mqtt.Request(1));
        await server.Handler.ExpectMsgAsync(Hello, Soon);
        var session = CreateTestProbe();
        server.Connection.Tell(new Mqtt.Register(session) { Delivery = delivery, KeepOpenOnPeerClosed = true }, server.Handler);
        if (delivery == MqttDelivery.Pull)
        {
            await session.ExpectMsgAsync(new Mqtt.InboundClosed(PacketsWait: true), Soon);
            server.Tell(new Mqtt.Request(10));
        }

        var received = new List<MqttPacket>();
        await TakeAsync(session, received, new Mqtt.InboundClosed(PacketsWait: false));
        Assert.Equal(Numbered(1, 10), received);
        session.Send(server.Connection, Mqtt.Close.Instance);
        await session.ExpectMsgAsync(new Mqtt.Closing(Mqtt.PeerClosed.Instance), Soon);
        await session.ExpectMsgAsync<Mqtt.PeerClosed>(Soon);
        await server.Handler.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_handler_that_takes_over_a_connection_that_is_closing_hears_its_end()
    {
        var (_, server) = await PairAsync(Hello);
        var session = CreateTestProbe();
        server.Tell(Mqtt.Close.Instance);
        server.Connection.Tell(new Mqtt.Register(session) { Ack = "registered" }, server.Handler);
        var first = await server.Handler.ExpectMsgAsync<object>(Soon);
        if (first is "registered")
            await session.ExpectMsgAsync<Mqtt.Closed>(Soon);
        else
            Assert.IsType<Mqtt.Closed>(first); // it was over before
        await (first is "registered" ? server.Handler : session).ExpectNoMsgAsync(TimeSpan.Zero);
    }

    private static MqttPacket[] Numbered(int first, int count) =>
        [.. Enumerable.Range(first, count).Select(i => (MqttPacket)new Publish("t", BitConverter.GetBytes(i)))];

    private static async Task<List<MqttPacket>> BatchesAsync(TestProbe handler, int count)
    {
        var received = new List<MqttPacket>();
        while (received.Count < count)
            received.AddRange((await handler.ExpectMsgAsync<Mqtt.Received>(Soon)).Packets);
        return received;
    }

    /// <summary>Takes what a handler gets, in any delivery, up to the last.</summary>
    private static async Task TakeAsync(TestProbe handler, List<MqttPacket> received, object last)
    {
        while (true)
        {
            var message = await handler.ExpectMsgAsync<object>(Soon);
            if (message.Equals(last))
                return;
            if (message is Mqtt.Received batch)
                received.AddRange(batch.Packets);
            else if (message is MqttPacket packet)
                received.Add(packet);
            else
                Assert.Equal("registered", message);
        }
    }

    /// <summary>A connected pair with handlers registered; the client has sent its CONNECT and the server's handler has got it.</summary>
    protected async Task<(Side Client, Side Server)> PairAsync(
        Connect? hello, MqttDelivery delivery = MqttDelivery.EachPacket, bool keepOpen = false)
    {
        var (acceptor, commander) = (CreateTestProbe("acceptor"), CreateTestProbe("commander"));
        await OpenAsync(commander, acceptor);
        var connected = await commander.ExpectMsgAsync<Mqtt.Connected>(Soon);
        Assert.Equal(connected.Connection, commander.LastSender);
        var client = new Side(connected, CreateTestProbe("client-handler"), commander);
        client.Tell(new Mqtt.Register(client.Handler));

        var accepted = await acceptor.ExpectMsgAsync<Mqtt.Connected>(Soon);
        Assert.Equal(accepted.Connection, acceptor.LastSender);
        var server = new Side(accepted, CreateTestProbe("server-handler"), acceptor);
        server.Tell(new Mqtt.Register(server.Handler) { Delivery = delivery, KeepOpenOnPeerClosed = keepOpen });
        if (hello is not null)
        {
            client.Tell(hello);
            await server.Handler.ExpectMsgAsync(hello, Soon);
        }

        return (client, server);
    }

    /// <summary>One side of a pair.</summary>
    protected sealed record Side(Mqtt.Connected Connected, TestProbe Handler, TestProbe Commander)
    {
        public IActorRef Connection => Connected.Connection;

        public void Tell(object message) => Commander.Send(Connection, message);
    }
}
