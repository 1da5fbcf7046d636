namespace Akka.Mqtt.Cli.Clients.Arguments;

/// <summary>The client commands. A rule may be for several.</summary>
[Flags]
internal enum ClientKind
{
    /// <summary><c>akka-mqtt pub</c>.</summary>
    Pub = 1,

    /// <summary><c>akka-mqtt sub</c>.</summary>
    Sub = 2,

    /// <summary><c>akka-mqtt rr</c>.</summary>
    Rr = 4,

    /// <summary>Those that receive messages.</summary>
    Receiving = Sub | Rr,

    /// <summary>Those that send messages.</summary>
    Sending = Pub | Rr,

    /// <summary>All.</summary>
    All = Pub | Sub | Rr,
}
