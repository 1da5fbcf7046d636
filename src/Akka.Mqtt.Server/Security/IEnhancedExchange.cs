using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>One exchange of an <see cref="IEnhancedAuthenticator"/> with one client.</summary>
public interface IEnhancedExchange
{
    /// <summary>Handles the data that the client sent. An exception refuses the client with 0x88 and is logged.</summary>
    /// <param name="data">The Authentication Data of CONNECT or AUTH; null for none.</param>
    /// <param name="cancellationToken">
    /// Cancelled when the client has disconnected or has waited too long: the result is then ignored.
    /// </param>
    /// <returns>What to send next, or the result.</returns>
    ValueTask<AuthenticationStep> NextAsync(MqttBinary? data, CancellationToken cancellationToken);
}
