using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Mqtt.AspNetCore;
using Akka.Mqtt.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Akka.Mqtt.Cli;

/// <summary>The WebSocket listeners of a server: a Kestrel each, whose connections go to the acceptor of the server.</summary>
internal sealed class WebSocketHost : IAsyncDisposable
{
    private readonly List<WebApplication> _applications = [];

    /// <summary>Where it listens, as URLs that a client would dial.</summary>
    public List<string> Addresses { get; } = [];

    public async Task StartAsync(ActorSystem system, MqttServer server)
    {
        foreach (var listener in server.Settings.Listeners.Where(each => each.IsWebSocket))
        {
            var port = await StartAsync(system, server, listener, (IPEndPoint)listener.Address).ConfigureAwait(false);
            if (listener.SecondAddress is not { } second)
                continue;
            try
            {
                await StartAsync(system, server, listener, new IPEndPoint(second.Address, port)).ConfigureAwait(false);
            }
            catch (MqttServerException error) when (error.InnerException is SocketException || second.Port == 0)
            {
                // A system without IPv6, or a port that is free for the first address only.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var application in _applications)
            await application.DisposeAsync().ConfigureAwait(false);
    }

    /// <returns>The port.</returns>
    private async Task<int> StartAsync(ActorSystem system, MqttServer server, ListenerSettings listener, IPEndPoint address)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.KeepDescriptorReserve();
        builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket = Bound);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(address, endpoint =>
            {
                endpoint.Protocols = HttpProtocols.Http1;
                if (listener.IsSecure)
                    endpoint.UseHttps(WebSocketTls.Of(listener.LoadTls()));
            });
        });
        if (listener.IsSecure)
            builder.WebHost.UseKestrelHttpsConfiguration();
        var application = builder.Build();
        _applications.Add(application);
        application.UseRouting();
        application.MapMqtt(listener.Path, system, server.AcceptorOf(listener.Name), new MqttConnectionOptions
        {
            Settings = server.Settings.Connection,
            AllowedOrigins = listener.AllowedOrigins,
        });
        try
        {
            await application.StartAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            throw new MqttServerException($"Listener {listener.Name} cannot listen on {address}: {error.Message}", error);
        }
        var bound = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        var url = new Uri(bound.Single());
        Addresses.Add($"{(listener.IsSecure ? "wss" : "ws")}://{url.Authority}{PathOf(listener)}");
        return url.Port;
    }

    /// <summary>A socket of one protocol: Kestrel's own of [::] would take IPv4 too.</summary>
    private static Socket Bound(EndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(address);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The path to dial: a pattern for any begins with one.</summary>
    private static string PathOf(ListenerSettings listener) => listener.Path.Split('{')[0];

    /// <summary>Signals are the command's: the host must not take them.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
