using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>One conversation of an <see cref="IEnhancedAuthenticator"/> with one client.</summary>
public interface IEnhancedExchange
{
    /// <summary>Takes what the client said. An exception refuses the client with 0x88 and is logged.</summary>
    /// <param name="data">The Authentication Data of CONNECT or AUTH; null for none.</param>
    /// <returns>What to say next, or the end.</returns>
    ValueTask<AuthenticationStep> NextAsync(MqttBinary? data);
}
