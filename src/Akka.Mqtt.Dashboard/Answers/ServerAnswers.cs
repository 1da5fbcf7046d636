namespace Akka.Mqtt.Dashboard.Answers;

/// <summary>The user of the request.</summary>
internal sealed record MeAnswer(string User, MqttDashboardRole Role, bool NeedsToken);

/// <summary>A server, and its counters since it started.</summary>
internal sealed record ServerAnswer(
    string Name,
    string Version,
    double UptimeSeconds,
    string LoadLevel,
    long Connections,
    long Clients,
    long MostClients,
    long Sessions,
    long ExpiredSessions,
    long Subscriptions,
    long SharedSubscriptions,
    long RetainedMessages,
    long RetainedBytes,
    long AcceptedConnections,
    long DisplacedConnections,
    long SlowConsumers,
    long Throttled,
    long SlowHookCalls,
    TrafficAnswer Traffic,
    IReadOnlyList<DropAnswer> Drops,
    IReadOnlyList<RefusalAnswer> Refusals,
    IReadOnlyList<MemoryAnswer> Memory);

/// <summary>Sums over all connections since the start.</summary>
internal sealed record TrafficAnswer(
    long PacketsReceived, long PacketsSent, long MessagesReceived, long MessagesSent, long PayloadReceived, long PayloadSent, long BytesReceived, long BytesSent);

/// <summary>Messages that were dropped, for one reason.</summary>
internal sealed record DropAnswer(string Reason, long Count);

/// <summary>Refusals with one reason code.</summary>
internal sealed record RefusalAnswer(string What, string Reason, int Code, long Count);

/// <summary>Bytes that clients make the server keep, of one kind.</summary>
internal sealed record MemoryAnswer(string Kind, long Used, long Limit, long Refused);

/// <summary>The listeners of the settings.</summary>
internal sealed record ListenersAnswer(IReadOnlyList<ListenerAnswer> Listeners);

/// <summary>A listener.</summary>
internal sealed record ListenerAnswer(string Name, string Transport, IReadOnlyList<string> Addresses, string? MountPoint);

/// <summary>The last clients that were refused, the newest one first.</summary>
internal sealed record RefusedAnswer(IReadOnlyList<RefusedClientAnswer> Clients);

/// <summary>A client that was refused.</summary>
internal sealed record RefusedClientAnswer(DateTimeOffset At, string ClientId, string? Address, string Reason, int Code, string Detail);
