namespace Akka.Mqtt.Server.Directories;

/// <summary>The state and the counters of a node at one moment. Sums are since its start.</summary>
/// <param name="Name">The name of the server.</param>
/// <param name="Version">Its version.</param>
/// <param name="State">Its state.</param>
/// <param name="Detail">The problem; null for none.</param>
/// <param name="LoadLevel">Its memory load level.</param>
/// <param name="Counts">Its counters.</param>
internal sealed record NodeFigures(string Name, string Version, MqttServerState State, string? Detail, string LoadLevel, NodeSums Counts);

/// <summary>The counters of a node. On the wire they are numbers in this order; later versions add numbers at the end.</summary>
internal sealed record NodeSums
{
    /// <summary>Milliseconds since it started.</summary>
    public long Uptime { get; init; }

    /// <summary>Clients that are connected.</summary>
    public long Clients { get; init; }

    /// <summary>Open connections.</summary>
    public long Connections { get; init; }

    /// <summary>Sessions, with a client or without.</summary>
    public long Sessions { get; init; }

    /// <summary>Subscriptions of its sessions.</summary>
    public long Subscriptions { get; init; }

    /// <summary>PUBLISH packets received, without those of other nodes.</summary>
    public long MessagesReceived { get; init; }

    /// <summary>PUBLISH packets sent to clients.</summary>
    public long MessagesSent { get; init; }

    /// <summary>Bytes received from clients.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Bytes sent to clients.</summary>
    public long BytesSent { get; init; }

    /// <summary>Messages dropped.</summary>
    public long Dropped { get; init; }

    /// <summary>Refusals.</summary>
    public long Refused { get; init; }

    /// <summary>Bytes of messages that are queued, not acknowledged, or not written.</summary>
    public long WaitingBytes { get; init; }

    /// <summary>Bytes of memory that the process uses.</summary>
    public long ProcessMemory { get; init; }

    /// <summary>Processor time of the process, in milliseconds.</summary>
    public long ProcessorTime { get; init; }

    /// <summary>The sums as numbers.</summary>
    public long[] ToValues() =>
    [
        Uptime, Clients, Connections, Sessions, Subscriptions, MessagesReceived, MessagesSent, BytesReceived, BytesSent, Dropped, Refused, WaitingBytes, ProcessMemory, ProcessorTime,
    ];

    /// <summary>Reads the counters from numbers; those that an earlier version does not send are 0.</summary>
    public static NodeSums Of(ReadOnlySpan<long> values)
    {
        Span<long> all = stackalloc long[14];
        values[..Math.Min(values.Length, all.Length)].CopyTo(all);
        return new NodeSums
        {
            Uptime = all[0],
            Clients = all[1],
            Connections = all[2],
            Sessions = all[3],
            Subscriptions = all[4],
            MessagesReceived = all[5],
            MessagesSent = all[6],
            BytesReceived = all[7],
            BytesSent = all[8],
            Dropped = all[9],
            Refused = all[10],
            WaitingBytes = all[11],
            ProcessMemory = all[12],
            ProcessorTime = all[13],
        };
    }
}
