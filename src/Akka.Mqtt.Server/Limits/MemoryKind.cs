namespace Akka.Mqtt.Server.Limits;

/// <summary>The uses of the memory that the server keeps because of clients. Each kind has its own share of <c>memory.limit</c>.</summary>
internal enum MemoryKind
{
    /// <summary>Bytes that a connection holds before its client is accepted: the connection itself and its CONNECT.</summary>
    PreAuthentication = 0,

    /// <summary>Connections of accepted clients.</summary>
    Connections = 1,

    /// <summary>Sessions without their messages and subscriptions, wills included.</summary>
    Sessions = 2,

    /// <summary>Filters, and their cost in the routing table.</summary>
    Subscriptions = 3,

    /// <summary>Messages in the queues of sessions.</summary>
    Queued = 4,

    /// <summary>QoS 1 and 2 messages that were sent and are not acknowledged.</summary>
    InFlight = 5,

    /// <summary>Bytes that a connection has accepted and not written.</summary>
    Unwritten = 6,

    /// <summary>Retained messages.</summary>
    Retained = 7,
}
