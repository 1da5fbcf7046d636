using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>Decides whether a client may connect.</summary>
internal interface IAuthenticator
{
    /// <summary>Checks a CONNECT.</summary>
    /// <param name="connect">The packet.</param>
    /// <param name="transport">Where it came from.</param>
    /// <returns><see cref="ReasonCode.Success"/>, or why not.</returns>
    ValueTask<ReasonCode> AuthenticateAsync(Connect connect, TransportInfo transport);
}
