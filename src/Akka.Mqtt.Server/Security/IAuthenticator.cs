namespace Akka.Mqtt.Server;

/// <summary>
/// Decides whether a client may connect, and who it is. Called by many connections at a time, on their actors' threads: what takes time or
/// waits must be awaited. An exception refuses the client with 0x88 and is logged.
/// </summary>
public interface IAuthenticator
{
    /// <summary>Checks a CONNECT without an authentication method (with one, <see cref="IEnhancedAuthenticator"/> is asked instead).</summary>
    /// <param name="context">What the client said and where it came from.</param>
    /// <returns>Accepted with a user name or anonymously, or refused with a reason.</returns>
    ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationContext context);

    /// <summary>
    /// Asked for each connected client after <see cref="MqttServer.ReloadSecurityAsync"/>: a client that may not stay is disconnected with
    /// 0x87. Must not wait. Default: it may.
    /// </summary>
    /// <param name="client">The client as it was accepted, with the credential of the result.</param>
    /// <returns>Whether it may stay.</returns>
    bool MayStay(ClientIdentity client) => true;
}
