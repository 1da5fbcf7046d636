using Akka.Actor;
using Akka.Hosting;
using Akka.Mqtt.Hosting.Hosted;
using Akka.Mqtt.Server;
using Microsoft.Extensions.DependencyInjection;

namespace Akka.Mqtt.Hosting;

/// <summary>MQTT as services of a host, for applications that use nothing else of Akka.NET.</summary>
public static class MqttServiceCollectionExtensions
{
    /// <summary>
    /// Adds an actor system that logs to <c>ILogger</c>, with servers and clients. <see cref="MqttServer"/> and <see cref="MqttClient"/>
    /// are available as services after the host has started. An application with <c>AddAkka</c> does not call this method: it uses
    /// <see cref="MqttHostingExtensions"/> and <see cref="GetMqttServer"/>.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name of the actor system: letters, digits and hyphens. All nodes of a cluster have the same name.</param>
    /// <param name="configure">Adds servers and clients, for example <c>mqtt => mqtt.WithMqttServer(section)</c>.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddMqtt(this IServiceCollection services, string name, Action<AkkaConfigurationBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddAkka(name, builder =>
        {
            builder.ConfigureLoggers(loggers =>
            {
                loggers.ClearLoggers();
                loggers.AddLoggerFactory();
            });
            configure(builder);
        });
        services.AddSingleton(provider => provider.GetRequiredService<ActorSystem>().GetMqttServer());
        services.AddSingleton(provider => provider.GetRequiredService<ActorSystem>().GetMqttClient());
        return services;
    }

    /// <summary>The MQTT server that <see cref="MqttHostingExtensions.WithMqttServer"/> has started.</summary>
    /// <param name="system">The actor system.</param>
    /// <returns>The server.</returns>
    /// <exception cref="InvalidOperationException">The host has no server, or has not started it yet.</exception>
    public static MqttServer GetMqttServer(this ActorSystem system) => HostedMqtt.Get(system).Server
        ?? throw new InvalidOperationException("The host has no MQTT server: add one with WithMqttServer, and use it after the start of the host.");

    /// <summary>The MQTT client that <see cref="MqttHostingExtensions.WithMqttClient"/> has connected; the first one if there are several.</summary>
    /// <param name="system">The actor system.</param>
    /// <returns>The client.</returns>
    /// <exception cref="InvalidOperationException">The host has no client, or has not connected it yet.</exception>
    public static MqttClient GetMqttClient(this ActorSystem system) => HostedMqtt.Get(system).Client
        ?? throw new InvalidOperationException("The host has no MQTT client: add one with WithMqttClient, and use it after the start of the host.");
}
