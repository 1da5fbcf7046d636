namespace Akka.Mqtt.Server;

/// <summary>
/// An authentication method of MQTT 5.0 (section 4.12): an exchange of AUTH packets before CONNACK, and later when the client
/// authenticates again. SCRAM-SHA-256 is built in: <c>scram-file</c>.
/// </summary>
public interface IEnhancedAuthenticator
{
    /// <summary>The Authentication Method, compared character by character.</summary>
    string Method { get; }

    /// <summary>Starts an exchange.</summary>
    /// <param name="context">The data of CONNECT and of the connection.</param>
    /// <returns>The exchange; used for one client, one step at a time.</returns>
    IEnhancedExchange Begin(AuthenticationContext context);

    /// <summary>See <see cref="IAuthenticator.MayStay"/>. Default: true.</summary>
    /// <param name="client">The client as it was accepted.</param>
    /// <returns>Whether it may stay.</returns>
    bool MayStay(ClientIdentity client) => true;
}
