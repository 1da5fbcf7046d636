using Akka.Actor;
using Akka.Mqtt.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Akka.Mqtt.AspNetCore;

/// <summary>
/// Creates an MQTT connection from each connection that Kestrel accepts on a listener, with the TLS of Kestrel. Use <see cref="Mqtt.Bind"/> when
/// Kestrel is not needed: it has one layer less.
/// </summary>
public sealed class MqttConnectionHandler : ConnectionHandler
{
    private readonly MqttAttachment _attachment;

    /// <summary>Creates a handler of connections.</summary>
    /// <param name="system">The actor system whose MQTT runtime handles the clients.</param>
    /// <param name="handler">The actor that receives <see cref="Mqtt.Connected"/> for each client.</param>
    /// <param name="options">Settings of the connections.</param>
    public MqttConnectionHandler(ActorSystem system, IActorRef handler, MqttConnectionOptions options)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentNullException.ThrowIfNull(options);
        _attachment = new MqttAttachment(system, handler, options);
    }

    /// <inheritdoc/>
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var tls = connection.Features.Get<ITlsConnectionFeature>();
        var secure = connection.Features.Get<ITlsHandshakeFeature>() is not null;
        var transport = new TransportInfo(secure ? MqttTransport.Tls : MqttTransport.Tcp)
        {
            LocalAddress = connection.LocalEndPoint,
            RemoteAddress = connection.RemoteEndPoint,
            PeerCertificate = tls?.ClientCertificate,
        };
        var stream = new DuplexPipeStream(connection.Transport, connection.Abort);
        var stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        await _attachment.RunAsync(stream, stream.Disposed, transport, stopping).ConfigureAwait(false);
    }
}
