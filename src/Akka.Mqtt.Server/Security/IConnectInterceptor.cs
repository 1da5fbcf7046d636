using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>Called for each CONNECT before all other checks. An exception refuses the client with 0x88 and is logged.</summary>
public interface IConnectInterceptor
{
    /// <summary>Changes or refuses a CONNECT: client identifier, credentials, will, session expiry.</summary>
    /// <param name="packet">The packet. Its version and its authentication method cannot be changed.</param>
    /// <param name="listener">The name of the listener; empty for none.</param>
    /// <param name="transport">The address and transport of the connection.</param>
    /// <param name="cancellationToken">
    /// Cancelled when the client has disconnected or has waited too long: the result is then ignored.
    /// </param>
    /// <returns>The packet to continue with, or a refusal.</returns>
    ValueTask<Interception<Connect>> InterceptAsync(
        Connect packet, string listener, TransportInfo transport, CancellationToken cancellationToken);
}
