using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>What <c>akka-mqtt bench</c> was asked for; <see cref="Check"/> finds options that exclude each other.</summary>
internal sealed record BenchOptions
{
    /// <summary>Most bytes that may be under way on a connection: what its write queue takes at most.</summary>
    public const long MostWindowBytes = 1 << 30;

    public BenchMode Mode { get; init; }

    public required Uri Url { get; init; }

    public MqttVersion Protocol { get; init; } = MqttVersion.V311;

    public QualityOfService QoS { get; init; }

    /// <summary>Bytes of payload.</summary>
    public int Size { get; init; } = 64;

    public int Pubs { get; init; } = 1;

    public int Subs { get; init; }

    /// <summary>Topics that each publisher walks through.</summary>
    public int Topics { get; init; } = 1;

    public bool Share { get; init; }

    /// <summary>Most messages of a publisher that are under way.</summary>
    public int Window { get; init; } = 1000;

    /// <summary>Messages a second of all publishers together; null is closed loop.</summary>
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

    /// <summary>How many subscribers get each message; 0 when nobody subscribes.</summary>
    public int Copies => Subs == 0 ? 0 : Share || Mode == BenchMode.Pair ? 1 : Subs;

    /// <exception cref="CommandFailure">Options do not go together.</exception>
    public void Check()
    {
        if (Url.Scheme is not ("mqtt" or "tcp" or "mqtts" or "ssl" or "tls" or "ws" or "wss" or "unix" or "pipe"))
            throw new CommandFailure($"{Url} cannot be dialled: mqtt://, mqtts://, ws://, wss://, unix:// or pipe://.");
        if (Tls && Url.Scheme is not ("mqtt" or "tcp" or "mqtts" or "ssl" or "tls" or "wss"))
            throw new CommandFailure("--tls goes with mqtt://; with WebSocket, write wss://.");
        if ((Authority is not null || Insecure) && !IsTls)
            throw new CommandFailure("--ca and --insecure belong to TLS: --tls, mqtts:// or wss://.");
        if (Mode == BenchMode.Pair && Subs != Pubs)
            throw new CommandFailure($"pair has as many subscribers as publishers, not {Subs} and {Pubs}.");
        if (QoS != QualityOfService.AtMostOnce && Window > ushort.MaxValue)
            throw new CommandFailure($"--window {Window} is more than the {ushort.MaxValue} packet identifiers that QoS {(int)QoS} has.");
        if (Window * (Size + 100L) > MostWindowBytes)
            throw new CommandFailure($"--window {Window} of --size {Size} is more than 1 GiB.");
        if (Password is not null && User is null)
            throw new CommandFailure("--password goes with --user.");
    }
}
