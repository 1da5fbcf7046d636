using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>Sees each CONNECT before anything else does. An exception refuses the client with 0x88 and is logged.</summary>
public interface IConnectInterceptor
{
    /// <summary>Changes or refuses a CONNECT: client identifier, credentials, will, session expiry.</summary>
    /// <param name="packet">The packet. Its version cannot be changed, and neither can its authentication method.</param>
    /// <param name="listener">The name of the listener; empty for none.</param>
    /// <param name="transport">Where it came from.</param>
    /// <returns>What to go on with.</returns>
    ValueTask<Interception<Connect>> InterceptAsync(Connect packet, string listener, TransportInfo transport);
}
