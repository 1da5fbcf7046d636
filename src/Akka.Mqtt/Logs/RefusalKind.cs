using Akka.Event;

namespace Akka.Mqtt.Logs;

/// <summary>The log lines that a peer can cause without limit. Each kind has its own number of lines, level and name.</summary>
internal enum RefusalKind
{
    /// <summary>A connection or a client that is refused.</summary>
    Connection,

    /// <summary>A client that was accepted and that the server disconnects.</summary>
    Disconnect,

    /// <summary>A peer whose packets violate the protocol or a limit.</summary>
    BrokenPacket,

    /// <summary>A handshake of TLS or WebSocket, or a PROXY header, that failed.</summary>
    Handshake,

    /// <summary>A peer that does not send or read in time.</summary>
    Silence,

    /// <summary>A handler of ours that never registers or stops taking packets.</summary>
    Handler,

    /// <summary>A fault on our side.</summary>
    Fault,

    /// <summary>A subscription that is refused.</summary>
    Subscription,

    /// <summary>A client with refused messages: one for each connection and reason.</summary>
    Message,

    /// <summary>A client that receives its messages too slowly.</summary>
    SlowConsumer,
}

/// <summary>The level of a kind, and its name in summaries.</summary>
internal static class RefusalKinds
{
    public static readonly int Count = Enum.GetValues<RefusalKind>().Length;

    /// <summary>The level of the lines and of the summary.</summary>
    public static LogLevel Level(this RefusalKind kind) => kind switch
    {
        RefusalKind.Fault => LogLevel.ErrorLevel,
        RefusalKind.Silence or RefusalKind.Subscription or RefusalKind.Message or RefusalKind.SlowConsumer => LogLevel.InfoLevel,
        _ => LogLevel.WarningLevel,
    };

    /// <summary>The name of the kind in the plural, for a summary.</summary>
    public static string Plural(this RefusalKind kind) => kind switch
    {
        RefusalKind.Connection => "refused connections",
        RefusalKind.Disconnect => "clients disconnected by the server",
        RefusalKind.BrokenPacket => "connections with broken packets",
        RefusalKind.Handshake => "failed handshakes",
        RefusalKind.Silence => "connections that timed out",
        RefusalKind.Handler => "connections whose handler failed to take packets",
        RefusalKind.Fault => "failures of our own code",
        RefusalKind.Subscription => "refused subscriptions",
        RefusalKind.Message => "clients with refused messages",
        _ => "slow consumers",
    };
}
