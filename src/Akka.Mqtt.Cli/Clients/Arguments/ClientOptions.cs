using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Clients.Arguments;

/// <summary>The source of the message of <c>pub</c> and <c>rr</c>.</summary>
internal enum MessageSource
{
    /// <summary>Not set.</summary>
    None,

    /// <summary>The command line, or nowhere when it is empty.</summary>
    Words,

    /// <summary>A file.</summary>
    File,

    /// <summary>All of stdin.</summary>
    Input,

    /// <summary>Each line of stdin.</summary>
    Lines,
}

/// <summary>The options of a client command. Immutable; <see cref="ClientArguments"/> creates them.</summary>
/// <param name="Kind">The command.</param>
internal sealed record ClientOptions(ClientKind Kind)
{
    public MqttVersion Version { get; init; } = Kind == ClientKind.Rr ? MqttVersion.V5 : MqttVersion.V311;

    public string Host { get; init; } = "localhost";

    public int? Port { get; init; }

    /// <summary>The path of a unix socket instead of host and port.</summary>
    public string? Unix { get; init; }

    /// <summary>The path of a WebSocket; null for none.</summary>
    public string? WebSocketPath { get; init; }

    /// <summary>The local address to dial from.</summary>
    public string? BindAddress { get; init; }

    public string? ClientId { get; init; }

    public string? ClientIdPrefix { get; init; }

    public string? UserName { get; init; }

    public string? Password { get; init; }

    /// <summary>Seconds.</summary>
    public ushort KeepAlive { get; init; } = 60;

    public bool CleanStart { get; init; } = true;

    /// <summary>Seconds; null when not set.</summary>
    public uint? SessionExpiry { get; init; }

    public TlsOptions Tls { get; init; } = new();

    public Will? Will { get; init; }

    public ConnectProperties? ConnectProperties { get; init; }

    public DisconnectProperties? DisconnectProperties { get; init; }

    public PublishProperties? PublishProperties { get; init; }

    public SubscribeProperties? SubscribeProperties { get; init; }

    public UnsubscribeProperties? UnsubscribeProperties { get; init; }

    public QualityOfService QoS { get; init; }

    /// <summary>Topics to publish to, or filters to subscribe to.</summary>
    public MqttList<string> Topics { get; init; }

    public MqttList<string> Unsubscribe { get; init; }

    /// <summary>Filters of topics that are not written.</summary>
    public MqttList<string> FilterOut { get; init; }

    public string? ResponseTopic { get; init; }

    public MessageSource Source { get; init; }

    public string? Message { get; init; }

    public string? File { get; init; }

    public bool Retain { get; init; }

    /// <summary>Most messages of QoS 1 and 2 that are sent and not acknowledged; null when not set.</summary>
    public int? MaxInflight { get; init; }

    public int Repeat { get; init; } = 1;

    public TimeSpan RepeatDelay { get; init; }

    /// <summary>Whether <c>-l</c> says on stderr, each second, how many messages have been sent.</summary>
    public bool Progress { get; init; }

    /// <summary>The file that keeps messages of <c>pub</c> until the server has acknowledged them; null for none.</summary>
    public string? Queue { get; init; }

    /// <summary>End after this many messages; 0 for never.</summary>
    public int Count { get; init; }

    /// <summary>End after this time; null for never.</summary>
    public TimeSpan? Timeout { get; init; }

    public bool ExitAfterSubscribing { get; init; }

    public bool NoRetained { get; init; }

    public bool RetainedOnly { get; init; }

    public bool RemoveRetained { get; init; }

    public bool RetainAsPublished { get; init; }

    /// <summary>Percent of messages that are written.</summary>
    public double RandomFilter { get; init; } = 100;

    public string? Format { get; init; }

    public bool Verbose { get; init; }

    public bool NoEndOfLine { get; init; }

    public bool Pretty { get; init; }

    public bool Quiet { get; init; }

    public bool Debug { get; init; }
}

/// <summary>The TLS options. Immutable.</summary>
internal sealed record TlsOptions
{
    public string? AuthorityFile { get; init; }

    public string? AuthorityDirectory { get; init; }

    public bool SystemAuthorities { get; init; }

    public string? Certificate { get; init; }

    public string? Key { get; init; }

    public string? Version { get; init; }

    public string? Alpn { get; init; }

    /// <summary>Whether the host name of the certificate is not checked.</summary>
    public bool AnyHost { get; init; }

    /// <summary>Whether TLS is used.</summary>
    public bool IsOn => AuthorityFile is not null || AuthorityDirectory is not null || SystemAuthorities;
}
