using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>The line of JSON at the end of a run; docs/bench.md explains each field. Unknown or unused fields are omitted.</summary>
internal sealed record BenchReport
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // for a terminal, not for a web page
    };

    public required string Mode { get; init; }

    public required string Url { get; init; }

    public required bool Tls { get; init; }

    public required string Protocol { get; init; }

    public int? Qos { get; init; }

    public int? Size { get; init; }

    public int? Pubs { get; init; }

    public int? Subs { get; init; }

    public int? Conns { get; init; }

    public int? Topics { get; init; }

    public bool? Share { get; init; }

    public int? Window { get; init; }

    public double? Rate { get; init; }

    public int? Bg { get; init; }

    public double? Warmup { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Seconds that were measured.</summary>
    public required double Measured { get; init; }

    public bool? Interrupted { get; init; }

    public long? Sent { get; init; }

    public long? Received { get; init; }

    public double? SentPerS { get; init; }

    public double? ReceivedPerS { get; init; }

    public double? MbPerS { get; init; }

    public long? Lost { get; init; }

    public LatencyReport? LatencyUs { get; init; }

    public double? ConnectsPerS { get; init; }

    public double? ServerCpuUsPerConnect { get; init; }

    public double? ServerKbPerConnection { get; init; }

    public double? ServerCpuUsPerMessage { get; init; }

    public double? ServerCpuPercent { get; init; }

    public double? ServerRssMb { get; init; }

    public double? OwnCpuUsPerMessage { get; init; }

    public double? OwnCpuPercent { get; init; }

    /// <summary>Rounds to the significant digits.</summary>
    public static double? Round(double? value, int digits = 1) =>
        value is { } known && double.IsFinite(known) ? Math.Round(known, digits) : null;

    public static string ToJson(BenchReport report) => JsonSerializer.Serialize(report, Format);

    /// <summary>Latency in microseconds.</summary>
    public sealed record LatencyReport(double P50, double P90, double P99, [property: JsonPropertyName("p99_9")] double P999, double Max);
}
