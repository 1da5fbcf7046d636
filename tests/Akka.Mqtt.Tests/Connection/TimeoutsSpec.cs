using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>What happens when, in virtual time: a minute passes in no time, and nothing passes by itself.</summary>
public sealed class TimeoutsSpec(ITestOutputHelper output) : MqttSpec(output, VirtualScheduler.Use)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private MqttConnectionSettings Settings => MqttExt.Get(Sys).Settings;

    private VirtualScheduler Time => (VirtualScheduler)Sys.Scheduler;

    [Fact]
    public async Task A_connection_without_a_handler_ends_after_the_register_timeout()
    {
        var (connection, _) = await AttachAsync(MqttRole.Client);
        await PassAsync(connection, Settings.RegisterTimeout - Tick);
        await ExpectNoMsgAsync(Quiet);
        await PassAsync(connection, Tick);
        Assert.Equal(CloseReason.RegisterTimeout, (await ExpectMsgAsync<Mqtt.ErrorClosed>(Soon)).Reason);
    }

    [Fact]
    public async Task A_client_without_CONNECT_ends_after_the_connect_timeout()
    {
        var (connection, peer) = await OpenAsync(MqttRole.Server);
        await peer.SendBytesAsync("10");
        await PassAsync(connection, Settings.ConnectTimeout!.Value - Tick);
        await ExpectNoMsgAsync(Quiet);
        await PassAsync(connection, Tick);
        Assert.Equal(CloseReason.ConnectTimeout, (await ExpectMsgAsync<Mqtt.ErrorClosed>(Soon)).Reason);
        await peer.ExpectClosedAsync(); // without a word: it did not say which version it speaks
    }

    [Fact]
    public async Task A_connect_timeout_that_is_off_waits_for_ever()
    {
        var (connection, _) = await OpenAsync(MqttRole.Server, Settings with { ConnectTimeout = null });
        await PassAsync(connection, TimeSpan.FromDays(1));
        await ExpectNoMsgAsync(Quiet);
    }

    [Fact]
    public async Task A_client_side_connection_has_no_connect_timeout()
    {
        var (connection, _) = await OpenAsync(MqttRole.Client);
        await PassAsync(connection, TimeSpan.FromDays(1));
        await ExpectNoMsgAsync(Quiet);
    }

    [Fact]
    public async Task A_close_that_the_peer_does_not_take_ends_after_the_close_timeout()
    {
        var (connection, _) = await GreetedAsync(new Connect { ClientId = "c", KeepAlive = 0 });
        connection.Tell(new Mqtt.Write(new Publish("a", new byte[1 << 20]), "never"), TestActor);
        connection.Tell(Mqtt.Close.Instance, TestActor);
        await PassAsync(connection, Settings.CloseTimeout - Tick);
        await ExpectNoMsgAsync(Quiet);
        await PassAsync(connection, Tick);
        Assert.Equal(CommandFailure.ConnectionClosed, (await ExpectMsgAsync<Mqtt.CommandFailed>(Soon)).Reason);
        await ExpectMsgAsync<Mqtt.Closed>(Soon);
        await ExpectNoMsgAsync(Quiet);
    }

    [Fact]
    public async Task A_peer_that_takes_nothing_ends_after_the_write_timeout()
    {
        var (connection, _) = await GreetedAsync(new Connect { ClientId = "c", KeepAlive = 0 });
        connection.Tell(new Publish("a", new byte[1 << 20]), TestActor);
        await PassAsync(connection, Settings.WriteTimeout!.Value - Tick);
        await ExpectNoMsgAsync(Quiet);
        await PassAsync(connection, Tick);
        Assert.Equal(CloseReason.WriteTimeout, (await ExpectMsgAsync<Mqtt.ErrorClosed>(Soon)).Reason);
    }

    [Fact]
    public async Task A_peer_that_takes_something_now_and_then_keeps_its_connection()
    {
        var (connection, peer) = await GreetedAsync(new Connect { ClientId = "c", KeepAlive = 0 });
        for (var i = 0; i < 10; i++)
        {
            connection.Tell(new Mqtt.Write(new Publish("a", new byte[200_000]), i), TestActor);
            await PassAsync(connection, Settings.WriteTimeout!.Value * 0.9);
            await peer.ExpectPacketAsync<Publish>();
            await ExpectMsgAsync(i, Soon);
        }
    }

    [Fact]
    public async Task A_write_timeout_that_is_off_waits_for_ever()
    {
        var (connection, _) = await GreetedAsync(new Connect { ClientId = "c", KeepAlive = 0 }, null, Settings with { WriteTimeout = null });
        connection.Tell(new Publish("a", new byte[1 << 20]), TestActor);
        await PassAsync(connection, TimeSpan.FromDays(1));
        await ExpectNoMsgAsync(Quiet);
        connection.Tell(Mqtt.Abort.Instance, TestActor); // otherwise the actor system waits for the peer when it ends
        await ExpectMsgAsync<Mqtt.Aborted>(Soon);
    }

    [Theory]
    [InlineData(MqttVersion.V5)]
    [InlineData(MqttVersion.V311)]
    public async Task A_client_that_is_silent_for_one_and_a_half_keep_alives_is_closed(MqttVersion version)
    {
        var (connection, peer) = await GreetedAsync(new Connect { ClientId = "c", KeepAlive = 10, Version = version });
        await PassAsync(connection, TimeSpan.FromSeconds(15) - Tick);
        await ExpectNoMsgAsync(Quiet);
        await PassAsync(connection, Tick);
        var closed = await ExpectMsgAsync<Mqtt.ErrorClosed>(Soon);
        Assert.Equal((CloseReason.KeepAliveTimeout, ReasonCode.KeepAliveTimeout), (closed.Reason, closed.ReasonCode));
        if (version == MqttVersion.V5)
            await peer.ExpectPacketAsync<Disconnect>(words => words.ReasonCode == ReasonCode.KeepAliveTimeout);
        await peer.ExpectClosedAsync();
    }

    [Fact]
    public async Task A_client_that_is_silent_before_CONNACK_is_closed_too()
    {
        var (connection, peer) = await OpenAsync(MqttRole.Server);
        await peer.SendPacketAsync(new Connect { ClientId = "c", KeepAlive = 10 });
        await ExpectMsgAsync<Connect>(Soon);
        await PassAsync(connection, TimeSpan.FromSeconds(15));
        Assert.Equal(CloseReason.KeepAliveTimeout, (await ExpectMsgAsync<Mqtt.ErrorClosed>(Soon)).Reason);
        await peer.ExpectClosedAsync();
    }

    [Fact]
    public async Task Any_packet_of_the_client_keeps_it_alive_and_ours_do_not()
    {
        var (connection, peer) = await GreetedAsync(new Connect { ClientId = "c", KeepAlive = 10 });
        for (var i = 0; i < 5; i++)
        {
            await PassAsync(connection, TimeSpan.FromSeconds(14));
            await peer.SendPacketAsync(new PingReq());
            await ExpectMsgAsync<PingReq>(Soon);
        }

        connection.Tell(new Publish("a", "x"), TestActor);
        await peer.ExpectPacketAsync<Publish>();
        await PassAsync(connection, TimeSpan.FromSeconds(14));
        connection.Tell(new Publish("a", "x"), TestActor);
        await peer.ExpectPacketAsync<Publish>();
        await ExpectNoMsgAsync(Quiet);
        await PassAsync(connection, TimeSpan.FromSeconds(1));
        Assert.Equal(CloseReason.KeepAliveTimeout, (await ExpectMsgAsync<Mqtt.ErrorClosed>(Soon)).Reason);
    }

    [Theory]
    [InlineData(10, 100)]
    [InlineData(100, 10)]
    [InlineData(0, 20)]
    public async Task The_keep_alive_of_the_server_comes_before_the_client_s(ushort clients, ushort servers)
    {
        var answer = new ConnAck { Properties = new ConnAckProperties { ServerKeepAlive = servers } };
        var (connection, _) = await GreetedAsync(new Connect { ClientId = "c", KeepAlive = clients }, answer);
        await PassAsync(connection, (TimeSpan.FromSeconds(servers) * 1.5) - Tick);
        await ExpectNoMsgAsync(Quiet);
        await PassAsync(connection, Tick);
        Assert.Equal(CloseReason.KeepAliveTimeout, (await ExpectMsgAsync<Mqtt.ErrorClosed>(Soon)).Reason);
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(10, 0)]
    public async Task A_keep_alive_of_zero_never_ends_a_connection(int clients, int? servers)
    {
        var answer = servers is { } keepAlive ? new ConnAck { Properties = new ConnAckProperties { ServerKeepAlive = (ushort)keepAlive } } : null;
        var (connection, _) = await GreetedAsync(new Connect { ClientId = "c", KeepAlive = (ushort)clients }, answer);
        await PassAsync(connection, TimeSpan.FromDays(1));
        await ExpectNoMsgAsync(Quiet);
    }

    [Fact]
    public async Task A_batch_that_was_refused_leaves_the_keep_alive_as_it_was()
    {
        var (connection, peer) = await OpenAsync(MqttRole.Server);
        await peer.SendPacketAsync(new Connect { ClientId = "c", KeepAlive = 10 });
        await ExpectMsgAsync<Connect>(Soon);
        var off = new ConnAck { Properties = new ConnAckProperties { ServerKeepAlive = 0 } };
        connection.Tell(new Mqtt.WriteBatch(new MqttPacket[] { off, off }), TestActor);
        Assert.Equal(CommandFailure.OutOfOrder, (await ExpectMsgAsync<Mqtt.CommandFailed>(Soon)).Reason);
        await PassAsync(connection, TimeSpan.FromSeconds(15));
        Assert.Equal(CloseReason.KeepAliveTimeout, (await ExpectMsgAsync<Mqtt.ErrorClosed>(Soon)).Reason);
    }

    [Fact]
    public async Task A_keep_alive_factor_of_zero_leaves_it_to_the_handler()
    {
        var (connection, _) = await GreetedAsync(new Connect { ClientId = "c", KeepAlive = 1 }, null, Settings with { KeepAliveFactor = 0 });
        await PassAsync(connection, TimeSpan.FromDays(1));
        await ExpectNoMsgAsync(Quiet);
    }

    [Fact]
    public async Task Silence_is_not_the_client_s_while_our_own_handler_does_not_read()
    {
        var (connection, peer) = await OpenAsync(MqttRole.Server, delivery: MqttDelivery.Pull);
        await peer.SendPacketAsync(new Connect { ClientId = "c", KeepAlive = 10 }, new PingReq());
        connection.Tell(new Mqtt.Request(1), TestActor);
        await ExpectMsgAsync<Connect>(Soon);
        for (var i = 0; i < 20; i++)
            await PassAsync(connection, TimeSpan.FromSeconds(10));
        await ExpectNoMsgAsync(Quiet);
        connection.Tell(new Mqtt.Request(1), TestActor);
        await ExpectMsgAsync<PingReq>(Soon);
        await PassAsync(connection, TimeSpan.FromSeconds(14));
        await ExpectNoMsgAsync(Quiet);
        await PassAsync(connection, TimeSpan.FromSeconds(15));
        Assert.Equal(CloseReason.KeepAliveTimeout, (await ExpectMsgAsync<Mqtt.ErrorClosed>(Soon)).Reason);
    }

    private async Task<(IActorRef Connection, MqttProbe Peer)> AttachAsync(MqttRole role, MqttConnectionSettings? settings = null)
    {
        var peer = this.AttachMqttProbe(TestActor, role, settings: settings);
        return ((await ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection, peer);
    }

    private async Task<(IActorRef Connection, MqttProbe Peer)> OpenAsync(
        MqttRole role, MqttConnectionSettings? settings = null, MqttDelivery delivery = MqttDelivery.EachPacket)
    {
        var (connection, peer) = await AttachAsync(role, settings);
        connection.Tell(new Mqtt.Register(TestActor) { Delivery = delivery }, TestActor);
        await HasHandledAsync(connection);
        return (connection, peer);
    }

    private async Task<(IActorRef Connection, MqttProbe Peer)> GreetedAsync(
        Connect hello, ConnAck? answer = null, MqttConnectionSettings? settings = null)
    {
        var (connection, peer) = await OpenAsync(MqttRole.Server, settings);
        await peer.SendPacketAsync(hello);
        await ExpectMsgAsync(hello, Soon);
        connection.Tell(new Mqtt.Write(answer ?? new ConnAck(), "written"), TestActor);
        await peer.ExpectPacketAsync(answer ?? new ConnAck());
        await ExpectMsgAsync("written", Soon); // the peer may have it before the connection knows: a day that passes between is a write timeout
        return (connection, peer);
    }

    /// <summary>Lets time pass when the connection has handled what it was told, and waits until it has handled what came of it.</summary>
    private async Task PassAsync(IActorRef connection, TimeSpan time)
    {
        await HasHandledAsync(connection);
        Time.Advance(time);
        await HasHandledAsync(connection);
    }

    private async Task HasHandledAsync(IActorRef connection)
    {
        var asker = CreateTestProbe();
        await asker.WatchAsync(connection);
        asker.Send(connection, new Identify(null));
        await asker.FishForMessageAsync(message => message is ActorIdentity or Terminated, Soon);
    }
}
