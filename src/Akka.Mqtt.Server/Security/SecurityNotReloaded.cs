namespace Akka.Mqtt.Server;

/// <summary>The answer to <see cref="ReloadSecurity"/> when a file is invalid: users, rules and revocation lists are unchanged.</summary>
/// <param name="Message">What is wrong, with key, file and line.</param>
public sealed record SecurityNotReloaded(string Message)
{
    /// <summary>The exception that caused it; from another node an exception with the same texts.</summary>
    public Exception? Cause { get; init; }
}
