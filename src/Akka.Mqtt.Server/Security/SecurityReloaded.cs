namespace Akka.Mqtt.Server;

/// <summary>
/// Answers <see cref="ReloadSecurity"/>: new clients are checked by the new rules, and each connected session has been asked to check its client.
/// </summary>
public sealed record SecurityReloaded
{
    /// <summary>The only one.</summary>
    public static SecurityReloaded Instance { get; } = new();
}
