using System.Net;
using System.Text;
using System.Text.Json;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Akka.Mqtt.Dashboard.Tests;

/// <summary>An MQTT server with a dashboard at <c>/dash</c> that needs tokens, and another at <c>/open</c> that has none; one for all tests of a class.</summary>
public sealed class Site : IAsyncLifetime
{
    private WebApplication _application = null!;

    public ActorSystem System { get; private set; } = null!;

    public MqttServer Server { get; private set; } = null!;

    public Uri Root { get; private set; } = null!;

    public HttpClient Http { get; } = new();

    public string Reader { get; private set; } = "";

    public string Admin { get; private set; } = "";

    public string MqttUrl => Server.Endpoints[0].ToString();

    public async Task InitializeAsync()
    {
        System = ActorSystem.Create("dashboard", ConfigurationFactory.ParseString(
            "akka.loglevel = ERROR, akka.mqtt.server { sys-interval = off, last-packets = 3, listeners.tcp { host = 127.0.0.1, port = 0 } }"));
        Server = await MqttServer.StartAsync(System);
        var options = new MqttDashboardOptions { MaxLiveStreams = 2 };
        options.Tokens.Add(MqttDashboardToken.Create("reader", MqttDashboardRole.Read, out var reader));
        options.Tokens.Add(MqttDashboardToken.Create("ops", MqttDashboardRole.Admin, out var admin));
        (Reader, Admin) = (reader, admin);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _application = builder.Build();
        _application.UseRouting();
        _application.MapMqttDashboard("/dash", Server, options);
        _application.MapMqttDashboard("/open", Server);
        await _application.StartAsync();
        Root = new Uri(_application.Urls.Single());
    }

    public async Task DisposeAsync()
    {
        Http.Dispose();
        await Server.StopAsync(); // ends the streams
        await _application.DisposeAsync();
        await System.Terminate();
    }

    /// <summary>Makes a request of the dashboard with tokens.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Body)> AskAsync(string token, string method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(Root, $"/dash/api/v1/{path}"));
        request.Headers.Authorization = new("Bearer", token);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.Length == 0 ? default : JsonDocument.Parse(text).RootElement);
    }

    /// <summary>A request that has to succeed.</summary>
    public async Task<JsonElement> GetAsync(string path)
    {
        var (status, body) = await AskAsync(Reader, "GET", path);
        Assert.Equal((HttpStatusCode.OK, ""), (status, body.TryGetProperty("error", out var error) ? error.GetString() : ""));
        return body;
    }

    /// <summary>An action that has to succeed.</summary>
    public async Task<JsonElement> PostAsync(string path, string body)
    {
        var (status, answer) = await AskAsync(Admin, "POST", path, body);
        Assert.Equal((HttpStatusCode.OK, ""), (status, answer.TryGetProperty("error", out var error) ? error.GetString() : ""));
        return answer;
    }

    /// <summary>A client that stays until the test disposes it.</summary>
    public Task<MqttClient> ClientAsync(string clientId) =>
        MqttClient.ConnectAsync(MqttClientSettings.Create(System) with { Servers = [new Uri(MqttUrl)], ClientId = clientId }, System);
}
