namespace Akka.Mqtt.Server;

/// <summary>
/// Decides whether a client may connect, and who it is. Thread-safe: many connections call it at a time. Work that takes time must be awaited.
/// An exception refuses the client with 0x88 and is logged.
/// </summary>
public interface IAuthenticator
{
    /// <summary>Checks a CONNECT without an authentication method (with one, <see cref="IEnhancedAuthenticator"/> is asked instead).</summary>
    /// <param name="context">What the client said and where it came from.</param>
    /// <param name="cancellationToken">Cancelled when the client has gone or has waited too long: the result is then ignored.</param>
    /// <returns>Accepted with a user name or anonymously, or refused with a reason.</returns>
    ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationContext context, CancellationToken cancellationToken);

    /// <summary>
    /// Asked for each connected client after <see cref="MqttServer.ReloadSecurityAsync"/>: a client that may not stay is disconnected with
    /// 0x87. Runs where messages are handled, once for each client, and must not wait: <c>slow-hook-threshold</c> warns of a call that takes long.
    /// An exception is logged and disconnects the client. Default: it may.
    /// </summary>
    /// <param name="client">The client as it was accepted, with the credential of the result.</param>
    /// <returns>Whether it may stay.</returns>
    bool MayStay(ClientIdentity client) => true;
}
