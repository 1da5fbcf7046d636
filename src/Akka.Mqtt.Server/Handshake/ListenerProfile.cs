namespace Akka.Mqtt.Server.Handshake;

/// <summary>What a handshake has to know of the listener that its connection came by.</summary>
/// <param name="Name">The name; empty for a connection that came by none.</param>
/// <param name="MountPoint">The mount point, or empty.</param>
/// <param name="Security">Who may connect.</param>
internal sealed record ListenerProfile(string Name, string MountPoint, ListenerSecurity Security)
{
    /// <summary>The profiles of all listeners by name; that of connections without a listener has the empty name.</summary>
    public static Dictionary<string, ListenerProfile> Of(MqttServerSettings settings)
    {
        var profiles = new Dictionary<string, ListenerProfile>(StringComparer.Ordinal) { [""] = new("", "", settings.DefaultSecurity) };
        foreach (var listener in settings.Listeners)
            profiles[listener.Name] = new ListenerProfile(listener.Name, listener.MountPoint, listener.Security);
        return profiles;
    }
}
