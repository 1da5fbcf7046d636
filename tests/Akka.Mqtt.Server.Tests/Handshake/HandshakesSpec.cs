using Akka.Actor;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Sessions;
using Akka.Mqtt.Server.Telemetry;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Handshake;

/// <summary>What becomes of a connection until its client is accepted or refused.</summary>
public class HandshakesSpec(ITestOutputHelper output) : HandshakeFixture(output)
{
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
        var open = await Registry.ExpectMsgAsync<OpenSession>(Soon);
        Assert.Equal(new SessionKey("m/", null, "client"), open.Key);
        Assert.Equal((handshake, (IActorRef)Connection), (open.Handshake, open.Connection));
        Assert.Equal("m/w", open.Connect.Will!.Topic);
        Assert.Equal((ushort)5, open.Connect.Properties!.ReceiveMaximum);
        Assert.Empty(open.Connect.Properties.UserProperties); // nothing is kept that nobody needs
        Assert.Equal(ReasonCode.Success, open.Answer.ReasonCode);
        Assert.Same(Permit, open.Permit);
        Assert.Equal(MemoryCost.Connection, Server.Memory.Total);
        Say(handshake, SessionOpened.Instance);
        await ExpectTerminatedAsync(handshake, Soon);
        Assert.Equal(1, Server.Stats.Connections); // the permit is the session's
        open.Permit!.Dispose();
        Assert.Equal((0, 0L), (Server.Stats.Connections, Server.Memory.Total));
    }

    [Fact]
    public async Task It_asks_for_nothing_behind_CONNECT()
    {
        var handshake = await StartAsync();
        Say(handshake, Hello());
        await Registry.ExpectMsgAsync<OpenSession>(Soon);
        await Connection.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
    }

    [Theory]
    [InlineData(MqttVersion.V5, ReasonCode.ClientIdentifierNotValid)]
    [InlineData(MqttVersion.V311, ReasonCode.ClientIdentifierNotValid)]
    public async Task The_session_may_refuse_the_client(MqttVersion version, ReasonCode code)
    {
        var handshake = await StartAsync();
        Say(handshake, Hello(version: version));
        await Registry.ExpectMsgAsync<OpenSession>(Soon);
        handshake.Tell(new SessionRefused(code, "another user", Connection), Registry);
        await ExpectRefusedAsync(handshake, code);
        Assert.Equal(1, Server.Stats.Refusals(Refused.Connect, code));
    }

    [Fact]
    public async Task AConnection_that_ends_before_it_knows_the_session_is_told_to_the_session()
    {
        var handshake = await StartAsync();
        Say(handshake, Hello());
        var open = await Registry.ExpectMsgAsync<OpenSession>(Soon);
        Say(handshake, Mqtt.PeerClosed.Instance);
        Assert.Equal(new ConnectionLost(open.Key, Connection, Mqtt.PeerClosed.Instance), await Registry.ExpectMsgAsync<ConnectionLost>(Soon));
        await ExpectTerminatedAsync(handshake, Soon);
        Assert.Equal(0, Server.Stats.Connections);
    }

    [Theory]
    [InlineData(MqttVersion.V5)]
    [InlineData(MqttVersion.V311)]
    public async Task A_client_whose_session_does_not_come_is_refused_and_the_session_hears_of_its_end(MqttVersion version)
    {
        var handshake = await StartAsync("authentication-timeout = 100 ms");
        Say(handshake, Hello(version: version));
        var open = await Registry.ExpectMsgAsync<OpenSession>(Soon);
        await ExpectRefusedAsync(handshake, ReasonCode.ServerUnavailable);
        Assert.Equal(new ConnectionLost(open.Key, Connection, Mqtt.Closed.Instance), await Registry.ExpectMsgAsync<ConnectionLost>(Soon));
        Assert.Equal(1, Server.Stats.Refusals(Refused.Connect, ReasonCode.ServerUnavailable));
    }

    [Fact]
    public async Task A_session_that_comes_after_the_refusal_hears_of_the_end_itself()
    {
        var handshake = await StartAsync("authentication-timeout = 100 ms");
        Say(handshake, Hello());
        var open = await Registry.ExpectMsgAsync<OpenSession>(Soon);
        Assert.Equal(ReasonCode.ServerUnavailable, (await Connection.ExpectMsgAsync<ConnAck>(Soon)).ReasonCode);
        await Connection.ExpectMsgAsync<Mqtt.Close>(Soon);
        Say(handshake, SessionOpened.Instance); // the connection has another handler from now on
        await ExpectTerminatedAsync(handshake, Soon);
        Assert.Equal(1, Server.Stats.Connections); // the permit is the session's
        open.Permit!.Dispose();
        await Registry.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task The_user_name_is_the_client_identifier_where_the_listener_says_so()
    {
        var hooks = new MqttServerHooks { Authenticator = new Believer() };
        var handshake = await StartAsync(hooks: hooks, security: new ListenerSecurity { UseUserNameAsClientId = true });
        Say(handshake, Hello("mine") with { UserName = "alice" });
        Assert.Equal("alice", (await Registry.ExpectMsgAsync<OpenSession>(Soon)).ClientId);
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
            await Registry.ExpectMsgAsync<OpenSession>(Soon);
        else
            await ExpectRefusedAsync(handshake, ReasonCode.NotAuthorized);
    }

    [Fact]
    public async Task Users_have_sessions_of_their_own_by_key()
    {
        var handshake = await StartAsync("sessions-by-user = on", new MqttServerHooks { Authenticator = new Believer() });
        Say(handshake, Hello() with { UserName = "alice" });
        Assert.Equal(new SessionKey("", "alice", "client"), (await Registry.ExpectMsgAsync<OpenSession>(Soon)).Key);
    }

    [Fact]
    public async Task It_makes_room_for_others_while_it_waits_for_CONNECT()
    {
        var handshake = await StartAsync();
        Permit.Displace();
        await Connection.ExpectMsgAsync<Mqtt.Abort>(Soon);
        Say(handshake, Mqtt.Aborted.Instance);
        await ExpectTerminatedAsync(handshake, Soon);
        Assert.Equal(1, Server.Stats.Refusals(Refused.Connect, ReasonCode.QuotaExceeded));
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
    public async Task A_handshake_that_fails_ends_alone()
    {
        var handshake = await StartAsync(hooks: new MqttServerHooks { Authenticator = new Speechless() });
        var other = CreateTestProbe("other");
        var permit = Server.Gate.Admit(Transport, Server.Now)!;
        handshake.Tell(new Another(new Mqtt.Connected(other, MqttRole.Server, Transport), permit));
        await other.ExpectMsgAsync<Mqtt.Register>(Soon);
        await EventFilter.Exception<NullReferenceException>().ExpectOneAsync(() =>
        {
            Say(handshake, Hello());
            return Task.CompletedTask;
        });
        await Connection.ExpectMsgAsync<Mqtt.Abort>(Soon);
        Say(handshake, Mqtt.Aborted.Instance); // nobody waits for it any more
        Assert.Equal(1, Server.Stats.Connections);
        other.Send(handshake, Mqtt.PeerClosed.Instance);
        await ExpectTerminatedAsync(handshake, Soon);
        Assert.Equal((0, 0L), (Server.Stats.Connections, Server.Memory.Total));
    }

    [Fact]
    public async Task Connections_lose_their_handler_with_the_actor()
    {
        var handshake = await StartAsync();
        Sys.Stop(handshake);
        await Connection.ExpectMsgAsync<HandlerEnded>(Soon);
        await AwaitAssertAsync(() => Assert.Equal((0, 0L), (Server.Stats.Connections, Server.Memory.Total)), Soon);
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
}
