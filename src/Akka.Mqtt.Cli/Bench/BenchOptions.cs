using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>The options of <c>akka-mqtt bench</c>; <see cref="BenchRules"/> finds options that exclude each other.</summary>
internal sealed record BenchOptions
{
    /// <summary>Most bytes that may be under way on a connection: the limit of its write queue.</summary>
    public const long MostWindowBytes = 1 << 30;

    public BenchMode Mode { get; init; }

    public required Uri Url { get; init; }

    public MqttVersion Protocol { get; init; } = MqttVersion.V311;

    public QualityOfService QoS { get; init; }

    /// <summary>Bytes of payload.</summary>
    public int Size { get; init; } = 64;

    public int Pubs { get; init; } = 1;

    public int Subs { get; init; }

    /// <summary>The number of topics that each publisher uses in turn.</summary>
    public int Topics { get; init; } = 1;

    public bool Share { get; init; }

    /// <summary>Most messages of a publisher that are under way.</summary>
    public int Window { get; init; } = 1000;

    /// <summary>Messages a second of all publishers together; null for closed loop.</summary>
    public double? Rate { get; init; }

    /// <summary>Background subscribers.</summary>
    public int Background { get; init; }

    /// <summary>Connections of <see cref="BenchMode.Idle"/>.</summary>
    public int Connections { get; init; } = 1000;

    public TimeSpan Warmup { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan Seconds { get; init; } = TimeSpan.FromSeconds(5);

    public bool Tls { get; init; }

    public string? Authority { get; init; }

    public bool Insecure { get; init; }

    public string? User { get; init; }

    public string? Password { get; init; }

    /// <summary>Beginning of topics and client identifiers.</summary>
    public string Prefix { get; init; } = "load";

    /// <summary>Process of the server.</summary>
    public int? Pid { get; init; }

    /// <summary>How long nothing may arrive before the run fails.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    public bool IsTls => Tls || Url.Scheme is "mqtts" or "ssl" or "tls" or "wss";

    /// <summary>The number of subscribers that receive each message; 0 without subscribers.</summary>
    public int Copies => Subs == 0 ? 0 : Share || Mode == BenchMode.Pair ? 1 : Subs;
}
