using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Handshake;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Sessions;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Telemetry;
using Akka.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Handshake;

/// <summary>Handshakes alone: a probe is the connection, another the registry; the actor that has them stops after the last.</summary>
public class HandshakesSpec : global::Akka.TestKit.Xunit2.TestKit
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly TestProbe _connection;
    private readonly TestProbe _registry;
    private readonly TransportInfo _transport = new(MqttTransport.Tcp)
    {
        LocalAddress = new IPEndPoint(IPAddress.Loopback, 1883),
        RemoteAddress = new IPEndPoint(IPAddress.Loopback, 4000),
    };

    private ServerContext _context = null!;
    private ConnectionPermit _permit = null!;

    public HandshakesSpec(ITestOutputHelper output)
        : base(TestSystem.Configured("akka.loglevel = DEBUG"), null, output) =>
        (_connection, _registry) = (CreateTestProbe("connection"), CreateTestProbe("registry"));

    private static Connect Hello(string id = "client", MqttVersion version = MqttVersion.V5) => new() { ClientId = id, Version = version };

    private async Task<IActorRef> StartAsync(
        string config = "", MqttServerHooks? hooks = null, string mountPoint = "", ListenerSecurity? security = null)
    {
        _ = Sys.Mqtt(); // brings the dispatcher
        var settings = MqttServerSettings.Create(ConfigurationFactory.ParseString($"akka.mqtt.server {{ {config} }}"));
        _context = ServerContext.Create(settings, hooks);
        _permit = _context.Gate.Admit(_transport, _context.Now)!;
        var connected = new Mqtt.Connected(_connection, MqttRole.Server, _transport);
        var profile = new ListenerProfile("tcp", mountPoint, security ?? settings.DefaultSecurity);
        var handshake = Watch(Sys.ActorOf(Props.Create(() => new Host(_context, _registry, profile, connected, _permit)).WithDeploy(Deploy.Local)));
        var register = await _connection.ExpectMsgAsync<Mqtt.Register>(Soon);
        Assert.Equal((handshake, MqttDelivery.Pull, true), (register.Handler, register.Delivery, register.KeepOpenOnPeerClosed));
        Assert.Equal(1, (await _connection.ExpectMsgAsync<Mqtt.Request>(Soon)).Count);
        return handshake;
    }

    private void Say(IActorRef handshake, object message) => handshake.Tell(message, _connection);

    private async Task ExpectRefusedAsync(IActorRef handshake, ReasonCode code)
    {
        Assert.Equal(code, (await _connection.ExpectMsgAsync<ConnAck>(Soon)).ReasonCode);
        await ExpectClosedAsync(handshake);
    }

    private async Task ExpectClosedAsync(IActorRef handshake)
    {
        await _connection.ExpectMsgAsync<Mqtt.Close>(Soon);
        Say(handshake, Mqtt.Closed.Instance);
        await ExpectTerminatedAsync(handshake, Soon);
        await AwaitAssertAsync(() => Assert.Equal((0, 0L), (_context.Stats.Connections, _context.Memory.Total)), Soon);
    }

    [Fact]
    public async Task It_hands_an_accepted_client_over_and_is_gone()
    {
        var handshake = await StartAsync(mountPoint: "m/");
        var connect = Hello() with
        {
            UserName = null,
            Properties = new ConnectProperties { ReceiveMaximum = 5, UserProperties = [new UserProperty("a", "b")] },
            Will = new Will("w", new byte[] { 1 }),
        };
        Say(handshake, connect);
        var open = await _registry.ExpectMsgAsync<OpenSession>(Soon);
        Assert.Equal(new SessionKey("m/", null, "client"), open.Key);
        Assert.Equal((handshake, (IActorRef)_connection), (open.Handshake, open.Connection));
        Assert.Equal("m/w", open.Connect.Will!.Topic);
        Assert.Equal((ushort)5, open.Connect.Properties!.ReceiveMaximum);
        Assert.Empty(open.Connect.Properties.UserProperties); // nothing is kept that nobody needs
        Assert.Equal(ReasonCode.Success, open.Answer.ReasonCode);
        Assert.Same(_permit, open.Permit);
        Assert.Equal(MemoryCost.Connection, _context.Memory.Total);
        Say(handshake, SessionOpened.Instance);
        await ExpectTerminatedAsync(handshake, Soon);
        Assert.Equal(1, _context.Stats.Connections); // the permit is the session's
        open.Permit!.Dispose();
        Assert.Equal((0, 0L), (_context.Stats.Connections, _context.Memory.Total));
    }

    [Fact]
    public async Task It_asks_for_nothing_behind_CONNECT()
    {
        var handshake = await StartAsync();
        Say(handshake, Hello());
        await _registry.ExpectMsgAsync<OpenSession>(Soon);
        await _connection.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
    }

    [Theory]
    [InlineData(MqttVersion.V5, ReasonCode.ClientIdentifierNotValid)]
    [InlineData(MqttVersion.V311, ReasonCode.ClientIdentifierNotValid)]
    public async Task The_session_may_refuse_the_client(MqttVersion version, ReasonCode code)
    {
        var handshake = await StartAsync();
        Say(handshake, Hello(version: version));
        await _registry.ExpectMsgAsync<OpenSession>(Soon);
        handshake.Tell(new SessionRefused(code, "another user", _connection), _registry);
        await ExpectRefusedAsync(handshake, code);
        Assert.Equal(1, _context.Stats.Refusals(Refused.Connect, code));
    }

    [Fact]
    public async Task A_connection_that_ends_before_it_knows_the_session_is_told_to_the_session()
    {
        var handshake = await StartAsync();
        Say(handshake, Hello());
        var open = await _registry.ExpectMsgAsync<OpenSession>(Soon);
        Say(handshake, Mqtt.PeerClosed.Instance);
        Assert.Equal(new ConnectionLost(open.Key, _connection, Mqtt.PeerClosed.Instance), await _registry.ExpectMsgAsync<ConnectionLost>(Soon));
        await ExpectTerminatedAsync(handshake, Soon);
        Assert.Equal(0, _context.Stats.Connections);
    }

    [Theory]
    [InlineData("authenticator")]
    [InlineData("interceptor")]
    [InlineData("exchange")]
    [InlineData("begin")]
    public async Task Code_that_never_answers_cannot_hold_a_connection_and_is_cancelled(string what)
    {
        var code = new Stuck(what);
        var handshake = await StartAsync("authentication-timeout = 100 ms", code.Hooks);
        Say(handshake, Hello() with { Properties = new ConnectProperties { AuthenticationMethod = what is "exchange" or "begin" ? "stuck" : null } });
        await code.Entered.Task.WaitAsync(Soon);
        await ExpectRefusedAsync(handshake, ReasonCode.NotAuthorized);
        if (what != "begin") // it has no token, and blocks a thread of the pool
            await AwaitAssertAsync(() => Assert.True(code.Token.IsCancellationRequested), Soon);
        code.Leave();
    }

    [Fact]
    public async Task Code_that_blocks_does_not_block_the_thread_of_the_connection()
    {
        var code = new Stuck("blocks");
        var handshake = await StartAsync(hooks: code.Hooks);
        Say(handshake, Hello());
        await code.Entered.Task.WaitAsync(Soon);
        Assert.NotNull(await handshake.Ask<ActorIdentity>(new Identify(1), Soon)); // it is free meanwhile
        code.Leave();
        await _registry.ExpectMsgAsync<OpenSession>(Soon);
    }

    [Fact]
    public async Task Work_for_a_client_that_has_gone_is_cancelled()
    {
        var code = new Stuck("authenticator");
        var handshake = await StartAsync(hooks: code.Hooks);
        Say(handshake, Hello());
        await code.Entered.Task.WaitAsync(Soon);
        Say(handshake, Mqtt.PeerClosed.Instance);
        await ExpectTerminatedAsync(handshake, Soon);
        await AwaitAssertAsync(() => Assert.True(code.Token.IsCancellationRequested), Soon);
    }

    [Fact]
    public async Task AUTH_packets_are_asked_for_one_by_one_and_then_the_session()
    {
        var handshake = await StartAsync(hooks: new MqttServerHooks { EnhancedAuthenticators = [new Twice()] });
        Say(handshake, Hello() with { Properties = new ConnectProperties { AuthenticationMethod = "twice", AuthenticationData = new byte[] { 1 } } });
        var auth = await _connection.ExpectMsgAsync<Auth>(Soon);
        Assert.Equal(ReasonCode.ContinueAuthentication, auth.ReasonCode);
        await _connection.ExpectMsgAsync<Mqtt.Request>(Soon);
        Say(handshake, new Auth(ReasonCode.ContinueAuthentication) { Properties = new AuthProperties { AuthenticationMethod = "twice" } });
        var open = await _registry.ExpectMsgAsync<OpenSession>(Soon);
        Assert.Equal("user", open.Identity.UserName);
        Assert.Equal("twice", open.Answer.Properties!.AuthenticationMethod);
        Assert.Equal(new byte[] { 9 }, open.Answer.Properties.AuthenticationData!.Value.ToArray());
    }

    [Fact]
    public async Task Another_packet_than_AUTH_during_authentication_is_a_protocol_error()
    {
        var handshake = await StartAsync(hooks: new MqttServerHooks { EnhancedAuthenticators = [new Twice()] });
        Say(handshake, Hello() with { Properties = new ConnectProperties { AuthenticationMethod = "twice" } });
        await _connection.ExpectMsgAsync<Auth>(Soon);
        await _connection.ExpectMsgAsync<Mqtt.Request>(Soon);
        Say(handshake, new PingReq());
        await ExpectRefusedAsync(handshake, ReasonCode.ProtocolError); // [MQTT-3.1.2-30 v5]
    }

    [Fact]
    public async Task A_client_that_can_send_no_AUTH_any_more_is_closed()
    {
        var handshake = await StartAsync(hooks: new MqttServerHooks { EnhancedAuthenticators = [new Twice()] });
        Say(handshake, Hello() with { Properties = new ConnectProperties { AuthenticationMethod = "twice" } });
        await _connection.ExpectMsgAsync<Auth>(Soon);
        await _connection.ExpectMsgAsync<Mqtt.Request>(Soon);
        Say(handshake, new Mqtt.InboundClosed(PacketsWait: false));
        await ExpectClosedAsync(handshake);
    }

    [Fact]
    public async Task A_half_closed_client_still_gets_its_session()
    {
        var handshake = await StartAsync();
        Say(handshake, Hello());
        Say(handshake, new Mqtt.InboundClosed(PacketsWait: false));
        await _registry.ExpectMsgAsync<OpenSession>(Soon);
        await _connection.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task An_unknown_method_is_refused() // [MQTT-4.12.0-1 v5]
    {
        var handshake = await StartAsync();
        Say(handshake, Hello() with { Properties = new ConnectProperties { AuthenticationMethod = "none" } });
        await ExpectRefusedAsync(handshake, ReasonCode.BadAuthenticationMethod);
    }

    [Fact]
    public async Task The_user_name_is_the_client_identifier_where_the_listener_says_so()
    {
        var hooks = new MqttServerHooks { Authenticator = new Believer() };
        var handshake = await StartAsync(hooks: hooks, security: new ListenerSecurity { UseUserNameAsClientId = true });
        Say(handshake, Hello("mine") with { UserName = "alice" });
        Assert.Equal("alice", (await _registry.ExpectMsgAsync<OpenSession>(Soon)).ClientId);
    }

    [Fact]
    public async Task Without_a_user_name_there_is_no_identifier_to_take_from_it()
    {
        var hooks = new MqttServerHooks { Authenticator = new Believer() };
        var handshake = await StartAsync(hooks: hooks, security: new ListenerSecurity { UseUserNameAsClientId = true });
        Say(handshake, Hello("mine"));
        await ExpectRefusedAsync(handshake, ReasonCode.NotAuthorized);
    }

    [Theory]
    [InlineData("sensor-1", true)]
    [InlineData("Sensor-1", false)]
    public async Task Client_identifiers_must_begin_as_the_listener_says(string id, bool isAllowed)
    {
        var handshake = await StartAsync(security: new ListenerSecurity { ClientIdPrefixes = ["door-", "sensor-"] });
        Say(handshake, Hello(id));
        if (isAllowed)
            await _registry.ExpectMsgAsync<OpenSession>(Soon);
        else
            await ExpectRefusedAsync(handshake, ReasonCode.NotAuthorized);
    }

    [Fact]
    public async Task Users_have_sessions_of_their_own_by_key()
    {
        var handshake = await StartAsync("sessions-by-user = on", new MqttServerHooks { Authenticator = new Believer() });
        Say(handshake, Hello() with { UserName = "alice" });
        Assert.Equal(new SessionKey("", "alice", "client"), (await _registry.ExpectMsgAsync<OpenSession>(Soon)).Key);
    }

    [Fact]
    public async Task It_makes_room_for_others_while_it_waits_for_CONNECT()
    {
        var handshake = await StartAsync();
        _permit.Displace();
        await _connection.ExpectMsgAsync<Mqtt.Abort>(Soon);
        Say(handshake, Mqtt.Aborted.Instance);
        await ExpectTerminatedAsync(handshake, Soon);
        Assert.Equal(1, _context.Stats.Refusals(Refused.Connect, ReasonCode.QuotaExceeded));
    }

    [Fact]
    public async Task A_CONNECT_that_does_not_fit_into_memory_is_refused()
    {
        var handshake = await StartAsync("memory { limit = 2 MiB, shares.pre-authentication = 0.01 }");
        var properties = MqttList.From(Enumerable.Range(0, 1000).Select(_ => new UserProperty("a", "b")));
        Say(handshake, Hello() with { Properties = new ConnectProperties { UserProperties = properties } });
        await ExpectRefusedAsync(handshake, ReasonCode.ServerBusy);
    }

    [Fact]
    public async Task A_server_that_stops_refuses_who_is_not_accepted_yet()
    {
        var handshake = await StartAsync(hooks: new Stuck("authenticator").Hooks);
        Say(handshake, Hello());
        handshake.Tell(Drain.Instance);
        await ExpectRefusedAsync(handshake, ReasonCode.ServerUnavailable);
    }

    [Fact]
    public async Task A_handshake_that_fails_ends_alone()
    {
        var handshake = await StartAsync(hooks: new MqttServerHooks { Authenticator = new Speechless() });
        var other = CreateTestProbe("other");
        var permit = _context.Gate.Admit(_transport, _context.Now)!;
        handshake.Tell((new Mqtt.Connected(other, MqttRole.Server, _transport), permit));
        await other.ExpectMsgAsync<Mqtt.Register>(Soon);
        await EventFilter.Exception<NullReferenceException>().ExpectOneAsync(() =>
        {
            Say(handshake, Hello());
            return Task.CompletedTask;
        });
        await _connection.ExpectMsgAsync<Mqtt.Abort>(Soon);
        Say(handshake, Mqtt.Aborted.Instance); // nobody waits for it any more
        Assert.Equal(1, _context.Stats.Connections);
        other.Send(handshake, Mqtt.PeerClosed.Instance);
        await ExpectTerminatedAsync(handshake, Soon);
        Assert.Equal((0, 0L), (_context.Stats.Connections, _context.Memory.Total));
    }

    [Fact]
    public async Task Connections_lose_their_handler_with_the_actor()
    {
        var handshake = await StartAsync();
        Sys.Stop(handshake);
        await _connection.ExpectMsgAsync<HandlerEnded>(Soon);
        await AwaitAssertAsync(() => Assert.Equal((0, 0L), (_context.Stats.Connections, _context.Memory.Total)), Soon);
    }

    private sealed class Host : UntypedActor
    {
        private readonly ListenerProfile _profile;
        private readonly Handshakes _handshakes;

        public Host(ServerContext context, IActorRef registry, ListenerProfile profile, Mqtt.Connected connected, ConnectionPermit permit)
        {
            _profile = profile;
            _handshakes = new Handshakes(context, registry, Self, Context.System.Scheduler, Context.GetLogger());
            _handshakes.Begin(profile, connected, permit);
        }

        protected override void OnReceive(object message)
        {
            if (message is (Mqtt.Connected connected, ConnectionPermit permit))
                _handshakes.Begin(_profile, connected, permit);
            else if (message is Drain)
                _handshakes.Drain();
            else if (!_handshakes.Receive(message, Sender))
                Unhandled(message);
            if (_handshakes.Count == 0)
                Context.Stop(Self);
        }

        protected override void PostStop() => _handshakes.Stop();
    }

    private sealed class Speechless : IAuthenticator
    {
        public ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationContext context, CancellationToken cancellationToken) => new((AuthenticationResult)null!);
    }

    private sealed class Believer : IAuthenticator
    {
        public ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationContext context, CancellationToken cancellationToken) =>
            new(AuthenticationResult.Accepted(context.UserName));
    }

    /// <summary>Asks once more, then accepts.</summary>
    private sealed class Twice : IEnhancedAuthenticator
    {
        public string Method => "twice";

        public IEnhancedExchange Begin(AuthenticationContext context) => new Exchange();

        private sealed class Exchange : IEnhancedExchange
        {
            private int _steps;

            public ValueTask<AuthenticationStep> NextAsync(MqttBinary? data, CancellationToken cancellationToken) =>
                new(_steps++ == 0 ? AuthenticationStep.Continue(new byte[] { 2 }) : AuthenticationStep.Accept("user", new byte[] { 9 }));
        }
    }

    /// <summary>Does not answer in the step that has this name.</summary>
    private sealed class Stuck(string where) : IAuthenticator, IConnectInterceptor, IEnhancedAuthenticator
    {
        private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationToken Token { get; private set; }

        public MqttServerHooks Hooks => new() { Authenticator = this, ConnectInterceptor = this, EnhancedAuthenticators = [this] };

        public string Method => "stuck";

        public void Leave() => _left.TrySetResult();

        public IEnhancedExchange Begin(AuthenticationContext context)
        {
            if (where == "begin")
                Block();
            return new Exchange(this);
        }

        public async ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationContext context, CancellationToken cancellationToken)
        {
            if (where == "blocks")
                Block();
            await StickAsync("authenticator", cancellationToken);
            return AuthenticationResult.Accepted();
        }

        public async ValueTask<Interception<Connect>> InterceptAsync(
            Connect packet, string listener, TransportInfo transport, CancellationToken cancellationToken)
        {
            await StickAsync("interceptor", cancellationToken);
            return Interception<Connect>.Pass(packet);
        }

        bool IAuthenticator.MayStay(ClientIdentity client) => true;

        bool IEnhancedAuthenticator.MayStay(ClientIdentity client) => true;

        private void Block()
        {
            Entered.TrySetResult();
            _left.Task.Wait();
        }

        private async Task StickAsync(string step, CancellationToken cancellationToken)
        {
            if (step != where)
                return;
            Token = cancellationToken;
            Entered.TrySetResult();
            await _left.Task; // it does not even look at the token
        }

        private sealed class Exchange(Stuck owner) : IEnhancedExchange
        {
            public async ValueTask<AuthenticationStep> NextAsync(MqttBinary? data, CancellationToken cancellationToken)
            {
                await owner.StickAsync("exchange", cancellationToken);
                return AuthenticationStep.Accept(null);
            }
        }
    }
}
