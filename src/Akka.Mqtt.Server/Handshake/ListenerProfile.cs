using Akka.Mqtt.Server.Security;

namespace Akka.Mqtt.Server.Handshake;

/// <summary>What a handshake has to know of the listener that its connection came by.</summary>
/// <param name="Name">The name; empty for a connection that came by none.</param>
/// <param name="MountPoint">The mount point, or empty.</param>
/// <param name="Security">Who may connect.</param>
internal sealed record ListenerProfile(string Name, string MountPoint, ListenerSecurity Security)
{
    /// <summary>The user whose sessions those of this listener are, so that no client of another listener meets them; null for the user of the client.</summary>
    public string? Owner { get; init; }

    /// <summary>The profile of connections that come by no listener.</summary>
    public static ListenerProfile Default(MqttServerSettings settings) => new("", "", settings.DefaultSecurity);

    /// <summary>The profile of clients of this process that the server takes in without credentials.</summary>
    public static ListenerProfile OwnClients { get; } = new(SecurityRules.OwnClients, "", new ListenerSecurity()) { Owner = SecurityRules.OwnClients };

    /// <summary>The profile of a listener.</summary>
    public static ListenerProfile Of(ListenerSettings listener) => new(listener.Name, listener.MountPoint, listener.Security);
}
