using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Client.Tests;

/// <summary>The client as sources, flows and sinks of Akka.Streams, and a server that does what a test says.</summary>
public sealed class StreamsSpec : global::Akka.TestKit.Xunit2.TestKit
{
    private readonly MqttServerProbe _server;
    private readonly ActorMaterializer _materializer;

    public StreamsSpec(ITestOutputHelper output)
        : base(TestSystem.Configured("akka { loglevel = INFO, mqtt.connection.close-timeout = 200ms }"), null, output)
    {
        _server = this.CreateMqttServerProbe();
        _materializer = Sys.Materializer();
    }

    [Fact]
    public async Task A_message_is_acknowledged_when_it_is_committed_and_in_the_order_of_arrival()
    {
        var (client, server) = await ConnectAsync();
        await using var _ = client;
        var stream = MqttSource.AtLeastOnce(client, "a/#").RunWith(this.SinkProbe<MqttCommittable>(), _materializer);
        await GrantAsync(server);
        stream.Request(3);
        await server.SendPacketAsync(Message(1), Message(2), Message(3));
        var first = stream.ExpectNext();
        var second = stream.ExpectNext();
        stream.ExpectNext();
        second.Commit();
        await NothingElseAsync(client, server);
        first.Commit();
        first.Commit();
        await server.ExpectPacketAsync(new PubAck(1));
        await server.ExpectPacketAsync(new PubAck(2));
        await NothingElseAsync(client, server);
    }

    [Fact]
    public async Task A_stream_that_acknowledges_at_once_does_so_when_it_takes_the_message()
    {
        var (client, server) = await ConnectAsync();
        await using var _ = client;
        var stream = MqttSource.AtMostOnce(client, "a/#", QualityOfService.AtLeastOnce).RunWith(this.SinkProbe<Publish>(), _materializer);
        await GrantAsync(server);
        await server.SendPacketAsync(Message(1), Message(2));
        await NothingElseAsync(client, server);
        stream.Request(1);
        Assert.Equal("1", stream.ExpectNext().Payload.ToText());
        await server.ExpectPacketAsync(new PubAck(1));
        await NothingElseAsync(client, server);
    }

    [Fact]
    public async Task A_stream_that_fails_keeps_its_subscription_and_the_next_one_gets_what_was_not_committed()
    {
        var (client, server) = await ConnectAsync();
        await using var _ = client;
        var seen = CreateTestProbe("seen");
        var attempts = 0;
        var running = RestartSource.OnFailuresWithBackoff(
                () =>
                {
                    var attempt = ++attempts;
                    return MqttSource.AtLeastOnce(client, "a/#").Select(message =>
                    {
                        if (attempt == 1 && message.Packet.Payload.ToText() == "2")
                            throw new IOException("the database is away");
                        message.Commit();
                        return message.Packet;
                    });
                },
                RestartSettings.Create(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(10), 0))
            .RunWith(Sink.ForEach<Publish>(packet => seen.Ref.Tell(packet.Payload.ToText(), ActorRefs.NoSender)), _materializer);
        await GrantAsync(server);
        await server.SendPacketAsync(Message(1), Message(2), Message(3));
        await server.ExpectPacketAsync(new PubAck(1));
        await GrantAsync(server); // of the second stream; nobody has unsubscribed
        await server.ExpectPacketAsync(new PubAck(2));
        await server.ExpectPacketAsync(new PubAck(3));
        await seen.ExpectMsgAsync("1");
        await seen.ExpectMsgAsync("2");
        await seen.ExpectMsgAsync("3");
        Assert.False(running.IsCompleted);
    }

    [Fact]
    public async Task A_stream_that_is_cancelled_unsubscribes_and_a_late_commit_does_nothing()
    {
        var (client, server) = await ConnectAsync();
        await using var _ = client;
        var stream = MqttSource.AtLeastOnce(client, "a/#").RunWith(this.SinkProbe<MqttCommittable>(), _materializer);
        await GrantAsync(server);
        stream.Request(1);
        await server.SendPacketAsync(Message(1));
        var message = stream.ExpectNext();
        stream.Cancel();
        Assert.Equal(["a/#"], (await server.ExpectPacketAsync<Unsubscribe>()).Filters);
        message.Commit();
        await NothingElseAsync(client, server);
    }

    [Fact]
    public async Task A_subscription_that_the_server_refuses_fails_the_stream()
    {
        var (client, server) = await ConnectAsync();
        await using var _ = client;
        var (subscribed, stream) = MqttSource.AtLeastOnce(client, "a/#").ToMaterialized(this.SinkProbe<MqttCommittable>(), Keep.Both).Run(_materializer);
        stream.Request(1);
        var request = await server.ExpectPacketAsync<Subscribe>();
        Assert.False(subscribed.IsCompleted);
        await server.SendPacketAsync(new SubAck(request.PacketId, ReasonCode.NotAuthorized));
        Assert.IsType<MqttClientException>(stream.ExpectError());
        await Assert.ThrowsAsync<MqttClientException>(() => subscribed);
    }

    [Fact]
    public async Task A_client_that_gives_up_ends_its_streams_and_responders()
    {
        var (client, server) = await ConnectAsync();
        await using var _ = client;
        var stream = MqttSource.AtLeastOnce(client, "a/#").RunWith(this.SinkProbe<MqttCommittable>(), _materializer);
        await GrantAsync(server);
        var responding = client.RespondAsync("b/+", (request, _) => Task.FromResult(request.Payload));
        await GrantAsync(server);
        stream.Request(1);
        await server.SendPacketAsync(new Disconnect(ReasonCode.SessionTakenOver));
        Assert.IsType<MqttClientException>(stream.ExpectError());
        await Assert.ThrowsAsync<MqttClientException>(() => responding.WaitAsync(RemainingOrDefault));
    }

    [Fact]
    public async Task A_stream_completes_when_its_client_is_disposed()
    {
        var (client, server) = await ConnectAsync();
        var (subscribed, stream) = MqttSource.AtLeastOnce(client, "a/#").ToMaterialized(this.SinkProbe<MqttCommittable>(), Keep.Both).Run(_materializer);
        await GrantAsync(server);
        await subscribed;
        stream.Request(1);
        await client.DisposeAsync();
        stream.ExpectComplete();
    }

    [Fact]
    public async Task A_lost_connection_is_no_end_of_a_stream()
    {
        var (client, server) = await ConnectAsync();
        await using var _ = client;
        var stream = MqttSource.AtLeastOnce(client, "a/#").RunWith(this.SinkProbe<MqttCommittable>(), _materializer);
        await GrantAsync(server);
        stream.Request(2);
        server.Abort();
        var next = await _server.AcceptAsync();
        await next.AcceptClientAsync(new ConnAck());
        await GrantAsync(next);
        await next.SendPacketAsync(Message(1));
        stream.ExpectNext().Commit();
        await next.ExpectPacketAsync(new PubAck(1));
    }

    [Fact]
    public async Task A_sink_completes_when_all_of_it_is_acknowledged()
    {
        var (client, server) = await ConnectAsync();
        await using var _ = client;
        var done = Source.From(Enumerable.Range(1, 2)).Select(at => Message(0, $"{at}")).RunWith(MqttSink.Publish(client), _materializer);
        var first = await server.ExpectPacketAsync<Publish>();
        var second = await server.ExpectPacketAsync<Publish>();
        Assert.Equal(("1", "2"), (first.Payload.ToText(), second.Payload.ToText()));
        await server.SendPacketAsync(new PubAck(first.PacketId));
        await NothingElseAsync(client, server);
        Assert.False(done.IsCompleted);
        await server.SendPacketAsync(new PubAck(second.PacketId));
        await done.WaitAsync(RemainingOrDefault);
    }

    [Fact]
    public async Task A_message_that_the_server_refuses_fails_the_sink()
    {
        var (client, server) = await ConnectAsync();
        await using var _ = client;
        var done = Source.Single(Message(0, "1")).RunWith(MqttSink.Publish(client), _materializer);
        var packet = await server.ExpectPacketAsync<Publish>();
        await server.SendPacketAsync(new PubAck(packet.PacketId, ReasonCode.QuotaExceeded));
        var error = await Assert.ThrowsAsync<MqttClientException>(() => done.WaitAsync(RemainingOrDefault));
        Assert.IsType<MqttClient.Refused>(error.Outcome);
    }

    [Fact]
    public async Task A_bridge_acknowledges_what_came_when_it_is_published_on_the_other_side()
    {
        var (from, source) = await ConnectAsync();
        await using var _ = from;
        var (to, target) = await ConnectAsync();
        await using var __ = to;
        var bridge = MqttSource.WithContext(from, "a/#")
            .Select(packet => new Publish($"copy/{packet.Topic}", packet.Payload) { QoS = QualityOfService.AtLeastOnce })
            .Via(MqttFlow.WithContext<MqttCommittable>(to))
            .AsSource()
            .RunWith(MqttSink.Committing<MqttClient.Outcome>(), _materializer);
        await GrantAsync(source);
        await source.SendPacketAsync(Message(1));
        var copy = await target.ExpectPacketAsync<Publish>();
        Assert.Equal("copy/a/b", copy.Topic);
        await NothingElseAsync(from, source);
        await target.SendPacketAsync(new PubAck(copy.PacketId));
        await source.ExpectPacketAsync(new PubAck(1));
        Assert.False(bridge.IsCompleted);
    }

    private static Publish Message(ushort id, string? text = null) =>
        new("a/b", text ?? $"{id}") { QoS = QualityOfService.AtLeastOnce, PacketId = id };

    /// <summary>What is sent next is what we have it send: nothing came before.</summary>
    private static async Task NothingElseAsync(MqttClient client, MqttProbe server)
    {
        await client.PublishAsync("marker", "");
        Assert.Equal("marker", (await server.ExpectPacketAsync<Publish>()).Topic);
    }

    private static async Task GrantAsync(MqttProbe server)
    {
        var request = await server.ExpectPacketAsync<Subscribe>();
        await server.SendPacketAsync(new SubAck(request.PacketId, ReasonCode.GrantedQoS1));
    }

    private async Task<(MqttClient Client, MqttProbe Server)> ConnectAsync()
    {
        var settings = MqttClientSettings.Create((Config?)null) with
        {
            Servers = [new Uri($"mqtt://{_server.EndPoint}")], FirstWait = TimeSpan.FromMilliseconds(1), KeepAlive = TimeSpan.Zero, TopicAliases = 0,
        };
        var connecting = MqttClient.ConnectAsync(settings, Sys);
        var server = await _server.AcceptAsync();
        await server.AcceptClientAsync(new ConnAck());
        return (await connecting, server);
    }
}
