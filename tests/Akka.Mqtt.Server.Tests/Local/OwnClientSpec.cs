using Akka.Mqtt.Protocol;
using Akka.Streams;
using Akka.Streams.Dsl;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>Clients and streams of this process at their own server.</summary>
public class OwnClientSpec(ITestOutputHelper output) : ProbeServerSpec(output)
{
    [Fact]
    public async Task An_own_client_needs_no_credentials_and_its_session_is_its_own()
    {
        var server = await StartAsync("allow-anonymous = off");
        await using var client = await server.ConnectClientAsync("ingest");
        await using var messages = client.SubscribeAsync("a/#").GetAsyncEnumerator();
        var next = messages.MoveNextAsync();
        await AwaitAssertAsync(() => Assert.Equal(1, server.Context.Stats.Subscriptions), Soon);
        await server.PublishAsync(new Publish("a/1", "x"));
        Assert.True(await next);
        Assert.Equal("x", messages.Current.Payload.ToText());
        await Assert.ThrowsAsync<MqttClientException>(() => client.PublishAsync("$SYS/broker/x", "y", QualityOfService.AtLeastOnce));
    }

    [Fact]
    public async Task What_a_stream_has_not_committed_comes_again_and_what_came_meanwhile_waits()
    {
        var server = await StartAsync();
        using var materializer = Sys.Materializer();
        await using var client = await server.ConnectClientAsync("ingest", each => each with { ReceiveMaximum = 10 });
        var source = MqttSource.AtLeastOnce(client, "a/+");
        var first = await FailAfterAsync(source, 3, server, materializer);
        Assert.Equal(["0", "1", "2"], first);
        for (var at = 20; at < 30; at++)
            await server.PublishAsync(new Publish("a/1", $"{at}") { QoS = QualityOfService.AtLeastOnce });
        var second = await source.Select(each =>
        {
            each.Commit();
            return each.Packet.Payload.ToText();
        }).Take(28).RunWith(Sink.Seq<string>(), materializer).WaitAsync(Soon);
        Assert.Equal(Enumerable.Range(2, 28).Select(each => $"{each}"), second);
    }

    [Fact]
    public async Task A_sink_publishes_in_order_and_completes_when_all_is_with_its_subscribers()
    {
        var server = await StartAsync();
        using var materializer = Sys.Materializer();
        var client = await ClientAsync(server, "c");
        await client.SubscribeAsync("a/#", QualityOfService.AtLeastOnce);
        var done = Source.From(Enumerable.Range(0, 100)).Select(each => new Publish("a/1", $"{each}")).RunWith(MqttServerSink.Publish(server, most: 7), materializer);
        await done.WaitAsync(Soon);
        for (var at = 0; at < 100; at++)
            Assert.Equal($"{at}", (await client.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
    }

    [Fact]
    public async Task A_message_that_the_server_refuses_fails_the_sink()
    {
        var server = await StartAsync("max-topic-levels = 2");
        using var materializer = Sys.Materializer();
        var done = Source.Single(new Publish("a/b/c", "x")).RunWith(MqttServerSink.Publish(server), materializer);
        var error = await Assert.ThrowsAsync<MqttServerException>(() => done.WaitAsync(Soon));
        Assert.Contains("a/b/c", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_completes_when_its_server_stops()
    {
        var server = await StartAsync();
        using var materializer = Sys.Materializer();
        var client = await server.ConnectClientAsync("ingest");
        var done = MqttSource.AtLeastOnce(client, "a/+").RunWith(Sink.Ignore<MqttCommittable>(), materializer);
        await AwaitAssertAsync(() => Assert.Equal(1, server.Context.Stats.Subscriptions), Soon);
        await server.StopAsync();
        await Task.WhenAny(done).WaitAsync(Soon);
    }

    private async Task<List<string>> FailAfterAsync(Source<MqttCommittable, Task<Done>> source, int most, MqttServer server, ActorMaterializer materializer)
    {
        var got = new List<string>();
        var failed = source.Select(each =>
        {
            if (got.Count == most - 1)
            {
                got.Add(each.Packet.Payload.ToText());
                throw new InvalidOperationException("The database is away.");
            }
            got.Add(each.Packet.Payload.ToText());
            each.Commit();
            return each;
        }).RunWith(Sink.Ignore<MqttCommittable>(), materializer);
        await AwaitAssertAsync(() => Assert.Equal(1, server.Context.Stats.Subscriptions), Soon);
        for (var at = 0; at < 20; at++)
            await server.PublishAsync(new Publish("a/1", $"{at}") { QoS = QualityOfService.AtLeastOnce });
        await Assert.ThrowsAnyAsync<Exception>(() => failed.WaitAsync(Soon));
        return got;
    }
}
