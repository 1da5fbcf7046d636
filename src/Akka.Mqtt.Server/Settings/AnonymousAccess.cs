namespace Akka.Mqtt.Server;

/// <summary>Who may connect without credentials.</summary>
public enum AnonymousAccess
{
    /// <summary>Nobody.</summary>
    Off = 0,

    /// <summary>
    /// Clients of this machine: their connection uses a loopback address, a unix socket, a pipe or memory. If the listener has accounts,
    /// nobody may connect anonymously. A client counts as remote when a reverse proxy reports another address (forwarded headers).
    /// </summary>
    Loopback = 1,

    /// <summary>Everybody.</summary>
    On = 2,
}
