using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>A subscriber that takes nothing, on another node than the publishers. What it does not take is refused to them, or they wait.</summary>
public abstract class StuckSessionSpec : ClusterSpec
{
    private static readonly Publish Message = new("t", "x") { QoS = QualityOfService.AtLeastOnce };

    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> _received = new();
    private readonly List<(string Payload, Task<ReasonCode> Result)> _published = [];

    protected StuckSessionSpec(ITestOutputHelper output, string config)
        : base(output, settings: "max-unhandled-messages = 10, delivery-timeout = 50 ms", config: config)
    {
    }

    protected TaskCompletionSource Gate => _gate;

    private void Publish()
    {
        var payload = $"{_published.Count}";
        _published.Add((payload, First.PublishAsync(Message with { Payload = payload })));
    }

    /// <summary>Publishes on the first node until it is refused because of the subscriber on the second one.</summary>
    protected async Task StuckAsync()
    {
        var subscriber = Nodes[1].System.ActorOf(Props.Create(() => new Stuck(_gate.Task, _received)).WithDeploy(Deploy.Local));
        await Second.SubscribeAsync(new Subscription("t", QualityOfService.AtLeastOnce), subscriber);
        await RouteAsync(First, "t");
        await AwaitAssertAsync(
            () =>
            {
                Publish();
                Assert.Contains(_published, static each => each.Result is { IsCompletedSuccessfully: true, Result: ReasonCode.QuotaExceeded });
            },
            Soon,
            TimeSpan.FromMilliseconds(10));
    }

    /// <summary>What was acknowledged, and nothing else, was received once.</summary>
    protected async Task CheckAsync(params string[] others)
    {
        await Task.WhenAll(_published.Select(static each => each.Result)).WaitAsync(Soon);
        var accepted = _published.Where(static each => each.Result.Result == ReasonCode.Success).Select(static each => each.Payload).Concat(others);
        await AwaitAssertAsync(() => Assert.Equal(accepted.Order(), _received.Order()), Soon);
        Assert.Equal(0, First.Context.Drops.Of(DropReason.SessionBehind) + Second.Context.Drops.Of(DropReason.SessionBehind));
    }

    [Fact]
    public async Task Messages_for_a_session_that_is_stuck_on_another_node_are_refused_or_wait_and_nothing_that_was_acknowledged_is_dropped()
    {
        await StuckAsync();
        var other = await SubscriberAsync(Second, "other", "other");
        await RouteAsync(First, "other");
        var publisher = await ClientAsync(First, "publisher");
        await publisher.SendAsync(Message with { PacketId = 1, Payload = "refused" }, new Publish("other", "y") { QoS = QualityOfService.AtLeastOnce, PacketId = 2 });
        Assert.Equal(ReasonCode.QuotaExceeded, (await publisher.ExpectAsync<PubAck>()).ReasonCode);
        Assert.Equal(ReasonCode.Success, (await publisher.ExpectAsync<PubAck>()).ReasonCode); // the node is not held up
        Assert.Equal("y", (await other.ExpectAsync<Publish>()).Payload.ToText());
        var old = await ClientAsync(First, "old", MqttVersion.V311);
        await old.SendAsync(Message with { PacketId = 1, Payload = "waits" }); // 3.1.1 cannot refuse
        Assert.Contains(_published, static each => !each.Result.IsCompleted); // those that came before this node knew
        _gate.SetResult();
        await old.ExpectAsync<PubAck>();
        await CheckAsync("waits");
        await AwaitAssertAsync(async () => Assert.Equal(ReasonCode.Success, await First.PublishAsync(Message)), Soon);
        Assert.False(First.Context.Routing.Stuck.Any);
    }

    private sealed class Stuck : ReceiveActor
    {
        public Stuck(Task gate, ConcurrentQueue<string> received) => ReceiveAsync<MqttServer.Messages>(async messages =>
        {
            await gate;
            foreach (var each in messages.Packets)
                received.Enqueue(each.Payload.ToText());
        });
    }
}

/// <summary>With connections of their own for frames.</summary>
public sealed class StuckSessionOverTcpSpec(ITestOutputHelper output) : StuckSessionSpec(output, "");

/// <summary>With frames by Akka.Remote.</summary>
public sealed class StuckSessionOverRemoteSpec(ITestOutputHelper output) : StuckSessionSpec(output, "akka.mqtt.cluster.frame-port = off")
{
    [Fact]
    public async Task A_publisher_that_waits_is_acknowledged_also_when_the_word_that_the_session_has_caught_up_is_lost()
    {
        await StuckAsync();
        await CutAsync(true);
        Gate.SetResult();
        await AwaitAssertAsync(() => Assert.False(Second.Context.Routing.Stuck.Any), Soon);
        await CutAsync(false);
        await CheckAsync();
    }
}
