using Akka.Configuration;
using Akka.Hosting;
using Akka.Mqtt.Cluster;
using Akka.Mqtt.Hosting.Binding;
using Akka.Mqtt.Hosting.Hosted;
using Akka.Mqtt.Server;
using Microsoft.Extensions.Configuration;

namespace Akka.Mqtt.Hosting;

/// <summary>
/// MQTT servers, clients and clusters in an actor system of Akka.Hosting. Settings are read from a section of
/// <see cref="IConfiguration"/>. Its keys are those of the reference configuration, written in the same way (<c>max-connections</c>) or as
/// in .NET (<c>MaxConnections</c>). Unknown keys and wrong values prevent the start of the host. For a key that names a file, such as
/// <c>cert-file</c>, a value with several lines is the content of that file.
/// </summary>
public static class MqttHostingExtensions
{
    /// <summary>
    /// Starts an MQTT server with the host, after all actors. It stops with the actor system, in the phase <c>shutdown-phase</c> of
    /// CoordinatedShutdown.
    /// </summary>
    /// <param name="builder">The actor system.</param>
    /// <param name="configuration">
    /// The keys of <c>akka.mqtt.server</c>, which take precedence over the HOCON of the actor system; null to use only the latter and the
    /// defaults.
    /// </param>
    /// <param name="hooks">User code inside the server, and its storage; null for none.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ConfigurationException">
    /// A key is unknown or a value is wrong. The message has one line for each, with the key as in the configuration.
    /// </exception>
    public static AkkaConfigurationBuilder WithMqttServer(
        this AkkaConfigurationBuilder builder, IConfiguration? configuration = null, MqttServerHooks? hooks = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var bound = BoundConfiguration.Read(configuration, SettingSections.Server);
        bound.Check(own => MqttServerSettings.Create(own)); // checked before anything starts
        return builder.AddHocon(bound.Config, HoconAddMode.Prepend).AddStartup(async (system, _) =>
        {
            var settings = bound.Check(_ => MqttServerSettings.Create(system));
            var all = hooks ?? new MqttServerHooks();
            if (system.Settings.Setup.Get<ClusterSetup>().HasValue)
                all = all with { Cluster = new MqttCluster() };
            HostedMqtt.Get(system).Add(await MqttServer.StartAsync(system, settings, all).ConfigureAwait(false));
        });
    }

    /// <summary>
    /// Makes the MQTT server of this host a node of a cluster. The actor system must be a node of an Akka.NET cluster: use
    /// <c>WithClustering</c> of Akka.Cluster.Hosting, or HOCON.
    /// </summary>
    /// <param name="builder">The actor system.</param>
    /// <param name="configuration">
    /// The keys of <c>akka.mqtt.cluster</c>; null to use the HOCON of the actor system and the defaults.
    /// </param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ConfigurationException">A key is unknown or a value is wrong.</exception>
    public static AkkaConfigurationBuilder WithMqttCluster(this AkkaConfigurationBuilder builder, IConfiguration? configuration = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var bound = BoundConfiguration.Read(configuration, SettingSections.Cluster);
        return builder.AddHocon(bound.Config, HoconAddMode.Prepend).AddSetup(new ClusterSetup());
    }

    /// <summary>
    /// Connects an MQTT client with the host, after all actors and after a server of the same host that was added before. If the first
    /// attempt fails, the host does not start. Afterwards the client reconnects by itself. It disconnects before the actor system stops.
    /// </summary>
    /// <param name="builder">The actor system.</param>
    /// <param name="configuration">The keys of <c>akka.mqtt.client</c>; null to use the HOCON of the actor system and the defaults.</param>
    /// <param name="configure">Changes settings that a configuration cannot contain; null for none.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ConfigurationException">A key is unknown or a value is wrong.</exception>
    public static AkkaConfigurationBuilder WithMqttClient(
        this AkkaConfigurationBuilder builder, IConfiguration? configuration = null, Func<MqttClientSettings, MqttClientSettings>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var bound = BoundConfiguration.Read(configuration, SettingSections.Client);
        bound.Check(own => MqttClientSettings.Create(own));
        return builder.AddHocon(bound.Config, HoconAddMode.Prepend).AddStartup(async (system, _) =>
        {
            var settings = bound.Check(_ => MqttClientSettings.Create(system));
            HostedMqtt.Get(system).Add(await MqttClient.ConnectAsync(configure?.Invoke(settings) ?? settings, system).ConfigureAwait(false));
        });
    }
}
