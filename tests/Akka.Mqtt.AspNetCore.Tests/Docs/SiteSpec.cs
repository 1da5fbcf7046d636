using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Tests;
using WebServer;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.AspNetCore.Tests.Docs;

/// <summary>The program of docs/aspnetcore.md does what the page says.</summary>
public sealed class SiteSpec(ITestOutputHelper output) : MqttSpec(output), IAsyncLifetime
{
    private static readonly Config AnyPort = ConfigurationFactory.ParseString("akka.mqtt.server.listeners.tcp.port = 0");

    private Site _site = null!;

    public async Task InitializeAsync() => _site = await Site.StartAsync(["--urls", "http://127.0.0.1:0"], AnyPort);

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    public async Task A_client_of_this_machine_is_served_over_TCP_and_over_WebSocket()
    {
        Assert.Equal(ReasonCode.Success, await AnswerAsync(new Mqtt.Connect(_site.Server.Endpoints[0].Address)));
        Assert.Equal(ReasonCode.Success, await AnswerAsync(new Mqtt.Connect(Url)));
    }

    [Theory]
    [InlineData("203.0.113.7", ReasonCode.NotAuthorized)]
    [InlineData("127.0.0.1", ReasonCode.Success)]
    public async Task A_client_that_the_proxy_of_this_machine_names_is_as_local_as_its_own_address(string client, ReasonCode expected)
    {
        var address = new UriEndPoint(Url) { Headers = new Dictionary<string, string> { ["X-Forwarded-For"] = client } };
        Assert.Equal(expected, await AnswerAsync(new Mqtt.Connect(address)));
    }

    private Uri Url => new($"ws://{new Uri(_site.Application.Urls.Single()).Authority}/mqtt");

    private async Task<ReasonCode> AnswerAsync(Mqtt.Connect dial)
    {
        Sys.Mqtt().Tell(dial, TestActor);
        var connection = (await ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
        connection.Tell(new Mqtt.Register(TestActor), TestActor);
        connection.Tell(new Connect { ClientId = "c" }, TestActor);
        var answer = await ExpectMsgAsync<ConnAck>(Soon);
        connection.Tell(Mqtt.Close.Instance, TestActor);
        await ExpectMsgAsync<Mqtt.ConnectionClosed>(Soon);
        return answer.ReasonCode;
    }
}
