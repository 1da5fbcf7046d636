using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Xunit.Abstractions;

namespace Akka.Mqtt.Client.Tests;

/// <summary>Traces from a publisher through a real server to a handler.</summary>
public sealed class TracingSpec : global::Akka.TestKit.Xunit2.TestKit, IAsyncLifetime
{
    private static readonly ActivitySource Ours = new("Akka.Mqtt.Client.Tests");

    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;
    private readonly CancellationTokenSource _end = new();
    private MqttServer _server = null!;

    public TracingSpec(ITestOutputHelper output)
        : base(TestSystem.Configured("akka.loglevel = INFO"), null, output)
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is MqttTracing.Name or "Akka.Mqtt.Client.Tests",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public async Task InitializeAsync() => _server = await MqttServer.StartAsync(Sys, MqttServerSettings.Create(
        ConfigurationFactory.ParseString("akka.mqtt.server { sys-interval = off, tracing = on, listeners.tcp.port = 0 }")));

    public async Task DisposeAsync()
    {
        await _end.CancelAsync();
        await _server.StopAsync();
        _listener.Dispose();
        _end.Dispose();
    }

    [Fact]
    public async Task A_message_has_one_trace_from_its_publisher_through_the_server_to_its_handler()
    {
        await using var publisher = await ConnectAsync(tracing: true);
        await using var subscriber = await ConnectAsync(tracing: false);
        var handled = new TaskCompletionSource<(Activity? Current, Publish Message)>(TaskCreationOptions.RunContinuationsAsynchronously);
        var handling = subscriber.HandleAsync(
            "traced",
            (message, _) =>
            {
                if (message.Payload.Length > 0)
                    handled.TrySetResult((Activity.Current, message));
                return ValueTask.CompletedTask;
            },
            cancellationToken: _end.Token);
        await SubscribedAsync(publisher, "traced");

        using var root = Ours.StartActivity("root")!;
        root.TraceStateString = "vendor=1";
        await publisher.PublishAsync("traced", "x", QualityOfService.AtLeastOnce, _end.Token);
        Assert.Same(root, Activity.Current);
        var (process, message) = await handled.Task;
        await AwaitAssertAsync(() => Assert.Equal(3, Spans(root).Count));
        var publish = Assert.Single(Spans(root), each => each.Kind == ActivityKind.Producer);
        var route = Assert.Single(Spans(root), each => each.Kind == ActivityKind.Server);
        Assert.Equal(root.SpanId, publish.ParentSpanId);
        Assert.Equal(publish.SpanId, route.ParentSpanId);
        Assert.Equal(("process", ActivityKind.Consumer, root.TraceId, publish.SpanId), (process!.OperationName, process.Kind, process.TraceId, process.ParentSpanId));
        Assert.Equal(("mqtt", "traced", 1), (publish.GetTagItem("messaging.system"), publish.GetTagItem("messaging.destination.name"), publish.GetTagItem("messaging.message.body.size")));
        Assert.Equal("vendor=1", publish.TraceStateString);
        Assert.Equal($"00-{root.TraceId}-{publish.SpanId}-01", message.Properties!.UserProperties.Single(each => each.Name == "traceparent").Value);
        Assert.False(handling.IsCompleted);
    }

    [Fact]
    public async Task Who_did_not_ask_for_tracing_publishes_what_he_wrote()
    {
        await using var publisher = await ConnectAsync(tracing: false);
        await using var messages = publisher.SubscribeAsync("plain", cancellationToken: _end.Token).GetAsyncEnumerator(_end.Token);
        var next = messages.MoveNextAsync();
        await SubscribedAsync(publisher, "plain");
        using var root = Ours.StartActivity("root")!;
        Assert.True(await next);
        Assert.True(messages.Current.Properties?.UserProperties.IsEmpty ?? true);
        Assert.Empty(Spans(root));
    }

    [Fact]
    public async Task A_loop_starts_the_span_of_a_message_itself_and_publishes_within_it()
    {
        await using var client = await ConnectAsync(tracing: true);
        await using var messages = client.SubscribeAsync("loop", cancellationToken: _end.Token).GetAsyncEnumerator(_end.Token);
        var next = messages.MoveNextAsync();
        await SubscribedAsync(client, "loop");
        Assert.True(await next);
        using var outer = Ours.StartActivity("outer")!;
        using (var process = MqttTracing.StartProcessing(messages.Current)!)
        {
            Assert.Same(process, Activity.Current);
            await client.PublishAsync("answer", "x", QualityOfService.AtLeastOnce, _end.Token);
            var publish = Assert.Single(_ended, each => each.ParentSpanId == process.SpanId);
            Assert.Equal(process.TraceId, publish.TraceId);
            Assert.NotEqual(outer.TraceId, process.TraceId);
        }
        Assert.Same(outer, Activity.Current);
    }

    [Fact]
    public async Task A_message_that_is_refused_has_a_span_that_failed()
    {
        await using var client = await ConnectAsync(tracing: true);
        using var root = Ours.StartActivity("root")!;
        await Assert.ThrowsAsync<MqttClientException>(() => client.PublishAsync("not/+/allowed", "x", cancellationToken: _end.Token));
        Assert.Equal(ActivityStatusCode.Error, Assert.Single(Spans(root)).Status);
    }

    [Fact]
    public async Task A_message_that_is_stored_has_a_span_that_ends_with_that_and_did_not_fail()
    {
        await using var client = await ConnectAsync(tracing: true, new MemoryClientQueue());
        using var root = Ours.StartActivity("root")!;
        await client.StoreAsync(new Publish("stored", "x") { QoS = QualityOfService.AtLeastOnce }, _end.Token);
        Assert.Equal(ActivityStatusCode.Unset, Assert.Single(Spans(root), each => each.Kind == ActivityKind.Producer).Status);
    }

    [Fact]
    public async Task A_responder_handles_a_request_within_the_trace_of_its_requester()
    {
        await using var client = await ConnectAsync(tracing: true);
        ActivityTraceId seen = default;
        var responding = client.RespondAsync(
            "ask",
            (_, _) =>
            {
                seen = Activity.Current!.TraceId;
                return Task.FromResult<MqttBinary>("!");
            },
            1,
            _end.Token);
        await SubscribedAsync(client, "ask");
        using var root = Ours.StartActivity("root")!;
        var answer = await client.RequestAsync("ask", "?", RemainingOrDefault, _end.Token);
        Assert.Equal(root.TraceId, seen);
        Assert.True(MqttTracing.TryExtract(answer, out var context) && context.TraceId == root.TraceId);
        Assert.False(responding.IsCompleted);
    }

    [Fact]
    public void A_context_takes_the_place_of_an_earlier_one_and_what_is_none_is_not_read()
    {
        var message = new Publish("a") { Properties = new PublishProperties { UserProperties = [new UserProperty("k", "v")] } };
        var context = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.None, "s=1");
        var first = MqttTracing.Inject(message, context);
        var second = MqttTracing.Inject(first, new ActivityContext(context.TraceId, ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded));
        Assert.True(MqttTracing.TryExtract(first, out var read));
        Assert.Equal((context.TraceId, context.SpanId, "s=1", true), (read.TraceId, read.SpanId, read.TraceState, read.IsRemote));
        Assert.Equal(["k", "traceparent"], second.Properties!.UserProperties.Select(each => each.Name));
        Assert.Same(message, MqttTracing.Inject(message, default));
        Assert.False(MqttTracing.TryExtract(message, out _));
        Assert.False(MqttTracing.TryExtract(
            message with { Properties = new PublishProperties { UserProperties = [new UserProperty("traceparent", "00-nothing")] } }, out _));
    }

    private List<Activity> Spans(Activity root) => [.. _ended.Where(each => each.TraceId == root.TraceId && each != root)];

    /// <summary>Publishes until somebody has subscribed.</summary>
    private Task SubscribedAsync(MqttClient client, string topic) => AwaitConditionAsync(async () =>
        await client.PublishAsync(new Publish(topic, "") { QoS = QualityOfService.AtLeastOnce }) is not MqttClient.Acked { ReasonCode: ReasonCode.NoMatchingSubscribers });

    private Task<MqttClient> ConnectAsync(bool tracing, IMqttClientQueue? queue = null) => MqttClient.ConnectAsync(
        MqttClientSettings.Create((Config?)null) with { Servers = [new Uri($"mqtt://{_server.Endpoints[0].Address}")], Tracing = tracing, Queue = queue }, Sys);
}
