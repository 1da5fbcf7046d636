using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Remote.Tests;

/// <summary>Both nodes have started the Mqtt extension.</summary>
public sealed class StartedExtensionSpec(ITestOutputHelper output) : RemoteConnectionSpec(output, startsExtension: true);

/// <summary>The other node only has the reference in its configuration, as one that never dials by itself.</summary>
public sealed class ConfiguredNodeSpec(ITestOutputHelper output) : RemoteConnectionSpec(output, startsExtension: false);

/// <summary>A connection whose commander and handler are on another node does what it does for those on its own.</summary>
public abstract class RemoteConnectionSpec(ITestOutputHelper output, bool startsExtension) : RemoteSpec(output, "", startsExtension)
{
    [Fact]
    public async Task A_publish_that_another_node_tells_goes_out_with_its_payload()
    {
        var pair = await OpenAsync();
        await pair.Handler.ExpectMsgAsync(new ConnAck(), Soon);
        pair.Tell(new Publish("t", "hello"));
        Assert.Equal("hello", (await pair.Peer.ExpectMsgAsync<Publish>(Soon)).Payload.ToText());
        pair.Tell(new Subscribe(1, new Subscription("a/#", QualityOfService.AtLeastOnce)));
        await pair.Peer.ExpectMsgAsync(new Subscribe(1, new Subscription("a/#", QualityOfService.AtLeastOnce)), Soon);
    }

    [Fact]
    public async Task Packets_arrive_at_a_handler_on_another_node_with_the_connection_as_sender()
    {
        var pair = await OpenAsync();
        await pair.Handler.ExpectMsgAsync(new ConnAck(), Soon);
        Assert.Equal(pair.Client.Connection, pair.Handler.LastSender);
        var publish = new Publish("t", "x")
        {
            QoS = QualityOfService.ExactlyOnce,
            PacketId = 3,
            Properties = new PublishProperties { ContentType = "text", UserProperties = [new("a", "b")] },
        };
        pair.Answer(publish);
        var received = await pair.Handler.ExpectMsgAsync(publish, Soon);
        Assert.Equal(MqttPacketType.Publish, received.Header!.Value.Type);
        pair.Answer(new SubAck(1, ReasonCode.GrantedQoS1));
        await pair.Handler.ExpectMsgAsync(new SubAck(1, ReasonCode.GrantedQoS1), Soon);
    }

    [Fact]
    public async Task Batches_go_both_ways_and_are_acknowledged()
    {
        var pair = await OpenAsync(MqttDelivery.Batches);
        Assert.Equal([new ConnAck()], (await pair.Handler.ExpectMsgAsync<Mqtt.Received>(Soon)).Packets);
        MqttPacket[] packets = [.. Enumerable.Range(0, 500).Select(at => new Publish("t", $"{at}"))];
        pair.Tell(new Mqtt.WriteBatch(packets, "written"));
        await pair.Commander.ExpectMsgAsync("written", Soon);
        foreach (var packet in packets)
            await pair.Peer.ExpectMsgAsync(packet, Soon);
        pair.Answer(new Mqtt.WriteBatch(packets));
        for (var at = 0; at < packets.Length;)
        {
            foreach (var packet in (await pair.Handler.ExpectMsgAsync<Mqtt.Received>(Soon)).Packets)
                Assert.Equal(packets[at++], packet);
        }
    }

    [Fact]
    public async Task A_handler_on_another_node_pulls()
    {
        var pair = await OpenAsync(MqttDelivery.Pull);
        for (var at = 0; at < 10; at++)
            pair.Answer(new Publish("t", $"{at}"));
        pair.Tell(new Mqtt.Request(1));
        await pair.Handler.ExpectMsgAsync(new ConnAck(), Soon);
        pair.Tell(new Mqtt.Request(10));
        for (var at = 0; at < 10; at++)
            await pair.Handler.ExpectMsgAsync(new Publish("t", $"{at}"), Soon);
    }

    [Fact]
    public async Task A_packet_that_is_not_valid_fails_to_the_node_that_told_it_and_the_connection_lives_on()
    {
        var pair = await OpenAsync();
        foreach (var packet in new MqttPacket[] { new Publish("a/#", "x"), new Publish("\uD800"), new Subscribe(0) })
        {
            pair.Tell(packet);
            var failed = await pair.Commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
            Assert.Equal(packet, failed.Command);
            Assert.Equal(CommandFailure.InvalidPacket, failed.Reason);
        }

        pair.Tell(new Mqtt.Write(new Publish("t", "x"), ack: 1));
        await pair.Commander.ExpectMsgAsync(1, Soon);
        await pair.Peer.ExpectMsgAsync(new Publish("t", "x"), Soon);
    }

    [Fact]
    public async Task A_dial_that_fails_tells_the_node_that_asked_for_it()
    {
        var commander = Far.CreateTestProbe();
        var connect = new Mqtt.Connect(new InMemoryEndPoint("nobody listens here"));
        commander.Send(await ManagerAsync(), connect);
        var failed = await commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
        Assert.Equal(connect, failed.Command);
        Assert.Equal(CommandFailure.ConnectFailed, failed.Reason);
    }

    [Fact]
    public async Task Another_node_binds_and_handles_the_clients()
    {
        var handler = Far.CreateTestProbe();
        var address = new InMemoryEndPoint($"remote-{Guid.NewGuid():N}");
        handler.Send(await ManagerAsync(), new Mqtt.Bind(handler, address));
        var bound = await handler.ExpectMsgAsync<Mqtt.Bound>(Soon);
        Assert.Equal(address, bound.LocalAddress);

        var client = CreateTestProbe();
        client.Send(Sys.Mqtt(), new Mqtt.Connect(address));
        var connected = await client.ExpectMsgAsync<Mqtt.Connected>(Soon);
        client.Send(connected.Connection, new Mqtt.Register(client));
        var accepted = await handler.ExpectMsgAsync<Mqtt.Connected>(Soon);
        Assert.Equal(MqttRole.Server, accepted.Role);
        handler.Send(accepted.Connection, new Mqtt.Register(handler));
        client.Send(connected.Connection, new Connect { ClientId = "c" });
        await handler.ExpectMsgAsync(new Connect { ClientId = "c" }, Soon);
        handler.Send(accepted.Connection, new ConnAck());
        await client.ExpectMsgAsync(new ConnAck(), Soon);
        handler.Send(bound.Listener, Mqtt.Unbind.Instance);
        await handler.ExpectMsgAsync<Mqtt.Unbound>(Soon);
    }

    [Fact]
    public async Task Ends_are_told_to_the_other_node()
    {
        var pair = await OpenAsync();
        await pair.Handler.ExpectMsgAsync(new ConnAck(), Soon);
        pair.Tell(Mqtt.Close.Instance);
        await pair.Handler.ExpectMsgAsync<Mqtt.Closed>(Soon);
        await pair.Commander.ExpectMsgAsync<Mqtt.Closed>(Soon);
        await pair.Peer.ExpectMsgAsync<Mqtt.PeerClosed>(Soon);
    }

    [Fact]
    public async Task What_does_not_travel_is_said_on_the_node_that_told_it()
    {
        var manager = await ManagerAsync();
        var log = Far.CreateTestProbe();
        Other.EventStream.Subscribe(log, typeof(Error));
        manager.Tell(new Mqtt.Attach(new MemoryStream(), MqttRole.Client));
        var error = await log.ExpectMsgAsync<Error>(Soon);
        Assert.Contains("Mqtt.Attach.Stream cannot be sent to another node", $"{error.Cause}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_whose_node_stops_closes_its_connection()
    {
        var pair = await OpenAsync();
        await pair.Handler.ExpectMsgAsync(new ConnAck(), Soon);
        await WatchAsync(pair.Client.Connection);
        await Other.Terminate();
        await pair.Peer.ExpectMsgAsync<Mqtt.PeerClosed>(Soon);
    }
}
