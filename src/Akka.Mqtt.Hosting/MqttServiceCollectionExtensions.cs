using Akka.Actor;
using Akka.Hosting;
using Akka.Mqtt.Hosting.Hosted;
using Akka.Mqtt.Server;
using Microsoft.Extensions.DependencyInjection;

namespace Akka.Mqtt.Hosting;

/// <summary>MQTT among the services of a host, for applications that need no more of Akka.NET.</summary>
public static class MqttServiceCollectionExtensions
{
    /// <summary>
    /// Adds an actor system that logs by <c>ILogger</c>, and what runs in it. <see cref="MqttServer"/> and <see cref="MqttClient"/> are then services, from the start of the host
    /// on. An application with <c>AddAkka</c> does not call this: it has <see cref="MqttHostingExtensions"/> there, and <see cref="GetMqttServer"/>.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name of the actor system: letters, digits and hyphens. All nodes of a cluster have the same.</param>
    /// <param name="configure">Says what runs, such as <c>mqtt => mqtt.WithMqttServer(section)</c>.</param>
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
    /// <exception cref="InvalidOperationException">There is none, or the host has not started it yet.</exception>
    public static MqttServer GetMqttServer(this ActorSystem system) => HostedMqtt.Get(system).Server
        ?? throw new InvalidOperationException("There is no MQTT server: add one by WithMqttServer, and use it after the start of the host.");

    /// <summary>The MQTT client that <see cref="MqttHostingExtensions.WithMqttClient"/> has connected; the first one if there are several.</summary>
    /// <param name="system">The actor system.</param>
    /// <returns>The client.</returns>
    /// <exception cref="InvalidOperationException">There is none, or the host has not connected it yet.</exception>
    public static MqttClient GetMqttClient(this ActorSystem system) => HostedMqtt.Get(system).Client
        ?? throw new InvalidOperationException("There is no MQTT client: add one by WithMqttClient, and use it after the start of the host.");
}
