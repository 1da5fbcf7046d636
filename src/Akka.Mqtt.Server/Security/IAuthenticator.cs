namespace Akka.Mqtt.Server;

/// <summary>
/// Decides whether a client may connect, and which user it is. Must be thread safe: many connections call it at the same time. Work that
/// takes time must be asynchronous. An exception refuses the client with 0x88 and is logged.
/// </summary>
public interface IAuthenticator
{
    /// <summary>
    /// Checks a CONNECT without an authentication method. With one, <see cref="IEnhancedAuthenticator"/> is called instead.
    /// </summary>
    /// <param name="context">The data of the client and of its connection.</param>
    /// <param name="cancellationToken">
    /// Cancelled when the client has disconnected or has waited too long: the result is then ignored.
    /// </param>
    /// <returns>Accepted with a user name or anonymously, or refused with a reason.</returns>
    ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationContext context, CancellationToken cancellationToken);

    /// <summary>
    /// Called for each connected client after <see cref="MqttServer.ReloadSecurityAsync"/>. A client that may not stay is disconnected
    /// with 0x87. It runs on a thread that handles messages, once for each client, and must not block: <c>slow-hook-threshold</c> warns of
    /// slow calls. An exception is logged and disconnects the client. Default: true.
    /// </summary>
    /// <param name="client">The client as it was accepted, with the credential of the result.</param>
    /// <returns>Whether it may stay.</returns>
    bool MayStay(ClientIdentity client) => true;
}
