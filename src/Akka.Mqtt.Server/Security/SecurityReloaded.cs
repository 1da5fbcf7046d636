namespace Akka.Mqtt.Server;

/// <summary>
/// Answers <see cref="ReloadSecurity"/>: new clients meet the new rules, and those that are connected have been sent for to be checked.
/// </summary>
public sealed record SecurityReloaded
{
    /// <summary>The only one.</summary>
    public static SecurityReloaded Instance { get; } = new();
}
