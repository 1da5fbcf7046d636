using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>The identity of a client that has been accepted.</summary>
/// <param name="ClientId">The client identifier.</param>
/// <param name="UserName">The verified user name; null for an anonymous client. An unverified name is never stored here.</param>
/// <param name="Listener">The name of the listener that accepted it; empty for none.</param>
public sealed record ClientIdentity(string ClientId, string? UserName, string Listener)
{
    /// <summary>The <see cref="AuthenticationResult.Credential"/> of its authenticator.</summary>
    public object? Credential { get; init; }

    /// <summary>Shows everything except the credential.</summary>
    /// <returns>A line for a log.</returns>
    public override string ToString() => LogText.Escape(UserName is null ? ClientId : $"{ClientId} ({UserName})");
}
