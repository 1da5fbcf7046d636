using System.Net;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Streams;
using Akka.Streams.Dsl;

namespace Akka.Mqtt;

/// <summary>
/// Raw MQTT connections as Akka.Streams flows, over every transport of <see cref="Mqtt.Connect"/> and <see cref="Mqtt.Bind"/>, with
/// back-pressure from end to end. Input elements are sent, output elements were received. Nothing is answered automatically.
/// </summary>
public static class MqttStream
{
    /// <summary>
    /// Dials when it is materialized. The flow completes when the peer closes, and closes the connection when downstream cancels. It
    /// continues after upstream has completed.
    /// </summary>
    /// <param name="system">The actor system.</param>
    /// <param name="connect">The address and the settings.</param>
    /// <returns>
    /// The flow. Its materialized value completes when the transport is open, or fails with <see cref="MqttConnectionException"/>.
    /// </returns>
    public static Flow<MqttPacket, MqttPacket, Task<Mqtt.Connected>> OutgoingConnection(ActorSystem system, Mqtt.Connect connect)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(connect);
        return Flow.FromGraph(new ConnectionStage(system, connect));
    }

    /// <summary>Dials TCP when it is materialized.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="host">A host name or an IP address.</param>
    /// <param name="port">The port.</param>
    /// <returns>The flow.</returns>
    public static Flow<MqttPacket, MqttPacket, Task<Mqtt.Connected>> OutgoingConnection(ActorSystem system, string host, int port) =>
        OutgoingConnection(system, new Mqtt.Connect(host, port));

    /// <summary>Listens when it is materialized. Cancelling the source stops listening; accepted connections stay open.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="localAddress">The address to listen on; see <see cref="Mqtt.Bind"/>.</param>
    /// <param name="configure">Changes the command before it is sent, for example to set TLS; null changes nothing.</param>
    /// <returns>The accepted connections; the materialized value contains the address.</returns>
    public static Source<MqttIncomingConnection, Task<MqttServerBinding>> Bind(
        ActorSystem system, EndPoint localAddress, Func<Mqtt.Bind, Mqtt.Bind>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(localAddress);
        return Source.FromGraph(new ListenerSource(system, localAddress, configure));
    }
}
