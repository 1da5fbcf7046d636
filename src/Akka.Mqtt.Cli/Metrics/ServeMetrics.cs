using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Akka.Mqtt.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Akka.Mqtt.Cli.Metrics;

/// <summary>
/// The metrics that <c>akka-mqtt serve</c> exports: a page for Prometheus (<c>--metrics-port</c>), and OTLP (<c>--otlp</c>). Without these options nothing is collected,
/// and no assembly of OpenTelemetry is loaded: only <see cref="MetricsExport"/> names them.
/// </summary>
internal sealed class ServeMetrics : IAsyncDisposable
{
    /// <summary>The path of the page.</summary>
    public const string Path = "/metrics";

    private MetricsExport? _export;
    private WebApplication? _application;

    /// <summary>Where the page is; null when there is none.</summary>
    public string? Address { get; private set; }

    /// <summary>Starts the export. Call it before the server starts: instruments that count up and down do not know what happened before.</summary>
    /// <param name="port">The port of the page; null for none.</param>
    /// <param name="host">The address of the page; * for all interfaces.</param>
    /// <param name="otlp">Where to send values each minute; null for nowhere.</param>
    /// <exception cref="MqttServerException">The port is taken.</exception>
    public static async Task<ServeMetrics> StartAsync(int? port, string host, Uri? otlp)
    {
        var metrics = new ServeMetrics();
        if (port is not null || otlp is not null)
            await metrics.ExportAsync(port, host, otlp).ConfigureAwait(false);
        return metrics;
    }

    /// <summary>Sends the last values. Call it before the server stops: its instruments end with it.</summary>
    public Task FlushAsync() => _export is { } export ? Task.Run(export.Flush) : Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_application is not null)
            await _application.DisposeAsync().ConfigureAwait(false);
        _export?.Dispose();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Task ExportAsync(int? port, string host, Uri? otlp)
    {
        var export = new MetricsExport(port is not null, otlp);
        _export = export;
        return port is { } number ? ListenAsync(export.MapTo, host, number) : Task.CompletedTask;
    }

    private async Task ListenAsync(Action<IApplicationBuilder> map, string host, int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            void Plain(ListenOptions endpoint) => endpoint.Protocols = HttpProtocols.Http1;
            if (host == "*")
                kestrel.ListenAnyIP(port, Plain);
            else
                kestrel.Listen(IPAddress.Parse(host), port, Plain);
        });
        _application = builder.Build();
        map(_application);
        try
        {
            await _application.StartAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            throw new MqttServerException($"--metrics-port {port}: cannot listen on {host}: {error.Message}", error);
        }
        var bound = _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        Address = $"{bound.First().TrimEnd('/')}{Path}";
    }

    /// <summary>The command handles signals, so the host must not.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
