using Akka.Actor;
using Microsoft.AspNetCore.Connections;

namespace Akka.Mqtt.AspNetCore;

/// <summary>MQTT on a listener of Kestrel.</summary>
public static class MqttConnectionBuilderExtensions
{
    /// <summary>
    /// Makes MQTT the protocol of a listener: <c>kestrel.ListenAnyIP(8883, l => l.UseHttps().UseMqtt(...))</c>, with <c>UseHttps</c> called
    /// first for TLS.
    /// </summary>
    /// <param name="builder">The listener, <c>ListenOptions</c>.</param>
    /// <param name="system">The actor system whose MQTT runtime handles the clients.</param>
    /// <param name="handler">The actor that receives <see cref="Mqtt.Connected"/> for each client.</param>
    /// <param name="options">Settings of the connections.</param>
    /// <returns>The listener.</returns>
    public static IConnectionBuilder UseMqtt(this IConnectionBuilder builder, ActorSystem system, IActorRef handler, MqttConnectionOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var connections = new MqttConnectionHandler(system, handler, options);
        return builder.Run(connections.OnConnectedAsync);
    }
}
