using Akka.Actor;

namespace Akka.Mqtt.Server.Shared;

/// <summary>Where the actors of a message's way through the server run.</summary>
internal static class ServerDispatcher
{
    /// <summary>On the dispatcher of the connections, so that a chunk passes through without a change of threads.</summary>
    public static Props OnDispatcher(this Props props, MqttServerSettings settings) =>
        settings.Connection.Dispatcher is { Length: > 0 } name ? props.WithDispatcher(name) : props;
}
