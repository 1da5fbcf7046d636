using System.Net;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Security;
using MQTTnet;
using MQTTnet.Formatter;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Security;

public class EnhancedAuthenticationSpec(ITestOutputHelper output) : SecuritySpec(
    output, "listener-defaults { scram-file = \"$dir/scram\", acl-file = \"$dir/acl\" }")
{
    private const string Method = "SCRAM-SHA-256";

    [Fact]
    [Proves("5.0", "MQTT-4.12.0-2", "MQTT-4.12.0-5")]
    public async Task SCRAM_lets_in_who_knows_the_password_and_proves_that_the_server_does_too()
    {
        var (client, answer) = await ScramAsync(new ScramClient("sam", "pencil"));
        Assert.Equal(ReasonCode.Success, answer.ReasonCode);
        Assert.Equal(Method, answer.Properties!.AuthenticationMethod); // [MQTT-4.12.0-5 v5]
        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData("sam", "Pencil")]
    [InlineData("nobody", "pencil")]
    [Proves("5.0", "MQTT-4.12.0-4")]
    public async Task SCRAM_refuses_a_wrong_password_and_an_unknown_user_alike_with_0x87(string user, string password)
    {
        // [MQTT-4.12.0-4 v5]
        var (client, answer) = await ScramAsync(new ScramClient(user, password), verify: false);
        Assert.Equal(ReasonCode.NotAuthorized, answer.ReasonCode);
        await client.ExpectClosedAsync();
    }

    [Fact]
    public async Task The_conversation_is_that_of_RFC_7677()
    {
        // section 3: the example of the RFC
        var salt = Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ==");
        var exchange = new ScramExchange(
            _ => (ScramCredentials.Create("pencil", 4096, salt), true), "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
        var first = await exchange.NextAsync("n,,n=user,r=rOprNGfwEbeRWgbNEkqO", CancellationToken.None);
        Assert.Equal("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", first.Data!.Value.ToText());
        var final = await exchange.NextAsync(
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            CancellationToken.None);
        Assert.Equal("user", final.Result!.UserName);
        Assert.Equal("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", final.Data!.Value.ToText());
    }

    [Theory]
    [InlineData("")]
    [InlineData("n,,n=sam")]
    [InlineData("p=tls-unique,,n=sam,r=abc")]
    [InlineData("n,a=eve,n=sam,r=abc")]
    [InlineData("n,,m=x,n=sam,r=abc")]
    [InlineData("n,,n=s=am,r=abc")]
    public async Task What_is_no_first_message_of_SCRAM_is_refused(string first)
    {
        var (client, answer) = await ConnectAsync(With(first));
        Assert.Equal(ReasonCode.NotAuthorized, answer.ReasonCode);
        await client.ExpectClosedAsync();
    }

    [Fact]
    public async Task An_unknown_method_is_refused_with_0x8C()
    {
        // [MQTT-4.12.0-1 v5]
        var (client, answer) = await ConnectAsync(new Connect { Properties = new ConnectProperties { AuthenticationMethod = "GSS-API" } });
        Assert.Equal(ReasonCode.BadAuthenticationMethod, answer.ReasonCode);
        Assert.Null(answer.Properties?.AuthenticationMethod);
        await client.ExpectClosedAsync();
    }

    [Fact]
    public async Task Without_a_method_CONNACK_has_none_and_a_listener_with_scram_users_is_not_anonymous()
    {
        // [MQTT-4.12.0-6 v5]
        var (client, answer) = await ConnectAsync(new Connect());
        Assert.Equal(ReasonCode.NotAuthorized, answer.ReasonCode);
        Assert.Null(answer.Properties?.AuthenticationMethod);
        await client.ExpectClosedAsync();
    }

    [Theory]
    [InlineData(200u)]
    [InlineData(20u)]
    [Proves("5.0", "MQTT-3.1.2-24")]
    public async Task AUTH_has_nothing_that_could_be_left_out_and_does_not_come_where_it_would_not_fit(uint maximum)
    {
        var client = await DialAsync();
        var hello = With(new ScramClient("sam", "pencil").First);
        await client.SendAsync(hello with { Properties = hello.Properties! with { MaximumPacketSize = maximum } });
        if (maximum == 20)
        {
            Assert.Equal(ReasonCode.UnspecifiedError, (await client.ExpectAsync<ConnAck>()).ReasonCode);
            await client.ExpectClosedAsync();
            return;
        }
        var properties = (await client.ExpectAsync<Auth>()).Properties!;
        Assert.Null(properties.ReasonString);
        Assert.Empty(properties.UserProperties);
    }

    [Fact]
    [Proves("5.0", "MQTT-4.12.1-1", "U-3.15-1")]
    public async Task AUTH_with_another_method_is_a_protocol_error()
    {
        // [MQTT-4.12.0-5 v5] U-3.15-1
        var client = await DialAsync();
        await client.SendAsync(With(new ScramClient("sam", "pencil").First));
        await client.ExpectAsync<Auth>();
        await client.SendAsync(new Auth(ReasonCode.ContinueAuthentication) { Properties = new AuthProperties { AuthenticationMethod = "other" } });
        await ExpectRefusedAsync(client);
    }

    [Fact]
    [Proves("5.0", "MQTT-3.1.2-30")]
    public async Task Only_AUTH_or_DISCONNECT_may_come_before_CONNACK()
    {
        // [MQTT-3.1.2-30 v5]
        var client = await DialAsync();
        await client.SendAsync(With(new ScramClient("sam", "pencil").First));
        await client.ExpectAsync<Auth>();
        await client.SendAsync(new PingReq());
        await ExpectRefusedAsync(client);
        var leaver = await DialAsync();
        await leaver.SendAsync(With(new ScramClient("sam", "pencil").First));
        await leaver.ExpectAsync<Auth>();
        await leaver.SendAsync(new Disconnect());
        await leaver.ExpectClosedAsync();
    }

    [Fact]
    public async Task A_client_that_does_not_go_on_is_refused_in_time()
    {
        await using var server = await MqttServer.StartAsync(Sys, Settings("authentication-timeout = 500 ms"));
        using var client = await PacketClient.DialAsync((IPEndPoint)server.Endpoints[0].Address, MqttVersion.V5);
        await client.SendAsync(With(new ScramClient("sam", "pencil").First));
        var answer = await client.NextAsync();
        if (answer is Auth) // where the machine is slow, the time may be over before
            answer = await client.NextAsync();
        Assert.Equal(ReasonCode.NotAuthorized, Assert.IsType<ConnAck>(answer).ReasonCode);
        await client.ExpectClosedAsync();
    }

    [Fact]
    public async Task A_client_may_authenticate_again_while_it_publishes()
    {
        var (client, _) = await ScramAsync(new ScramClient("sam", "pencil"));
        var scram = new ScramClient("sam", "pencil", "again");
        await client.SendAsync(Say(ReasonCode.ReAuthenticate, scram.First)); // [MQTT-4.12.1-1 v5]
        var first = await client.ExpectAsync<Auth>();
        Assert.Equal((ReasonCode.ContinueAuthentication, Method), (first.ReasonCode, first.Properties!.AuthenticationMethod)); // [MQTT-4.12.0-2 v5]
        await client.SendAsync(new PingReq());
        await client.ExpectAsync<PingResp>();
        await client.SendAsync(Say(ReasonCode.ContinueAuthentication, scram.Final(first.Properties!.AuthenticationData!.Value.ToText())));
        await client.ExpectAsync(Say(ReasonCode.Success, scram.Verifier));
        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData("sam", "wrong")]
    [InlineData("eve", "eve")] // another user
    [Proves("5.0", "MQTT-4.12.1-2")]
    public async Task Who_fails_to_authenticate_again_is_disconnected(string user, string password)
    {
        // [MQTT-4.12.1-2 v5]
        var (client, _) = await ScramAsync(new ScramClient("sam", "pencil"));
        var scram = new ScramClient(user, password, "again");
        await client.SendAsync(Say(ReasonCode.ReAuthenticate, scram.First));
        var first = await client.ExpectAsync<Auth>();
        await client.SendAsync(Say(ReasonCode.ContinueAuthentication, scram.Final(first.Properties!.AuthenticationData!.Value.ToText())));
        Assert.Equal(ReasonCode.NotAuthorized, (await client.ExpectAsync<Disconnect>()).ReasonCode);
        await client.ExpectClosedAsync();
    }

    [Fact]
    public async Task AUTH_that_nobody_waits_for_is_a_protocol_error()
    {
        var (client, _) = await ScramAsync(new ScramClient("sam", "pencil"));
        await client.SendAsync(Say(ReasonCode.ContinueAuthentication, "x"));
        Assert.Equal(ReasonCode.ProtocolError, (await client.ExpectAsync<Disconnect>()).ReasonCode);
        await client.ExpectClosedAsync();
    }

    [Fact]
    public async Task A_reload_without_the_user_disconnects_it()
    {
        var (client, _) = await ScramAsync(new ScramClient("sam", "pencil"));
        Write("scram", $"eve:{ScramCredentials.Create("eve")}\n");
        await Server.ReloadSecurityAsync();
        Assert.Equal(ReasonCode.NotAuthorized, (await client.ExpectAsync<Disconnect>()).ReasonCode);
        await client.ExpectClosedAsync();
    }

    [Fact]
    public async Task MQTTnet_authenticates_by_SCRAM()
    {
        using var client = new MqttClientFactory().CreateMqttClient();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var scram = new ScramClient("sam", "pencil");
        var result = await client.ConnectAsync(
            new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", Address.Port).WithProtocolVersion(MqttProtocolVersion.V500)
                .WithEnhancedAuthentication(Method, System.Text.Encoding.UTF8.GetBytes(scram.First))
                .WithEnhancedAuthenticationHandler(new Handler(scram)).Build(),
            deadline.Token);
        Assert.Equal(MqttClientConnectResultCode.Success, result.ResultCode);
        Assert.Equal(scram.Verifier, System.Text.Encoding.UTF8.GetString(result.AuthenticationData));
        await client.DisconnectAsync(cancellationToken: deadline.Token);
    }

    private static Connect With(string data) => new()
    {
        ClientId = "scram",
        Properties = new ConnectProperties { AuthenticationMethod = Method, AuthenticationData = MqttBinary.FromText(data) },
    };

    private static Auth Say(ReasonCode code, string data) =>
        new(code) { Properties = new AuthProperties { AuthenticationMethod = Method, AuthenticationData = MqttBinary.FromText(data) } };

    /// <summary>Before CONNACK a protocol error may be said by CONNACK or DISCONNECT; then the connection ends [MQTT-4.13.1-1 v5].</summary>
    private static async Task ExpectRefusedAsync(PacketClient client)
    {
        var last = await client.NextAsync();
        Assert.True(last is ConnAck { ReasonCode: ReasonCode.ProtocolError } or Disconnect { ReasonCode: ReasonCode.ProtocolError } or null, $"{last}");
        if (last is not null)
            await client.ExpectClosedAsync();
    }

    private async Task<(PacketClient Client, ConnAck Answer)> ScramAsync(ScramClient scram, bool verify = true)
    {
        var client = await DialAsync();
        await client.SendAsync(With(scram.First));
        var first = await client.ExpectAsync<Auth>();
        Assert.Equal((ReasonCode.ContinueAuthentication, Method), (first.ReasonCode, first.Properties!.AuthenticationMethod));
        await client.SendAsync(Say(ReasonCode.ContinueAuthentication, scram.Final(first.Properties!.AuthenticationData!.Value.ToText())));
        var answer = await client.ExpectAsync<ConnAck>();
        if (verify)
            Assert.Equal(scram.Verifier, answer.Properties!.AuthenticationData!.Value.ToText());
        return (client, answer);
    }

    private sealed class Handler(ScramClient scram) : IMqttEnhancedAuthenticationHandler
    {
        public Task HandleEnhancedAuthenticationAsync(MqttEnhancedAuthenticationEventArgs eventArgs)
        {
            var answer = scram.Final(System.Text.Encoding.UTF8.GetString(eventArgs.AuthenticationData));
            return eventArgs.SendAsync(new SendMqttEnhancedAuthenticationDataOptions { Data = System.Text.Encoding.UTF8.GetBytes(answer) }, default);
        }
    }
}
