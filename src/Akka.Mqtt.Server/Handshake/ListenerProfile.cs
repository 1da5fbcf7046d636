using Akka.Mqtt.Server.Security;

namespace Akka.Mqtt.Server.Handshake;

/// <summary>What a handshake needs to know of the listener that accepted its connection.</summary>
/// <param name="Name">The name; empty for a connection without a listener.</param>
/// <param name="MountPoint">The mount point, or empty.</param>
/// <param name="Security">Who may connect.</param>
internal sealed record ListenerProfile(string Name, string MountPoint, ListenerSecurity Security)
{
    /// <summary>
    /// The user who owns all sessions of this listener, so that no client of another listener can use them; null to use the user name of
    /// the client.
    /// </summary>
    public string? Owner { get; init; }

    /// <summary>The profile of connections without a listener.</summary>
    public static ListenerProfile Default(MqttServerSettings settings) => new("", "", settings.DefaultSecurity);

    /// <summary>The profile of clients of this process, which the server accepts without credentials.</summary>
    public static ListenerProfile OwnClients { get; } = new(SecurityRules.OwnClients, "", new ListenerSecurity()) { Owner = SecurityRules.OwnClients };

    /// <summary>The profile of a listener.</summary>
    public static ListenerProfile Of(ListenerSettings listener) => new(listener.Name, listener.MountPoint, listener.Security);
}
