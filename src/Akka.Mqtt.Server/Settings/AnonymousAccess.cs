namespace Akka.Mqtt.Server;

/// <summary>Who may connect without credentials.</summary>
public enum AnonymousAccess
{
    /// <summary>Nobody.</summary>
    Off = 0,

    /// <summary>
    /// Clients of listeners on the loopback interface, and of transports that are no network: unix sockets, pipes, memory.
    /// </summary>
    Loopback = 1,

    /// <summary>Everybody.</summary>
    On = 2,
}
