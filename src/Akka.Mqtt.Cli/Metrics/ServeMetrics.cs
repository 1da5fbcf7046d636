using System.Runtime.CompilerServices;
using Akka.Mqtt.Server;
using Microsoft.AspNetCore.Builder;

namespace Akka.Mqtt.Cli.Metrics;

/// <summary>
/// The metrics that <c>akka-mqtt serve</c> exports: a page for Prometheus (<c>--metrics-port</c>), and OTLP (<c>--otlp</c>). Without these options nothing is collected,
/// and no assembly of OpenTelemetry is loaded: only <see cref="MetricsExport"/> uses them.
/// </summary>
internal sealed class ServeMetrics : IAsyncDisposable
{
    /// <summary>The path of the page.</summary>
    public const string Path = "/metrics";

    private static readonly HttpLimits Limits = new(Connections: 64, ConnectionsOfAddress: 16, Body: 0);

    private MetricsExport? _export;
    private WebApplication? _application;

    /// <summary>The server, once it has started: <see cref="HealthPages"/> are about it.</summary>
    public MqttServer? Server { get; set; }

    /// <summary>The URL of the page; null without one.</summary>
    public string? Address { get; private set; }

    /// <summary>Starts the export. Call it before the server starts: instruments that count up and down miss earlier changes.</summary>
    /// <param name="port">The port of the page; null for none.</param>
    /// <param name="host">The address of the page; * for all interfaces.</param>
    /// <param name="otlp">The endpoint to which values are sent each minute; null for none.</param>
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
        var builder = OwnKestrel.CreateBuilder();
        builder.ListenHttp(host, port, Limits);
        var application = builder.Build();
        HealthPages.MapTo(application, () => Server?.Health);
        map(application);
        Address = $"{await OwnKestrel.StartAsync(application, $"--metrics-port {port}:", host).ConfigureAwait(false)}{Path}";
        _application = application;
    }
}
