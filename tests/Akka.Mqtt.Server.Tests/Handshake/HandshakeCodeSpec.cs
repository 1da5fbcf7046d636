using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Sessions;
using Akka.Mqtt.Server.Shared;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Handshake;

/// <summary>Code of users in a handshake: authenticators, interceptors, and the conversation by AUTH packets.</summary>
public class HandshakeCodeSpec(ITestOutputHelper output) : HandshakeFixture(output)
{
    [Theory]
    [InlineData("authenticator")]
    [InlineData("interceptor")]
    [InlineData("exchange")]
    [InlineData("begin")]
    public async Task Code_that_never_answers_cannot_hold_aConnection_and_is_cancelled(string what)
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
    public async Task Code_that_blocks_does_not_block_the_thread_of_theConnection()
    {
        var code = new Stuck("blocks");
        var handshake = await StartAsync(hooks: code.Hooks);
        Say(handshake, Hello());
        await code.Entered.Task.WaitAsync(Soon);
        Assert.NotNull(await handshake.Ask<ActorIdentity>(new Identify(1), Soon)); // it is free meanwhile
        code.Leave();
        await Registry.ExpectMsgAsync<OpenSession>(Soon);
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
        var auth = await Connection.ExpectMsgAsync<Auth>(Soon);
        Assert.Equal(ReasonCode.ContinueAuthentication, auth.ReasonCode);
        await Connection.ExpectMsgAsync<Mqtt.Request>(Soon);
        Say(handshake, new Auth(ReasonCode.ContinueAuthentication) { Properties = new AuthProperties { AuthenticationMethod = "twice" } });
        var open = await Registry.ExpectMsgAsync<OpenSession>(Soon);
        Assert.Equal("user", open.Identity.UserName);
        Assert.Equal("twice", open.Answer.Properties!.AuthenticationMethod);
        Assert.Equal(new byte[] { 9 }, open.Answer.Properties.AuthenticationData!.Value.ToArray());
    }

    [Fact]
    public async Task Another_packet_than_AUTH_during_authentication_is_a_protocol_error()
    {
        var handshake = await StartAsync(hooks: new MqttServerHooks { EnhancedAuthenticators = [new Twice()] });
        Say(handshake, Hello() with { Properties = new ConnectProperties { AuthenticationMethod = "twice" } });
        await Connection.ExpectMsgAsync<Auth>(Soon);
        await Connection.ExpectMsgAsync<Mqtt.Request>(Soon);
        Say(handshake, new PingReq());
        await ExpectRefusedAsync(handshake, ReasonCode.ProtocolError); // [MQTT-3.1.2-30 v5]
    }

    [Fact]
    public async Task A_client_that_can_send_no_AUTH_any_more_is_closed()
    {
        var handshake = await StartAsync(hooks: new MqttServerHooks { EnhancedAuthenticators = [new Twice()] });
        Say(handshake, Hello() with { Properties = new ConnectProperties { AuthenticationMethod = "twice" } });
        await Connection.ExpectMsgAsync<Auth>(Soon);
        await Connection.ExpectMsgAsync<Mqtt.Request>(Soon);
        Say(handshake, new Mqtt.InboundClosed(PacketsWait: false));
        await ExpectClosedAsync(handshake);
    }

    [Fact]
    public async Task A_half_closed_client_still_gets_its_session()
    {
        var handshake = await StartAsync();
        Say(handshake, Hello());
        Say(handshake, new Mqtt.InboundClosed(PacketsWait: false));
        await Registry.ExpectMsgAsync<OpenSession>(Soon);
        await Connection.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task An_unknown_method_is_refused() // [MQTT-4.12.0-1 v5]
    {
        var handshake = await StartAsync();
        Say(handshake, Hello() with { Properties = new ConnectProperties { AuthenticationMethod = "none" } });
        await ExpectRefusedAsync(handshake, ReasonCode.BadAuthenticationMethod);
    }

    [Fact]
    public async Task A_server_that_stops_refuses_who_is_not_accepted_yet()
    {
        var handshake = await StartAsync(hooks: new Stuck("authenticator").Hooks);
        Say(handshake, Hello());
        handshake.Tell(Drain.Instance);
        await ExpectRefusedAsync(handshake, ReasonCode.ServerUnavailable);
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
