using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Shared;
using Microsoft.Extensions.Time.Testing;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Security;

/// <summary>The user's code takes as much virtual time as a test says.</summary>
public class HookWatchSpec(ITestOutputHelper output) : global::Akka.TestKit.Xunit2.TestKit(TestSystem.Configured(), null, output)
{
    private static readonly TransportInfo Link = new(MqttTransport.Tcp);

    private static readonly ClientIdentity Client = new("c", "user", "tcp");

    private readonly FakeTimeProvider _clock = new();

    private (ClientRights Rights, HookWatch Watch, Slow Hook) Create(string threshold = "10 ms")
    {
        var slow = new Slow(_clock);
        var settings = MqttServerSettings.Create(ConfigurationFactory.ParseString($"akka.mqtt.server.slow-hook-threshold = {threshold}"));
        var hooks = new MqttServerHooks
        {
            Clock = _clock, Authorizer = slow, PublishInterceptor = slow, DeliveryInterceptor = slow, SubscribeInterceptor = slow,
        };
        var context = ServerContext.Create(settings, hooks);
        return (ClientRights.For(Client, context.Security.Of("tcp"), hooks, context.HookWatch, Log)!, context.HookWatch, slow);
    }

    [Fact]
    public void Each_kind_of_call_that_takes_too_long_is_counted()
    {
        var (rights, watch, slow) = Create();
        var packet = new Publish("t");
        var subscription = new Subscription("t");
        slow.Takes = TimeSpan.FromMilliseconds(11);
        Assert.True(rights.MayPublish("t"));
        Assert.True(rights.MayReceive("t"));
        Assert.True(rights.MaySubscribe("t"));
        Assert.Equal(ReasonCode.Success, rights.Intercept(ref packet));
        Assert.Equal(ReasonCode.Success, rights.Intercept(ref subscription));
        Assert.NotNull(rights.Deliver(packet));
        Assert.Equal(6, watch.SlowCalls);
        slow.Takes = TimeSpan.FromMilliseconds(10);
        Assert.True(rights.MayPublish("t"));
        Assert.Equal(6, watch.SlowCalls);
    }

    [Fact]
    public void A_call_that_fails_late_is_counted_too()
    {
        var (rights, watch, slow) = Create();
        (slow.Takes, slow.Fails) = (TimeSpan.FromSeconds(1), true);
        EventFilter.Exception<InvalidOperationException>().ExpectOne(() => Assert.False(rights.MayPublish("t")));
        Assert.Equal(1, watch.SlowCalls);
    }

    [Fact]
    public void The_log_says_it_at_most_every_ten_seconds_and_how_often_it_was()
    {
        var (rights, _, slow) = Create();
        slow.Takes = TimeSpan.FromMilliseconds(20);
        EventFilter.Warning(contains: "Slow took 20 ms, and clients waited for it: 1 calls").ExpectOne(() =>
        {
            for (var call = 0; call < 100; call++)
                rights.MayPublish("t");
        });
        _clock.Advance(TimeSpan.FromSeconds(10));
        EventFilter.Warning(contains: "100 calls took longer than slow-hook-threshold = 10 ms").ExpectOne(() => rights.MayPublish("t"));
    }

    [Fact]
    public void Off_counts_nothing()
    {
        var (rights, watch, slow) = Create("off");
        slow.Takes = TimeSpan.FromSeconds(1);
        Assert.True(rights.MayPublish("t"));
        Assert.Equal(0, watch.SlowCalls);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("method")]
    public void Whether_a_client_may_stay_is_watched_too_and_a_failure_is_no(string? method)
    {
        var slow = new Slow(_clock) { Takes = TimeSpan.FromMilliseconds(11) };
        var hooks = new MqttServerHooks { Clock = _clock, Authenticator = slow, EnhancedAuthenticators = [slow] };
        var context = ServerContext.Create(MqttServerSettings.Create(Config.Empty), hooks);
        var rules = context.Security.Of("tcp");
        Assert.True(rules.MayStay(Client, method, Link, context.HookWatch, Log));
        Assert.Equal(1, context.HookWatch.SlowCalls);
        slow.Fails = true;
        EventFilter.Exception<InvalidOperationException>().ExpectOne(() => Assert.False(rules.MayStay(Client, method, Link, context.HookWatch, Log)));
        Assert.Equal(2, context.HookWatch.SlowCalls);
        Assert.False(rules.MayStay(Client, "other", Link, context.HookWatch, Log));
    }

    private sealed class Slow(FakeTimeProvider clock) : IAuthenticator, IEnhancedAuthenticator, IAuthorizer, IPublishInterceptor, ISubscribeInterceptor, IDeliveryInterceptor
    {
        public TimeSpan Takes { get; set; }

        public bool Fails { get; set; }

        public string Method => "method";

        public ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationContext context, CancellationToken cancellationToken) =>
            ValueTask.FromResult(AuthenticationResult.Accepted("user"));

        public IEnhancedExchange Begin(AuthenticationContext context) => throw new NotSupportedException();

        public bool MayStay(ClientIdentity client) => Work(true);

        public bool MayPublish(ClientIdentity client, string topic) => Work(true);

        public bool MaySubscribe(ClientIdentity client, string filter) => Work(true);

        public bool MayReceive(ClientIdentity client, string topic) => Work(true);

        public Interception<Publish> Intercept(ClientIdentity client, Publish message) => Work(Interception<Publish>.Pass(message));

        public Interception<Subscription> Intercept(ClientIdentity client, Subscription subscription) =>
            Work(Interception<Subscription>.Pass(subscription));

        private T Work<T>(T result)
        {
            clock.Advance(Takes);
            return Fails ? throw new InvalidOperationException() : result;
        }
    }
}
