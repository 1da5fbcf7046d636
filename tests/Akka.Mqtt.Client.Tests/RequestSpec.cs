using System.Text.Json.Serialization;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Xunit.Abstractions;

namespace Akka.Mqtt.Client.Tests;

/// <summary>Requests, answers and values between clients of a real server.</summary>
public sealed class RequestSpec : global::Akka.TestKit.Xunit2.TestKit, IAsyncLifetime
{
    private readonly CancellationTokenSource _end = new();
    private MqttServer _server = null!;
    private MqttClient _asking = null!;
    private MqttClient _answering = null!;

    public RequestSpec(ITestOutputHelper output)
        : base(TestSystem.Configured("akka.loglevel = INFO"), null, output)
    {
    }

    public async Task InitializeAsync()
    {
        _server = await MqttServer.StartAsync(Sys, MqttServerSettings.Create(
            ConfigurationFactory.ParseString("akka.mqtt.server { sys-interval = off, listeners.tcp.port = 0 }")));
        (_asking, _answering) = (await ConnectAsync(MqttVersion.V5), await ConnectAsync(MqttVersion.V5));
    }

    public async Task DisposeAsync()
    {
        await _end.CancelAsync();
        await _asking.DisposeAsync();
        await _answering.DisposeAsync();
        await _server.StopAsync();
        _end.Dispose();
    }

    [Theory]
    [InlineData(MqttVersion.V5, MqttVersion.V5)]
    [InlineData(MqttVersion.V311, MqttVersion.V5)]
    [InlineData(MqttVersion.V31, MqttVersion.V311)]
    public async Task A_request_gets_its_own_answer_however_many_are_under_way(MqttVersion asks, MqttVersion answers)
    {
        await using var asking = await ConnectAsync(asks);
        await using var answering = await ConnectAsync(answers);
        var responding = answering.RespondAsync("double", (request, _) => Task.FromResult<MqttBinary>($"{2 * int.Parse(request.Payload.ToText())}"), 4, _end.Token);
        await AskUntilAnsweredAsync("double", "0");
        var all = Enumerable.Range(1, 1000).Select(async number => (number, Answer: await asking.RequestAsync("double", $"{number}", TimeSpan.FromSeconds(30))));
        Assert.All(await Task.WhenAll(all), each => Assert.Equal($"{2 * each.number}", each.Answer.Payload.ToText()));
        Assert.False(responding.IsCompleted);
        await _end.CancelAsync();
        await responding;
    }

    [Fact]
    public async Task A_requester_asks_by_topic_when_it_says_so()
    {
        var responding = _answering.RespondAsync("echo", (request, _) => Task.FromResult(request.Payload), 1, _end.Token);
        await AskUntilAnsweredAsync("echo", "0");
        var answer = await _asking.RequestAsync(new Publish("echo", "x") { QoS = QualityOfService.AtLeastOnce }, MqttRequestStyle.Topics, TimeSpan.FromSeconds(30));
        Assert.Equal(("x", true), (answer.Payload.ToText(), answer.Topic.StartsWith("echo/response/", StringComparison.Ordinal)));
        Assert.False(responding.IsCompleted);
    }

    [Fact]
    public async Task A_request_that_is_cancelled_says_so()
    {
        using var cancelled = new CancellationTokenSource();
        var asking = _asking.RequestAsync(new Publish("nobody", "1"), null, TimeSpan.FromMinutes(1), cancelled.Token); // QoS 0: the server does not say that nobody is there
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    [Fact]
    public async Task A_request_for_which_nobody_has_subscribed_fails_at_once() =>
        Assert.Contains("No client has subscribed", (await Assert.ThrowsAsync<MqttRequestException>(() => _asking.RequestAsync("nobody", "1"))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_responder_that_throws_tells_the_requester_and_answers_the_next_request()
    {
        var responding = _answering.RespondAsync(
            "divide",
            (request, _) => request.Payload.ToText() == "x"
                ? throw new MqttRequestException("not x")
                : Task.FromResult<MqttBinary>($"{100 / int.Parse(request.Payload.ToText())}"),
            1,
            _end.Token);
        await AskUntilAnsweredAsync("divide", "1");
        var failed = await Assert.ThrowsAsync<MqttRequestException>(() => _asking.RequestAsync("divide", "0", TimeSpan.FromSeconds(30)));
        Assert.Equal("The request could not be answered.", failed.Message); // not what the exception says
        failed = await Assert.ThrowsAsync<MqttRequestException>(() => _asking.RequestAsync("divide", "x", TimeSpan.FromSeconds(30)));
        Assert.Equal("not x", failed.Message);
        Assert.Equal("50", (await _asking.RequestAsync("divide", "2", TimeSpan.FromSeconds(30))).Payload.ToText());
        Assert.False(responding.IsCompleted);
    }

    [Fact]
    public async Task A_request_whose_answer_cannot_be_sent_does_not_stop_the_responder()
    {
        var responding = _answering.RespondAsync("large", (request, _) => Task.FromResult<MqttBinary>(new byte[int.Parse(request.Payload.ToText())]), 1, _end.Token);
        await AskUntilAnsweredAsync("large", "1");
        await _asking.PublishAsync(new Publish("large/request/a/b", "300000000") { QoS = QualityOfService.AtLeastOnce }); // more than a packet may have
        Assert.Equal(2, (await _asking.RequestAsync("large", "2", TimeSpan.FromSeconds(30))).Payload.Length);
        Assert.False(responding.IsCompleted);
    }

    [Fact]
    public async Task Values_travel_as_json_and_a_payload_that_is_none_does_not_end_the_enumeration()
    {
        var json = MqttJson.Of(ReadingContext.Default.Reading);
        await using var messages = _answering.SubscribeAsync("values", json, cancellationToken: _end.Token).GetAsyncEnumerator(_end.Token);
        var next = messages.MoveNextAsync();
        await AwaitConditionAsync(async () => await _asking.PublishAsync("values", new Reading("kitchen", 21.5), json)
            is not MqttClient.Acked { ReasonCode: ReasonCode.NoMatchingSubscribers });
        Assert.True(await next);
        Assert.Equal(new Reading("kitchen", 21.5), messages.Current.Value);
        Assert.Equal(("application/json", true), (messages.Current.Packet.Properties?.ContentType, messages.Current.Packet.Properties?.PayloadFormatIndicator));

        await _asking.PublishAsync("values", "{broken", QualityOfService.AtLeastOnce);
        await _asking.PublishAsync("values", new Reading("hall", 19), json);
        Assert.True(await messages.MoveNextAsync());
        Assert.NotNull(messages.Current.Error);
        Assert.Same(messages.Current.Error, Assert.Throws<MqttPayloadException>(() => messages.Current.Value));
        Assert.True(await messages.MoveNextAsync());
        Assert.Equal("hall", messages.Current.Value.Room);
    }

    [Fact]
    public async Task Values_are_asked_for_and_answered()
    {
        var json = MqttJson.Of(ReadingContext.Default.Reading);
        var text = MqttJson.Of(ReadingContext.Default.String);
        var responding = _answering.RespondAsync("reading", (room, _) => Task.FromResult(new Reading(room, 20)), text, json, 1, _end.Token);
        await AskUntilAnsweredAsync("reading", "\"a\"");
        Assert.Equal(new Reading("attic", 20), await _asking.RequestAsync("reading", "attic", text, json, TimeSpan.FromSeconds(30)));
        Assert.False(responding.IsCompleted);
    }

    /// <summary>The responder subscribes for requests by topic last. A server of 5.0 says when nobody has subscribed, so that no request waits for its time.</summary>
    private Task AskUntilAnsweredAsync(string topic, string payload) => AwaitConditionAsync(async () =>
    {
        try
        {
            await _asking.RequestAsync(new Publish(topic, payload) { QoS = QualityOfService.AtLeastOnce }, MqttRequestStyle.Topics);
            return true;
        }
        catch (MqttRequestException)
        {
            return false;
        }
    });

    private Task<MqttClient> ConnectAsync(MqttVersion version) => MqttClient.ConnectAsync(
        MqttClientSettings.Create((Config?)null) with { Servers = [new Uri($"mqtt://{_server.Endpoints[0].Address}")], Version = version }, Sys);
}

/// <summary>What a thermometer says.</summary>
internal sealed record Reading(string Room, double Celsius);

[JsonSerializable(typeof(Reading))]
[JsonSerializable(typeof(string))]
internal sealed partial class ReadingContext : JsonSerializerContext;
