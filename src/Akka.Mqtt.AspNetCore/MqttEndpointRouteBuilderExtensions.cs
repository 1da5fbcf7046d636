using Akka.Actor;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Akka.Mqtt.AspNetCore;

/// <summary>MQTT over WebSocket as an endpoint.</summary>
public static class MqttEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps a path to MQTT over WebSocket: the handler receives <see cref="Mqtt.Connected"/> for each client, as from
    /// <see cref="Mqtt.Bind"/>. The actor system is taken from the services.
    /// </summary>
    /// <param name="endpoints">The endpoints of the application.</param>
    /// <param name="pattern">The path, for example <c>/mqtt</c>.</param>
    /// <param name="handler">The actor that receives <see cref="Mqtt.Connected"/> for each client.</param>
    /// <returns>The endpoint, for example to add authorization.</returns>
    /// <exception cref="InvalidOperationException">The services have no <see cref="ActorSystem"/>.</exception>
    public static IEndpointConventionBuilder MapMqtt(this IEndpointRouteBuilder endpoints, string pattern, IActorRef handler)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var system = endpoints.ServiceProvider.GetService<ActorSystem>()
            ?? throw new InvalidOperationException("The services have no ActorSystem: register one, or give it to MapMqtt.");
        return endpoints.MapMqtt(pattern, system, handler, new MqttConnectionOptions());
    }

    /// <summary>
    /// Maps a path to MQTT over WebSocket: the handler receives <see cref="Mqtt.Connected"/> for each client, as from
    /// <see cref="Mqtt.Bind"/>.
    /// </summary>
    /// <param name="endpoints">The endpoints of the application.</param>
    /// <param name="pattern">The path, for example <c>/mqtt</c>.</param>
    /// <param name="system">The actor system whose MQTT runtime handles the clients.</param>
    /// <param name="handler">The actor that receives <see cref="Mqtt.Connected"/> for each client.</param>
    /// <param name="options">Settings of the connections, allowed origins.</param>
    /// <returns>The endpoint, for example to add authorization.</returns>
    public static IEndpointConventionBuilder MapMqtt(
        this IEndpointRouteBuilder endpoints, string pattern, ActorSystem system, IActorRef handler, MqttConnectionOptions options)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentNullException.ThrowIfNull(options);
        var attachment = new MqttAttachment(system, handler, options);
        return Map(endpoints, pattern, new MqttWebSocketEndpoint(options, _ => attachment));
    }

    /// <summary>
    /// Maps a path to MQTT over WebSocket for the MQTT server in the actor system of the services; the first one if there are several.
    /// Before the server has started and after it has stopped, requests are answered with 503.
    /// </summary>
    /// <param name="endpoints">The endpoints of the application.</param>
    /// <param name="pattern">The path, for example <c>/mqtt</c>.</param>
    /// <param name="listener">
    /// The listener of the server's settings whose rules apply, for example one with <c>transport = ws</c>; null for the rules of
    /// <c>listener-defaults</c>. If the server has no such listener, requests are answered with 503, and the reason is logged.
    /// </param>
    /// <param name="options">Settings of the connections, allowed origins; null for the defaults.</param>
    /// <returns>The endpoint, for example to add authorization.</returns>
    /// <exception cref="InvalidOperationException">The services have no <see cref="ActorSystem"/>.</exception>
    public static IEndpointConventionBuilder MapMqtt(
        this IEndpointRouteBuilder endpoints, string pattern, string? listener = null, MqttConnectionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var services = endpoints.ServiceProvider;
        if (services.GetService<IServiceProviderIsService>()?.IsService(typeof(ActorSystem)) == false)
            throw new InvalidOperationException("The services have no ActorSystem: register one, or give it to MapMqtt.");
        var chosen = options ?? new MqttConnectionOptions();
        // Created at the first request, because the actor system of a host starts with the host.
        return Map(endpoints, pattern, new MqttWebSocketEndpoint(chosen, context =>
        {
            var system = services.GetRequiredService<ActorSystem>();
            if (MqttExt.Get(system).Acceptors.Find(listener) is { } acceptor)
                return new MqttAttachment(system, acceptor, chosen);
            var log = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(MqttEndpointRouteBuilderExtensions));
            NoServer(log, pattern, listener is null ? "no MQTT server runs" : $"no MQTT server runs that has a listener {listener}", null);
            return null;
        }));
    }

    private static readonly Action<ILogger, string, string, Exception?> NoServer =
        LoggerMessage.Define<string, string>(LogLevel.Warning, new EventId(1, "NoMqttServer"), "{Path} refuses a client: {Reason}");

    private static IEndpointConventionBuilder Map(IEndpointRouteBuilder endpoints, string pattern, MqttWebSocketEndpoint endpoint)
    {
        // The middleware is part of the endpoint, so that an application cannot forget it. If it has already run, it does nothing.
        var pipeline = endpoints.CreateApplicationBuilder();
        pipeline.UseWebSockets();
        pipeline.Run(endpoint.HandleAsync);
        return endpoints.Map(pattern, pipeline.Build()).WithDisplayName($"MQTT over WebSocket: {pattern}");
    }
}
