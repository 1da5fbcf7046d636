using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Akka.Mqtt.AspNetCore.Tests;

/// <summary>A Kestrel of one test, on a port of its own.</summary>
internal sealed class KestrelServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private KestrelServer(WebApplication app) => _app = app;

    public IPEndPoint Address
    {
        get
        {
            var uri = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
            return new IPEndPoint(IPAddress.Loopback, uri.Port);
        }
    }

    public static Task<KestrelServer> StartAsync(Action<WebApplication> map, X509Certificate2? certificate) =>
        StartAsync(map, listen => Secure(listen, certificate));

    public static async Task<KestrelServer> StartAsync(Action<WebApplication> map, Action<ListenOptions> configure)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, configure));
        var app = builder.Build();
        map(app);
        await app.StartAsync();
        return new KestrelServer(app);
    }

    public static void Secure(ListenOptions listen, X509Certificate2? certificate)
    {
        if (certificate is null)
            return;
        listen.UseHttps(https =>
        {
            https.ServerCertificate = certificate;
            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
            https.AllowAnyClientCertificate();
        });
    }

    public async Task StopAsync(TimeSpan timeout)
    {
        using var deadline = new CancellationTokenSource(timeout);
        await _app.StopAsync(deadline.Token);
    }

    /// <summary>Aborts connections that a test has left open: to stop in good order is what <see cref="StopAsync"/> is for.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _app.StopAsync(new CancellationToken(canceled: true));
        }
        catch (OperationCanceledException)
        {
            // disposing stops what is left
        }
        await _app.DisposeAsync();
    }
}
