using System.Net;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>
/// Lets clients in by where they connect to, without looking at user names: what a server without user accounts can do. Only what listens
/// on the loopback interface, or is no network at all, is open by default.
/// </summary>
internal sealed class AnonymousAuthenticator(AnonymousAccess access) : IAuthenticator
{
    public ValueTask<ReasonCode> AuthenticateAsync(Connect connect, TransportInfo transport)
    {
        // No extended authentication method is supported [MQTT-4.12.0-1 v5].
        if (connect.Properties?.AuthenticationMethod is not null)
            return new ValueTask<ReasonCode>(ReasonCode.BadAuthenticationMethod);
        var allowed = access switch
        {
            AnonymousAccess.On => true,
            AnonymousAccess.Loopback => IsLocal(transport),
            _ => false,
        };
        return new ValueTask<ReasonCode>(allowed ? ReasonCode.Success : ReasonCode.NotAuthorized);
    }

    private static bool IsLocal(TransportInfo transport) => transport.Kind switch
    {
        MqttTransport.UnixSocket or MqttTransport.NamedPipe or MqttTransport.InMemory or MqttTransport.Stream => true,
        _ => transport.LocalAddress is IPEndPoint { Address: var address } && IPAddress.IsLoopback(address),
    };
}
