namespace Akka.Mqtt.Server;

/// <summary>Who may connect without credentials.</summary>
public enum AnonymousAccess
{
    /// <summary>Nobody.</summary>
    Off = 0,

    /// <summary>
    /// Clients of this machine: those whose connection came to a loopback address, and those of unix sockets, pipes and memory. Nobody where the
    /// listener has accounts. A client that a reverse proxy places elsewhere (forwarded headers) does not count as local.
    /// </summary>
    Loopback = 1,

    /// <summary>Everybody.</summary>
    On = 2,
}
