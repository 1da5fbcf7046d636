using System.Net;
using System.Net.Sockets;
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

/// <summary>The common settings of the Kestrel servers of <c>akka-mqtt serve</c>: they log nothing themselves, and do not handle signals.</summary>
internal static class OwnKestrel
{
    // A client that sends nothing, or a byte at a time, must not keep a connection.
    private static readonly TimeSpan RequestHeadersTimeout = TimeSpan.FromSeconds(10); // from the first byte
    private static readonly TimeSpan KeepAliveTimeout = TimeSpan.FromSeconds(30); // until the next request

    /// <summary>Begins one.</summary>
    /// <returns>The builder, with Kestrel and nothing else.</returns>
    public static WebApplicationBuilder CreateBuilder()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.KeepDescriptorReserve();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.AddServerHeader = false);
        return builder;
    }

    /// <summary>Listens for HTTP 1.1, with limits against abuse.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="address">The address; * for all interfaces.</param>
    /// <param name="port">The port; with 0 the operating system picks one.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="configure">Adds further connection middleware, such as TLS.</param>
    public static void ListenHttp(
        this WebApplicationBuilder builder, string address, int port, HttpLimits limits, Action<ListenOptions>? configure = null) => builder.WebHost.ConfigureKestrel(kestrel =>
    {
        var perAddress = new AddressLimit(limits.ConnectionsOfAddress);
        kestrel.Limits.MaxConcurrentConnections = limits.Connections;
        kestrel.Limits.MaxRequestBodySize = limits.Body;
        kestrel.Limits.RequestHeadersTimeout = RequestHeadersTimeout;
        kestrel.Limits.KeepAliveTimeout = KeepAliveTimeout;
        void Configure(ListenOptions endpoint)
        {
            endpoint.Protocols = HttpProtocols.Http1;
            endpoint.Use(perAddress.Around); // before TLS
            configure?.Invoke(endpoint);
        }
        if (address == "*")
            kestrel.ListenAnyIP(port, Configure);
        else
            kestrel.Listen(IPAddress.Parse(address), port, Configure);
    });

    /// <summary>Starts one; disposes of it if it cannot listen.</summary>
    /// <param name="application">The application.</param>
    /// <param name="what">Its name, for the message if it cannot listen.</param>
    /// <param name="where">The address, for that message.</param>
    /// <returns>The first address on which it listens, without a slash at the end.</returns>
    /// <exception cref="MqttServerException">It cannot listen there.</exception>
    public static async Task<string> StartAsync(WebApplication application, string what, object where)
    {
        try
        {
            await application.StartAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw new MqttServerException($"{what} cannot listen on {where}: {error.Message}", error);
        }
        return application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First().TrimEnd('/');
    }

    /// <summary>The command handles signals; the host must not.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
