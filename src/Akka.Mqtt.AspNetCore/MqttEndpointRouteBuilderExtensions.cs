using Akka.Actor;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Akka.Mqtt.AspNetCore;

/// <summary>MQTT over WebSocket as an endpoint.</summary>
public static class MqttEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps a path to MQTT over WebSocket: the handler gets <see cref="Mqtt.Connected"/> for each client, as from <see cref="Mqtt.Bind"/>.
    /// The actor system is the one of the services.
    /// </summary>
    /// <param name="endpoints">The endpoints of the application.</param>
    /// <param name="pattern">The path, for example <c>/mqtt</c>.</param>
    /// <param name="handler">Who gets a <see cref="Mqtt.Connected"/> for each client.</param>
    /// <returns>The endpoint, to add authorization and the like.</returns>
    /// <exception cref="InvalidOperationException">The services have no <see cref="ActorSystem"/>.</exception>
    public static IEndpointConventionBuilder MapMqtt(this IEndpointRouteBuilder endpoints, string pattern, IActorRef handler)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var system = endpoints.ServiceProvider.GetService<ActorSystem>()
            ?? throw new InvalidOperationException("The services have no ActorSystem: register one, or give it to MapMqtt.");
        return endpoints.MapMqtt(pattern, system, handler, new MqttConnectionOptions());
    }

    /// <summary>
    /// Maps a path to MQTT over WebSocket: the handler gets <see cref="Mqtt.Connected"/> for each client, as from <see cref="Mqtt.Bind"/>.
    /// </summary>
    /// <param name="endpoints">The endpoints of the application.</param>
    /// <param name="pattern">The path, for example <c>/mqtt</c>.</param>
    /// <param name="system">The actor system whose MQTT runtime takes the clients.</param>
    /// <param name="handler">Who gets a <see cref="Mqtt.Connected"/> for each client.</param>
    /// <param name="options">Settings of the connections, allowed origins.</param>
    /// <returns>The endpoint, to add authorization and the like.</returns>
    public static IEndpointConventionBuilder MapMqtt(
        this IEndpointRouteBuilder endpoints, string pattern, ActorSystem system, IActorRef handler, MqttConnectionOptions options)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentNullException.ThrowIfNull(options);
        var endpoint = new MqttWebSocketEndpoint(new MqttAttachment(system, handler, options));

        // The middleware is part of the endpoint so that an application cannot forget it; where it has run already this one does nothing.
        var pipeline = endpoints.CreateApplicationBuilder();
        pipeline.UseWebSockets();
        pipeline.Run(endpoint.HandleAsync);
        return endpoints.Map(pattern, pipeline.Build()).WithDisplayName($"MQTT over WebSocket: {pattern}");
    }
}
