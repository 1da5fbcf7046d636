using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Shared;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>Nobody is sent what another user's session has kept, and nobody what it may not read any more.</summary>
public class SessionOwnerSpec(ITestOutputHelper output) : ProbeServerSpec(output)
{
    private static MqttServerHooks Hooks(Rights? rights = null) => new() { Authenticator = new Anybody(), Authorizer = rights };

    private static Connect As(string user) => new()
    {
        ClientId = "sensor",
        Version = MqttVersion.V5,
        CleanStart = false,
        UserName = user,
        Properties = new ConnectProperties { SessionExpiryInterval = 600 },
    };

    private async Task<MqttServer> StartAsync(MqttServerHooks hooks, string config = "") =>
        await StartAsync(ServerContext.Create(Settings(config), hooks));

    private async Task LeaveMessageInFlightAsync(MqttServer server, string user)
    {
        var (owner, answer) = await ConnectAsync(server, As(user));
        Assert.Equal(ReasonCode.Success, answer.ReasonCode);
        await owner.SubscribeAsync("secret/#", QualityOfService.AtLeastOnce, Soon);
        var (publisher, _) = await ConnectAsync(server, As(user) with { ClientId = "publisher" });
        await publisher.SendPacketAsync(new Publish("secret/x", "top") { QoS = QualityOfService.AtLeastOnce, PacketId = 1 });
        await owner.ExpectPacketAsync<Publish>(Soon);
        owner.Abort();
    }

    [Fact]
    public async Task Another_user_is_refused_a_session_and_its_owner_is_not()
    {
        var server = await StartAsync(Hooks());
        await LeaveMessageInFlightAsync(server, "a");

        var (_, other) = await ConnectAsync(server, As("b"));
        var (owner, answer) = await ConnectAsync(server, As("a"));

        Assert.Equal(ReasonCode.ClientIdentifierNotValid, other.ReasonCode);
        Assert.True(answer.SessionPresent);
        Assert.Equal("secret/x", (await owner.ExpectPacketAsync<Publish>(Soon)).Topic);
    }

    [Theory]
    [InlineData("sessions-by-user = on")]
    [InlineData("sessions-by-user = off")]
    public async Task Nobody_is_the_user_who_has_the_sessions_of_the_servers_own_clients(string config)
    {
        var server = await StartAsync(Hooks(), config);
        await using var own = await server.ConnectClientAsync("sensor");
        var (_, answer) = await ConnectAsync(server, As("$in-process"));
        Assert.Equal(ReasonCode.NotAuthorized, answer.ReasonCode);
    }

    [Fact]
    public async Task With_sessions_by_user_another_user_has_a_session_of_its_own()
    {
        var server = await StartAsync(Hooks(), "sessions-by-user = on");
        await LeaveMessageInFlightAsync(server, "a");

        var (other, answer) = await ConnectAsync(server, As("b"));

        Assert.Equal((ReasonCode.Success, false), (answer.ReasonCode, answer.SessionPresent));
        await ExpectNothingAsync(other);
    }

    [Fact]
    public async Task A_message_in_flight_is_not_sent_again_when_its_client_may_not_read_it_any_more()
    {
        var rights = new Rights();
        var server = await StartAsync(Hooks(rights));
        await LeaveMessageInFlightAsync(server, "a");
        rights.MayRead = false;

        var (owner, answer) = await ConnectAsync(server, As("a"));

        Assert.True(answer.SessionPresent);
        await ExpectNothingAsync(owner);
    }

    private sealed class Anybody : IAuthenticator
    {
        public ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationContext context, CancellationToken cancellationToken) =>
            new(AuthenticationResult.Accepted(context.UserName));
    }

    private sealed class Rights : IAuthorizer
    {
        public volatile bool MayRead = true;

        bool IAuthorizer.MayPublish(ClientIdentity client, string topic) => true;

        bool IAuthorizer.MaySubscribe(ClientIdentity client, string filter) => true;

        bool IAuthorizer.MayReceive(ClientIdentity client, string topic) => MayRead;
    }
}
