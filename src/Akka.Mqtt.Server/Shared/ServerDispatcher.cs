using Akka.Actor;

namespace Akka.Mqtt.Server.Shared;

/// <summary>The dispatcher of the actors that handle a message on its way through the server.</summary>
internal static class ServerDispatcher
{
    /// <summary>Uses the dispatcher of the connections, so that a chunk is handled without a change of threads.</summary>
    public static Props OnDispatcher(this Props props, MqttServerSettings settings) =>
        settings.Connection.Dispatcher is { Length: > 0 } name ? props.WithDispatcher(name) : props;
}
