using System.Net;
using System.Net.WebSockets;
using Akka.Mqtt.AspNetCore;
using Akka.Mqtt.Server;
using HostedServer;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Akka.Mqtt.Hosting.Tests;

/// <summary>MQTT over WebSocket finds the server of the application by itself. The application is that of docs/hosting.md.</summary>
public sealed class MapMqttSpec
{
    private static WebApplication Site(params string[] settings) => Application.Build(
        ["--contentRoot", AppContext.BaseDirectory, "--urls", "http://127.0.0.1:0", "--Mqtt:Server:Listeners:tcp:Port=0", "--Logging:LogLevel:Default=None", .. settings]);

    [Fact]
    public async Task The_application_of_the_documentation_serves_TCP_WebSocket_health_and_the_dashboard()
    {
        await using var site = Site();
        await site.StartAsync();
        await using (var tcp = await MqttClient.ConnectAsync($"{site.Services.GetRequiredService<MqttServer>().Endpoints[0]}"))
        await using (var web = await MqttClient.ConnectAsync(Url(site, "ws", "/mqtt")))
        {
            await tcp.PublishAsync(new Protocol.Publish("topic", "text") { Retain = true, QoS = Protocol.QualityOfService.AtLeastOnce });
            await foreach (var message in web.SubscribeAsync("topic"))
            {
                Assert.Equal("text", message.Payload.ToText());
                break;
            }
        }
        using var http = new HttpClient();
        Assert.Equal("Healthy", await http.GetStringAsync(new Uri(Url(site, "http", "/healthz/live"))));
        Assert.Equal("Healthy", await http.GetStringAsync(new Uri(Url(site, "http", "/healthz/ready"))));
        Assert.Contains("\"clients\":", await http.GetStringAsync(new Uri(Url(site, "http", "/dashboard/api/v1/server"))), StringComparison.Ordinal);
        await site.StopAsync();
    }

    [Fact]
    public async Task Tokens_of_the_dashboard_come_from_the_configuration_by_their_hashes()
    {
        Dashboard.MqttDashboardToken.Create("ops", Dashboard.MqttDashboardRole.Read, out var secret);
        await using var site = Site(
            "--Mqtt:Dashboard:Tokens:0:Name=ops", $"--Mqtt:Dashboard:Tokens:0:Sha256={Dashboard.MqttDashboardToken.HashOf(secret)}", "--Mqtt:Dashboard:Tokens:0:Role=Admin");
        await site.StartAsync();
        using var http = new HttpClient();
        var url = new Uri(Url(site, "http", "/dashboard/api/v1/me"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(url)).StatusCode);
        http.DefaultRequestHeaders.Authorization = new("Bearer", secret);
        Assert.Equal("""{"user":"ops","role":"Admin","needsToken":true}""", await http.GetStringAsync(url));
        await site.StopAsync();
    }

    [Fact]
    public async Task The_rules_are_those_of_the_listener_that_the_endpoint_names()
    {
        await using var site = Site("--Mqtt:Server:Listeners:web:AllowAnonymous=off");
        site.MapMqtt("/open");
        await site.StartAsync();
        await using (await MqttClient.ConnectAsync(Url(site, "ws", "/open")))
        {
        }
        var refused = await Assert.ThrowsAsync<MqttClientException>(() => MqttClient.ConnectAsync(Url(site, "ws", "/mqtt")));
        Assert.Contains("NotAuthorized", refused.Message, StringComparison.Ordinal);
        await site.StopAsync();
    }

    [Fact]
    public async Task A_listener_that_the_server_does_not_have_is_answered_with_503()
    {
        await using var site = Site();
        site.MapMqtt("/other", listener: "other");
        await site.StartAsync();
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("mqtt");
        socket.Options.CollectHttpResponseDetails = true;
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri(Url(site, "ws", "/other")), default));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, socket.HttpStatusCode);
        await site.StopAsync();
    }

    private static string Url(WebApplication site, string scheme, string path) => $"{scheme}://{new Uri(site.Urls.Single()).Authority}{path}";
}
