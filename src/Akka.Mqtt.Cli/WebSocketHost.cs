using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Mqtt.AspNetCore;
using Akka.Mqtt.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Akka.Mqtt.Cli;

/// <summary>The WebSocket listeners of a server. Each is a Kestrel server, which passes its connections to the acceptor of the server.</summary>
internal sealed class WebSocketHost : IAsyncDisposable
{
    private readonly List<WebApplication> _applications = [];

    /// <summary>The URLs at which it listens, for clients.</summary>
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
                // A system without IPv6, or a port that is free only for the first address.
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
        var builder = OwnKestrel.CreateBuilder();
        builder.Services.AddRoutingCore();
        builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket = Bound);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(address, endpoint =>
        {
            endpoint.Protocols = HttpProtocols.Http1;
            if (listener.IsSecure)
                endpoint.UseHttps(WebSocketTls.Of(listener.LoadTls()));
        }));
        if (listener.IsSecure)
            builder.WebHost.UseKestrelHttpsConfiguration();
        var application = builder.Build();
        application.UseRouting();
        application.MapMqtt(listener.Path, system, server.AcceptorOf(listener.Name), new MqttConnectionOptions
        {
            Settings = server.Settings.Connection,
            AllowedOrigins = listener.AllowedOrigins,
        });
        var url = new Uri(await OwnKestrel.StartAsync(application, $"Listener {listener.Name}", address).ConfigureAwait(false));
        _applications.Add(application);
        Addresses.Add($"{(listener.IsSecure ? "wss" : "ws")}://{url.Authority}{PathOf(listener)}");
        return url.Port;
    }

    /// <summary>A socket for one protocol, because Kestrel's socket for [::] would accept IPv4 too.</summary>
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

    /// <summary>The path for clients; a pattern for several paths starts with one.</summary>
    private static string PathOf(ListenerSettings listener) => listener.Path.Split('{')[0];
}
