#region doc:web-server
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.AspNetCore;
using Akka.Mqtt.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;

namespace WebServer;

/// <summary>A web application with an MQTT server: MQTT over TCP at port 1883, MQTT over WebSocket at the path <c>/mqtt</c>.</summary>
public sealed class Site : IAsyncDisposable
{
    private readonly ActorSystem _system;

    private Site(WebApplication application, MqttServer server, ActorSystem system) => (Application, Server, _system) = (application, server, system);

    public WebApplication Application { get; }

    public MqttServer Server { get; }

    public static async Task<Site> StartAsync(string[] args, Config? config = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.WebHost.KeepDescriptorReserve(); // Kestrel, too, stops accepting before file descriptors run out
        var application = builder.Build();
        // Behind a reverse proxy on this machine: the client's address is the one that the proxy names. Before MapMqtt.
        application.UseForwardedHeaders(new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor });

        var system = ActorSystem.Create("site", config ?? Config.Empty);
        var server = await MqttServer.StartAsync(system);
        application.MapMqtt("/mqtt", system, server.Acceptor, new MqttConnectionOptions
        {
            AllowedOrigins = ["https://example.com"], // the pages that may connect; empty allows all
        });
        await application.StartAsync();
        return new Site(application, server, system);
    }

    public async ValueTask DisposeAsync()
    {
        await Application.DisposeAsync();
        await Server.DisposeAsync(); // clients are disconnected in good order
        await _system.Terminate();
    }
}
#endregion
