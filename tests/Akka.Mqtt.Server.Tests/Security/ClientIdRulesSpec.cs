using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Security;

public class ClientIdRulesSpec(ITestOutputHelper output) : SecuritySpec(
    output, "listener-defaults { password-file = \"$dir/users\", allow-anonymous = on, client-id-prefixes = [ab] }\nallow-control-characters = off\n")
{
    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task A_client_identifier_without_the_prefix_is_refused(MqttVersion version)
    {
        Assert.Equal(ReasonCode.Success, (await LoginAsync(null, null, "abc", version)).Answer.ReasonCode);
        Assert.Equal(ReasonCode.NotAuthorized, (await LoginAsync(null, null, "ba", version)).Answer.ReasonCode);
    }

    [Theory]
    [InlineData("ab\u0001")]
    [InlineData("ab\u0085")]
    public async Task Control_characters_are_refused_where_they_are_not_allowed(string text)
    {
        Assert.Equal(ReasonCode.ClientIdentifierNotValid, (await LoginAsync(null, null, text)).Answer.ReasonCode);
        var (client, _) = await LoginAsync(null, null, "ab");
        await client.SendAsync(new Subscribe(1, text, "fine"));
        Assert.Equal([ReasonCode.TopicFilterInvalid, ReasonCodes.GrantedQoS0], (await client.ExpectAsync<SubAck>()).ReasonCodes);
        await client.SendAsync(new Publish(text) { QoS = QualityOfService.AtLeastOnce, PacketId = 2 });
        Assert.Equal(ReasonCode.TopicNameInvalid, (await client.ExpectAsync<PubAck>()).ReasonCode);
    }

    [Fact]
    public async Task The_user_name_is_the_client_identifier_where_it_is_to_be()
    {
        var settings = Settings("listeners.tcp { use-user-name-as-client-id = on, client-id-prefixes = [] }");
        await using var server = await MqttServer.StartAsync(Sys, settings);
        using var first = await DialAsync(server);
        await first.SendAsync(Login("alice", "secret", "one"));
        Assert.Equal(ReasonCode.Success, (await first.ExpectAsync<ConnAck>()).ReasonCode);
        using var other = await DialAsync(server);
        await other.SendAsync(Login("bob", "pass word", "one")); // whose identifier takes nobody's session
        Assert.Equal(ReasonCode.Success, (await other.ExpectAsync<ConnAck>()).ReasonCode);
        await first.ExpectNothingAsync();
        using var second = await DialAsync(server);
        await second.SendAsync(Login("alice", "secret", "two"));
        Assert.Equal(ReasonCode.Success, (await second.ExpectAsync<ConnAck>()).ReasonCode);
        await first.ExpectAsync(new Disconnect(ReasonCode.SessionTakenOver));
        using var nobody = await DialAsync(server);
        await nobody.SendAsync(new Connect { ClientId = "alice" });
        Assert.Equal(ReasonCode.NotAuthorized, (await nobody.ExpectAsync<ConnAck>()).ReasonCode);
    }

    private static Task<PacketClient> DialAsync(MqttServer server) =>
        PacketClient.DialAsync((System.Net.IPEndPoint)server.Endpoints[0].Address, MqttVersion.V5);

    private static Connect Login(string user, string password, string clientId) =>
        new() { ClientId = clientId, UserName = user, Password = MqttBinary.FromText(password) };
}
