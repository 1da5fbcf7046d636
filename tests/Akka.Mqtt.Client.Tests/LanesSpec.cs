using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Tests;
using Akka.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Client.Tests;

/// <summary>Lanes, between a test that plays the client actor and a handler whose messages a test completes. In virtual time.</summary>
public sealed class LanesSpec : global::Akka.TestKit.Xunit2.TestKit
{
    private readonly TestProbe _client;
    private readonly TestProbe _listener;
    private readonly Handling _handling = new();

    public LanesSpec(ITestOutputHelper output)
        : base(TestSystem.Configured(
            "akka { loglevel = INFO, scheduler.implementation = \"Akka.Mqtt.Tests.VirtualScheduler, Akka.Mqtt.Client.Tests\" }"), null, output)
    {
        _client = CreateTestProbe("client");
        _listener = CreateTestProbe("listener");
    }

    // An attempt begins on a thread of the pool, and virtual time passes meanwhile: with a timeout it could end before the test has seen it.
    private static MqttLanesSettings Settings { get; } = MqttLanesSettings.Create((Config?)null) with { Timeout = null };

    private VirtualScheduler Time => (VirtualScheduler)Sys.Scheduler;

    [Fact]
    public async Task Topics_are_handled_side_by_side_and_each_in_order()
    {
        var lanes = Start(Settings);
        Deliver(lanes, "a", "a1", "a2");
        var key = OtherLane("a", Settings.Count);
        Deliver(lanes, key, "b1");
        var first = await _handling.NextAsync("a1", "b1");
        Assert.False(_handling.HasBegun("a2"));
        first["a1"].SetResult();
        (await _handling.NextAsync("a2"))["a2"].SetResult();
    }

    [Fact]
    public async Task A_message_is_acknowledged_when_its_handling_has_succeeded()
    {
        var lanes = Start(Settings);
        var received = Deliver(lanes, "a", "a1");
        var handling = (await _handling.NextAsync("a1"))["a1"];
        await _client.ExpectNoMsgAsync(TimeSpan.Zero);
        handling.SetResult();
        Assert.Equal(received.Acknowledge(0), await _client.ExpectMsgAsync<MqttClient.Acknowledge>());
    }

    [Fact]
    public async Task A_handler_that_throws_is_called_again_after_a_wait_and_the_lane_keeps_its_order()
    {
        var lanes = Start(Settings);
        Deliver(lanes, "a", "a1", "a2");
        for (var attempt = 0; attempt < 20; attempt++) // without a place for dead letters attempts do not end
        {
            (await _handling.NextAsync("a1"))["a1"].SetException(new InvalidOperationException("not now"));
            await AdvanceUntilAsync(Settings.LongestWait, () => _handling.HasBegun("a1"));
        }
        Assert.False(_handling.HasBegun("a2"));
        await _client.ExpectNoMsgAsync(TimeSpan.Zero);
        (await _handling.NextAsync("a1"))["a1"].SetResult();
        await _client.ExpectMsgAsync<MqttClient.Acknowledge>();
        await _handling.NextAsync("a2");
    }

    [Fact]
    public async Task An_attempt_that_takes_too_long_is_cancelled_and_its_late_success_acknowledges_nothing()
    {
        var lanes = Start(Settings with { Timeout = TimeSpan.FromSeconds(40) });
        Deliver(lanes, "a", "a1");
        var late = (await _handling.NextAsync("a1"))["a1"];
        await AdvanceUntilAsync(TimeSpan.FromSeconds(5), () => _handling.WasCancelled);
        lanes.Tell(new Identify(null), _client);
        await _client.ExpectMsgAsync<ActorIdentity>(); // the next attempt waits for its time
        Time.Advance(Settings.FirstWait);
        late.SetResult();
        var again = (await _handling.NextAsync("a1"))["a1"];
        await _client.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(20));
        again.SetResult();
        await _client.ExpectMsgAsync<MqttClient.Acknowledge>();
    }

    [Fact]
    public async Task An_actor_gets_dead_letters_and_they_are_acknowledged()
    {
        var letters = CreateTestProbe("letters");
        var lanes = Start(Settings with { Retries = 1, DeadLetterActor = letters });
        Deliver(lanes, "a", "a1");
        (await _handling.NextAsync("a1"))["a1"].SetException(new InvalidOperationException("first"));
        await AdvanceUntilAsync(Settings.LongestWait, () => _handling.HasBegun("a1"));
        (await _handling.NextAsync("a1"))["a1"].SetException(new InvalidOperationException("second"));
        var letter = await letters.ExpectMsgAsync<MqttLanes.DeadLetter>();
        Assert.Equal(("a1", "second", 2), (letter.Message.Payload.ToText(), letter.Cause.Message, letter.Attempts));
        await _client.ExpectMsgAsync<MqttClient.Acknowledge>();
    }

    [Fact]
    public async Task A_payload_that_is_no_value_is_a_dead_letter_at_once()
    {
        var letters = CreateTestProbe("letters");
        var lanes = Start(Settings with { Retries = 5, DeadLetterActor = letters });
        var message = Deliver(lanes, "a", "a1").Messages[0];
        var unreadable = new MqttPayloadException(message, typeof(int), new FormatException("no number"));
        (await _handling.NextAsync("a1"))["a1"].SetException(unreadable);
        var letter = await letters.ExpectMsgAsync<MqttLanes.DeadLetter>();
        Assert.Equal((1, unreadable), (letter.Attempts, letter.Cause));
        Assert.Equal(ReasonCode.Success, (await _client.ExpectMsgAsync<MqttClient.Acknowledge>()).ReasonCode);
    }

    [Fact]
    public async Task A_payload_that_is_no_value_is_refused_where_dead_letters_go_nowhere_and_one_of_another_message_is_a_failure()
    {
        var lanes = Start(Settings);
        var message = Deliver(lanes, "a", "a1").Messages[0];
        (await _handling.NextAsync("a1"))["a1"].SetException(new MqttPayloadException(new Publish("other"), typeof(int), new FormatException()));
        await AdvanceUntilAsync(Settings.LongestWait, () => _handling.HasBegun("a1"));
        (await _handling.NextAsync("a1"))["a1"].SetException(new MqttPayloadException(message, typeof(int), new FormatException("no number")));
        Assert.Equal(ReasonCode.PayloadFormatInvalid, (await _client.ExpectMsgAsync<MqttClient.Acknowledge>()).ReasonCode);
    }

    [Fact]
    public async Task A_dead_letter_that_is_published_acknowledges_its_message_when_the_server_has_it_and_not_before()
    {
        var lanes = Start(Settings with { Retries = 0, DeadLetterTopic = "dead" });
        Deliver(lanes, "a/b", "a1");
        (await _handling.NextAsync("a1"))["a1"].SetException(new InvalidOperationException("no"));
        var publish = await _client.ExpectMsgAsync<MqttClient.Publish>();
        Assert.Equal(("dead/a/b", "a1", QualityOfService.AtLeastOnce), (publish.Packet.Topic, publish.Packet.Payload.ToText(), publish.Packet.QoS));
        lanes.Tell(new MqttClient.Refused(publish.Correlation, MqttClientRefusal.NoCredit, "none"), _client);
        MqttClient.Publish? again = null;
        await AdvanceUntilAsync(Settings.LongestWait, () => (again ??= _client.HasMessages ? _client.ExpectMsg<MqttClient.Publish>() : null) is not null);
        lanes.Tell(new MqttClient.Acked(again!.Correlation, ReasonCode.Success), _client);
        await _client.ExpectMsgAsync<MqttClient.Acknowledge>();
    }

    [Fact]
    public async Task Messages_of_QoS_0_are_dropped_and_counted_when_too_many_bytes_wait()
    {
        var lanes = Start(Settings with { MaxWaitingBytes = 1024 });
        lanes.Tell(new MqttClient.Received([.. Enumerable.Range(0, 10).Select(at => new Publish("a", new byte[400]))], 0, 0), _client);
        for (var count = 0; count < 9; count++)
            await _listener.ExpectMsgAsync<MqttLanes.Dropped>();
        Deliver(lanes, OtherLane("a", Settings.Count), "b1"); // QoS 1 is not dropped
        await _handling.NextAsync("b1");
    }

    [Fact]
    public async Task Changes_of_state_go_to_the_listener()
    {
        var lanes = Start(Settings);
        lanes.Tell(MqttClient.Stopped.Instance, _client);
        await _listener.ExpectMsgAsync<MqttClient.Stopped>();
        Assert.Equal(_client.Ref, _listener.LastSender);
    }

    [Fact]
    public void Settings_that_do_not_fit_together_are_refused_when_lanes_are_made()
    {
        Assert.Throws<ConfigurationException>(() => MqttLanes.Props(_handling.HandleAsync, Settings with { FirstWait = TimeSpan.FromMinutes(1) }));
        Assert.Throws<ConfigurationException>(() => MqttLanes.Props(_handling.HandleAsync, Settings with { DeadLetterTopic = "a", DeadLetterActor = TestActor }));
        Assert.Throws<ConfigurationException>(() => Settings with { DeadLetterTopic = "a/#" });
    }

    /// <summary>A topic of another lane than the given one: string hashes are different in each process.</summary>
    private static string OtherLane(string topic, int count) => Enumerable.Range(0, 1000).Select(number => $"b{number}")
        .First(other => (uint)other.GetHashCode(StringComparison.Ordinal) % (uint)count != (uint)topic.GetHashCode(StringComparison.Ordinal) % (uint)count);

    private IActorRef Start(MqttLanesSettings settings) => Sys.ActorOf(MqttLanes.Props(_handling.HandleAsync, settings, _listener, () => 0.999));

    private MqttClient.Received Deliver(IActorRef lanes, string topic, params string[] texts)
    {
        var received = new MqttClient.Received(
            [.. texts.Select((text, at) => new Publish(topic, text) { QoS = QualityOfService.AtLeastOnce, PacketId = (ushort)(at + 1) })], 1, texts.Length);
        lanes.Tell(received, _client);
        return received;
    }

    private async Task AdvanceUntilAsync(TimeSpan step, Func<bool> condition)
    {
        await AwaitConditionAsync(
            () =>
            {
                if (condition())
                    return Task.FromResult(true);
                Time.Advance(step);
                return Task.FromResult(false);
            },
            TimeSpan.FromSeconds(20),
            TimeSpan.FromMilliseconds(5));
    }

    /// <summary>Handlings that a test completes.</summary>
    private sealed class Handling
    {
        private readonly ConcurrentDictionary<string, TaskCompletionSource> _begun = new();

        public bool WasCancelled { get; private set; }

        public bool HasBegun(string text) => _begun.ContainsKey(text);

        public async ValueTask HandleAsync(Publish message, CancellationToken cancel)
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = cancel.Register(() => WasCancelled = true);
            _begun[message.Payload.ToText()] = done;
            await done.Task;
        }

        public async Task<Dictionary<string, TaskCompletionSource>> NextAsync(params string[] texts)
        {
            var begun = new Dictionary<string, TaskCompletionSource>();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            foreach (var text in texts)
            {
                TaskCompletionSource? done;
                while (!_begun.TryRemove(text, out done))
                    await Task.Delay(1, limit.Token);
                begun.Add(text, done);
            }
            return begun;
        }
    }
}
