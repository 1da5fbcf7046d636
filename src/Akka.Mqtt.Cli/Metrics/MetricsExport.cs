using System.Runtime.CompilerServices;
using Akka.Mqtt.Server;
using Microsoft.AspNetCore.Builder;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Akka.Mqtt.Cli.Metrics;

/// <summary>The exporters of OpenTelemetry. No other file names them, so that their assemblies are loaded only when this class is used.</summary>
internal sealed class MetricsExport : IDisposable
{
    private const string RuntimeMeter = "System.Runtime"; // of .NET: memory, garbage collections, processor time, exceptions

    private const int FlushTimeout = 5000; // milliseconds

    private readonly MeterProvider _provider;

    /// <summary>Begins to collect.</summary>
    /// <param name="page">Whether there will be a page.</param>
    /// <param name="otlp">Where to send values each minute; null for nowhere.</param>
    public MetricsExport(bool page, Uri? otlp)
    {
        var builder = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => resource.AddService("akka-mqtt", serviceVersion: typeof(MqttServer).Assembly.GetName().Version?.ToString(3)))
            .AddMeter(MqttServer.MeterName, MqttExt.MeterName, RuntimeMeter);
        if (page)
            builder.AddPrometheusExporter();
        if (otlp is not null)
        {
            builder.AddOtlpExporter(exporter =>
            {
                exporter.Protocol = IsHttp(otlp) ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
                exporter.Endpoint = otlp;
            });
        }
        _provider = builder.Build();
    }

    /// <summary>Answers requests with the page.</summary>
    public void MapTo(IApplicationBuilder application) => application.UseOpenTelemetryPrometheusScrapingEndpoint(_provider, null, ServeMetrics.Path, null, null);

    /// <summary>Sends the values of this moment by OTLP, and waits for that at most a few seconds.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Flush() => _provider.ForceFlush(FlushTimeout);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Dispose() => _provider.Dispose();

    /// <summary>OTLP by HTTP has a path; OTLP by gRPC has none.</summary>
    private static bool IsHttp(Uri url) => url.AbsolutePath.Length > 1;
}
