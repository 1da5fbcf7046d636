namespace Akka.Mqtt.Server;

/// <summary>
/// An authentication method of MQTT 5.0 (section 4.12): a conversation by AUTH packets, before CONNACK and, when the client wants, again
/// later. SCRAM-SHA-256 is built in, by <c>scram-file</c>.
/// </summary>
public interface IEnhancedAuthenticator
{
    /// <summary>The Authentication Method, compared character by character.</summary>
    string Method { get; }

    /// <summary>Begins a conversation.</summary>
    /// <param name="context">What the client said in CONNECT.</param>
    /// <returns>The conversation; used for one client, one step at a time.</returns>
    IEnhancedExchange Begin(AuthenticationContext context);

    /// <summary>See <see cref="IAuthenticator.MayStay"/>. Default: it may.</summary>
    /// <param name="client">The client as it was accepted.</param>
    /// <returns>Whether it may stay.</returns>
    bool MayStay(ClientIdentity client) => true;
}
