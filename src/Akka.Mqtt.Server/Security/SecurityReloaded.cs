namespace Akka.Mqtt.Server;

/// <summary>
/// The answer to <see cref="ReloadSecurity"/>: new clients are checked by the new rules, and each connected session was asked to check its
/// client.
/// </summary>
public sealed record SecurityReloaded
{
    /// <summary>The shared instance.</summary>
    public static SecurityReloaded Instance { get; } = new();
}
