namespace Akka.Mqtt.Server;

/// <summary>Answers <see cref="ReloadSecurity"/> when a file is broken: users, rules and revocation lists stay as they were.</summary>
/// <param name="Message">What is wrong, with key, file and line.</param>
public sealed record SecurityNotReloaded(string Message)
{
    /// <summary>The exception behind it; from another node one with the same texts.</summary>
    public Exception? Cause { get; init; }
}
