using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>Who a client is, once it has been let in.</summary>
/// <param name="ClientId">The client identifier.</param>
/// <param name="UserName">The verified user name; null for an anonymous client. A name that nobody has verified is not here.</param>
/// <param name="Listener">The name of the listener that it came by; empty for none.</param>
public sealed record ClientIdentity(string ClientId, string? UserName, string Listener)
{
    /// <summary>The <see cref="AuthenticationResult.Credential"/> of its authenticator.</summary>
    public object? Credential { get; init; }

    /// <summary>Shows everything but the credential.</summary>
    /// <returns>A line for a log.</returns>
    public override string ToString() => LogText.Escape(UserName is null ? ClientId : $"{ClientId} ({UserName})");
}
