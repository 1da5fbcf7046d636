namespace Akka.Mqtt.Server;

/// <summary>
/// Told to <see cref="MqttServer.Security"/>: read users, rules and revocation lists again. Answered by <see cref="SecurityReloaded"/>, or
/// by <see cref="SecurityNotReloaded"/> when a file is broken: then everything stays as it was.
/// </summary>
public sealed record ReloadSecurity
{
    /// <summary>The shared instance: the command has no parameters.</summary>
    public static ReloadSecurity Instance { get; } = new();
}
