using System.Runtime.CompilerServices;
using Akka.Mqtt.Server;
using Microsoft.AspNetCore.Builder;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Akka.Mqtt.Cli.Metrics;

/// <summary>The exporters of OpenTelemetry. No other file uses them, so that their assemblies are loaded only when this class is used.</summary>
internal sealed class MetricsExport : IDisposable
{
    private const string RuntimeMeter = "System.Runtime"; // of .NET: memory, garbage collections, processor time, exceptions

    private const int FlushTimeout = 5000; // milliseconds

    private const string MetricsPath = "/v1/metrics"; // of OTLP by HTTP
    private const string TracesPath = "/v1/traces";

    private readonly MeterProvider _provider;
    private readonly TracerProvider? _traces;

    /// <summary>Starts collecting.</summary>
    /// <param name="page">Whether there will be a page.</param>
    /// <param name="otlp">The endpoint to which values are sent each minute; null for none.</param>
    public MetricsExport(bool page, Uri? otlp)
    {
        var builder = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(Describe)
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
        if (otlp is not null && TracesOf(otlp) is { } traces)
        {
            // A message has a span if it carries a trace that is recorded, and the server has tracing = on.
            _traces = Sdk.CreateTracerProviderBuilder()
                .ConfigureResource(Describe)
                .AddSource(MqttTracing.Name)
                .AddOtlpExporter(exporter =>
                {
                    exporter.Protocol = IsHttp(otlp) ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
                    exporter.Endpoint = traces;
                })
                .Build();
        }
    }

    /// <summary>Maps the page.</summary>
    public void MapTo(IApplicationBuilder application) => application.UseOpenTelemetryPrometheusScrapingEndpoint(_provider, null, ServeMetrics.Path, null, null);

    /// <summary>Sends the present values and the last spans by OTLP, and waits at most a few seconds for this.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Flush()
    {
        _provider.ForceFlush(FlushTimeout);
        _traces?.ForceFlush(FlushTimeout);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Dispose()
    {
        _provider.Dispose();
        _traces?.Dispose();
    }

    private static void Describe(ResourceBuilder resource) => resource.AddService("akka-mqtt", serviceVersion: typeof(MqttServer).Assembly.GetName().Version?.ToString(3));

    /// <summary>The endpoint for traces; null when the URL is for metrics only.</summary>
    private static Uri? TracesOf(Uri url) => !IsHttp(url) ? url
        : url.AbsolutePath.EndsWith(MetricsPath, StringComparison.Ordinal) ? new UriBuilder(url) { Path = url.AbsolutePath[..^MetricsPath.Length] + TracesPath }.Uri
        : null;

    /// <summary>OTLP by HTTP has a path; OTLP by gRPC has none.</summary>
    private static bool IsHttp(Uri url) => url.AbsolutePath.Length > 1;
}
