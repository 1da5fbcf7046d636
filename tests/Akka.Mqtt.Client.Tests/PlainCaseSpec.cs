using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Xunit.Abstractions;

namespace Akka.Mqtt.Client.Tests;

/// <summary>A client and a real server.</summary>
public sealed class PlainCaseSpec : global::Akka.TestKit.Xunit2.TestKit, IAsyncLifetime
{
    private MqttServer _server = null!;

    public PlainCaseSpec(ITestOutputHelper output)
        : base(TestSystem.Configured("akka.loglevel = INFO"), null, output)
    {
    }

    private MqttClientSettings Settings => MqttClientSettings.Create((Config?)null) with { Servers = [new Uri($"mqtt://{_server.Endpoints[0].Address}")] };

    public static TheoryData<QualityOfService, MqttVersion> EachQoSAndVersion
    {
        get
        {
            var data = new TheoryData<QualityOfService, MqttVersion>();
            foreach (var version in (MqttVersion[])[MqttVersion.V31, MqttVersion.V311, MqttVersion.V5])
            {
                for (var qos = 0; qos <= 2; qos++)
                    data.Add((QualityOfService)qos, version);
            }
            return data;
        }
    }

    public async Task InitializeAsync() => _server = await MqttServer.StartAsync(Sys, MqttServerSettings.Create(
        ConfigurationFactory.ParseString("akka.mqtt.server { sys-interval = off, listeners.tcp.port = 0 }")));

    public async Task DisposeAsync() => await _server.StopAsync();

    [Theory]
    [MemberData(nameof(EachQoSAndVersion))]
    public async Task A_task_publishes_and_an_enumeration_receives(QualityOfService qos, MqttVersion version)
    {
        await using var client = await MqttClient.ConnectAsync(Settings with { Version = version }, Sys);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var messages = client.SubscribeAsync("a/#", qos, limit.Token).GetAsyncEnumerator(limit.Token);
        var first = messages.MoveNextAsync(); // subscribes
        await using (var other = await MqttClient.ConnectAsync(Settings, Sys))
        {
            while (await other.PublishAsync(new Publish("a/ready") { QoS = QualityOfService.AtLeastOnce }, limit.Token)
                is MqttClient.Acked { ReasonCode: ReasonCode.NoMatchingSubscribers })
            {
            }
        }
        Assert.True(await first);
        for (var number = 0; number < 100; number++)
            await client.PublishAsync("a/b", $"{number}", qos, limit.Token);
        for (var number = 0; number < 100; number++)
        {
            Assert.True(await messages.MoveNextAsync());
            Assert.Equal($"{number}", messages.Current.Payload.ToText());
            Assert.Equal(qos, messages.Current.QoS);
        }
    }

    [Theory]
    [MemberData(nameof(EachQoSAndVersion))]
    public async Task An_actor_gets_one_outcome_for_each_command_and_all_messages_in_order(QualityOfService qos, MqttVersion version)
    {
        var handler = CreateTestProbe("handler");
        var sender = CreateTestProbe("sender");
        var client = Sys.ActorOf(MqttClient.Props(Settings with { Version = version, AcknowledgeAutomatically = true }, handler));
        await handler.ExpectMsgAsync<MqttClient.Demand>();
        await handler.ExpectMsgAsync<MqttClient.Connecting>();
        Assert.False((await handler.ExpectMsgAsync<MqttClient.Connected>()).SessionPresent);
        client.Tell(new MqttClient.Subscribe([new Subscription("a/+", qos)], "subscribe"), sender);
        Assert.Equal("subscribe", (await sender.ExpectMsgAsync<MqttClient.Acked>()).Correlation);

        for (var number = 0; number < 500; number++)
            client.Tell(new MqttClient.Publish(new Publish("a/b", $"{number}") { QoS = qos }, number), sender);
        for (var number = 0; number < 500; number++)
        {
            var outcome = await sender.ExpectMsgAsync<MqttClient.Outcome>();
            Assert.Equal(number, outcome.Correlation);
            Assert.True(outcome is MqttClient.Sent && qos == 0 || outcome is MqttClient.Acked && qos != 0, $"{outcome}");
        }
        for (var number = 0; number < 500;)
        {
            foreach (var message in (await handler.ExpectMsgAsync<MqttClient.Received>()).Messages)
                Assert.Equal($"{number++}", message.Payload.ToText());
        }

        client.Tell(new MqttClient.Unsubscribe(["a/+"], "unsubscribe"), sender);
        Assert.Equal("unsubscribe", (await sender.ExpectMsgAsync<MqttClient.Acked>()).Correlation);
        client.Tell(new MqttClient.Disconnect(), sender);
        await sender.ExpectMsgAsync<MqttClient.Stopped>();
        await handler.ExpectMsgAsync<MqttClient.Stopped>();
    }

    [Fact]
    public async Task Lanes_handle_messages_again_that_failed_and_a_handler_may_publish()
    {
        await using var client = await MqttClient.ConnectAsync(Settings with { MaxCommands = 1, ReceiveMaximum = 3 }, Sys);
        using var end = new CancellationTokenSource();
        var handled = System.Threading.Channels.Channel.CreateUnbounded<string>();
        var failures = 0;
        var ready = new TaskCompletionSource();
        var lanes = client.HandleAsync(
            "in/#",
            async (message, cancel) =>
            {
                if (message.Topic == "in/ready")
                {
                    ready.TrySetResult();
                    return;
                }
                if (Interlocked.Increment(ref failures) % 3 == 1)
                    throw new InvalidOperationException("not now");
                await client.PublishAsync("out/" + message.Topic, message.Payload, QualityOfService.AtLeastOnce, cancel);
                handled.Writer.TryWrite(message.Payload.ToText());
            },
            MqttLanesSettings.Create((Config?)null) with { FirstWait = TimeSpan.FromMilliseconds(1), LongestWait = TimeSpan.FromMilliseconds(1) },
            cancellationToken: end.Token);
        await using var other = await MqttClient.ConnectAsync(Settings, Sys);
        while (!ready.Task.IsCompleted)
            await other.PublishAsync(new Publish("in/ready") { QoS = QualityOfService.AtLeastOnce });
        for (var number = 0; number < 20; number++)
            await other.PublishAsync($"in/{number % 4}", $"{number}", QualityOfService.AtLeastOnce);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var order = new List<int>();
        while (order.Count < 20)
            order.Add(int.Parse(await handled.Reader.ReadAsync(limit.Token), System.Globalization.CultureInfo.InvariantCulture));
        for (var topic = 0; topic < 4; topic++)
            Assert.Equal(order.Where(number => number % 4 == topic).Order(), order.Where(number => number % 4 == topic));
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lanes);
    }

    [Fact]
    public async Task Connecting_fails_with_the_cause_where_no_server_is()
    {
        using var nobody = HeldPort.Refusing();
        var failure = await Assert.ThrowsAsync<MqttClientException>(
            () => MqttClient.ConnectAsync(Settings with { Servers = [new Uri($"mqtt://{nobody.EndPoint}")] }, Sys));
        Assert.Equal(MqttClientCause.DialFailed, failure.Cause!.Kind);
    }

    [Fact]
    public async Task A_client_makes_its_own_actor_system_and_ends_it()
    {
        await using var client = await MqttClient.ConnectAsync($"mqtt://{_server.Endpoints[0].Address}");
        await client.PublishAsync("a", "b", QualityOfService.AtLeastOnce);
    }

    [Fact]
    public async Task A_command_to_a_client_that_has_stopped_fails()
    {
        var client = await MqttClient.ConnectAsync(Settings, Sys);
        await client.DisposeAsync();
        var failure = await Assert.ThrowsAsync<MqttClientException>(() => client.PublishAsync("a", "b").WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(MqttClientCause.Stopped, failure.Cause!.Kind);
    }
}
