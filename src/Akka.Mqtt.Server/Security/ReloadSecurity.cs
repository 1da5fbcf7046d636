namespace Akka.Mqtt.Server;

/// <summary>
/// Sent to <see cref="MqttServer.Security"/>: read users, rules and revocation lists again. The answer is <see cref="SecurityReloaded"/>,
/// or <see cref="SecurityNotReloaded"/> when a file is invalid; in that case nothing changes.
/// </summary>
public sealed record ReloadSecurity
{
    /// <summary>The shared instance: the command has no parameters.</summary>
    public static ReloadSecurity Instance { get; } = new();
}
