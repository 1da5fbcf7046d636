namespace Akka.Mqtt.Cli.Commands;

/// <summary>The options of <c>akka-mqtt serve</c>.</summary>
internal sealed record ServeOptions
{
    /// <summary>Seconds.</summary>
    public const int DefaultWarmUp = 10;

    /// <summary>The name of the actor system, which all nodes of a cluster share.</summary>
    public const string SystemName = "akka-mqtt";

    public string? File { get; init; }

    public string? Host { get; init; }

    public int? Port { get; init; }

    public int? WebSocketPort { get; init; }

    public int? TlsPort { get; init; }

    public string? Certificate { get; init; }

    public string? Key { get; init; }

    public string? ClientAuthority { get; init; }

    public string? Mosquitto { get; init; }

    /// <summary>The directory of the data; null for none.</summary>
    public string? Data { get; init; }

    /// <summary>The database of the data; null for none.</summary>
    public string? Database { get; init; }

    /// <summary>memory or durable; null for durable if a storage is set.</summary>
    public string? Durability { get; init; }

    /// <summary>The port for other nodes of a cluster; null for none.</summary>
    public int? ClusterPort { get; init; }

    /// <summary>The address by which other nodes reach this one.</summary>
    public string? ClusterHost { get; init; }

    /// <summary>The seed nodes of the cluster: HOST:PORT.</summary>
    public IReadOnlyList<string> Seeds { get; init; } = [];

    /// <summary>The certificate of this node for other nodes; null for no TLS between nodes.</summary>
    public string? ClusterCertificate { get; init; }

    /// <summary>Its private key.</summary>
    public string? ClusterKey { get; init; }

    /// <summary>The authority whose certificates are accepted from nodes.</summary>
    public string? ClusterAuthority { get; init; }

    /// <summary>The port of the page for Prometheus; null for none.</summary>
    public int? MetricsPort { get; init; }

    /// <summary>The address of that page; * for all interfaces.</summary>
    public string MetricsHost { get; init; } = "127.0.0.1";

    /// <summary>The OTLP endpoint for metrics; null for none.</summary>
    public Uri? Otlp { get; init; }

    /// <summary>The port of the dashboard; null for none.</summary>
    public int? HttpPort { get; init; }

    /// <summary>The address of the dashboard; * for all interfaces.</summary>
    public string HttpBind { get; init; } = "127.0.0.1";

    /// <summary>The file with the users of the dashboard; null for none.</summary>
    public string? HttpTokens { get; init; }

    /// <summary>The file with the certificate of the dashboard; null for plain HTTP.</summary>
    public string? HttpCertificate { get; init; }

    /// <summary>The file with the key of that; null for plain HTTP.</summary>
    public string? HttpKey { get; init; }

    public IReadOnlyList<string> Sets { get; init; } = [];

    /// <summary>The level of the log; null for that of the files.</summary>
    public string? LogLevel { get; init; }

    /// <summary>The longest time for which the server runs simulated clients after its start; zero for none.</summary>
    public TimeSpan WarmUp { get; init; }
}
