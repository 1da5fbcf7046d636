using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>Sees each CONNECT before anything else does. An exception refuses the client with 0x88 and is logged.</summary>
public interface IConnectInterceptor
{
    /// <summary>Changes or refuses a CONNECT: client identifier, credentials, will, session expiry.</summary>
    /// <param name="packet">The packet. Its version cannot be changed, and neither can its authentication method.</param>
    /// <param name="listener">The name of the listener; empty for none.</param>
    /// <param name="transport">Where it came from.</param>
    /// <param name="cancellationToken">Cancelled when the client has gone or has waited too long: the result is then ignored.</param>
    /// <returns>The packet to continue with, or a refusal.</returns>
    ValueTask<Interception<Connect>> InterceptAsync(
        Connect packet, string listener, TransportInfo transport, CancellationToken cancellationToken);
}
