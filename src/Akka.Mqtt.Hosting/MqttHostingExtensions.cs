using Akka.Configuration;
using Akka.Hosting;
using Akka.Mqtt.Cluster;
using Akka.Mqtt.Hosting.Binding;
using Akka.Mqtt.Hosting.Hosted;
using Akka.Mqtt.Server;
using Microsoft.Extensions.Configuration;

namespace Akka.Mqtt.Hosting;

/// <summary>
/// MQTT servers, clients and clusters in an actor system of Akka.Hosting. Settings come from a section of <see cref="IConfiguration"/>, whose keys are those of the reference
/// configuration, written as there (<c>max-connections</c>) or as in .NET (<c>MaxConnections</c>). Wrong keys and values stop the start of the host. A value of several lines for a key that names a
/// file, such as <c>cert-file</c>, is the content of that file.
/// </summary>
public static class MqttHostingExtensions
{
    /// <summary>Starts an MQTT server with the host, after all actors. It stops when the actor system does, in the phase <c>shutdown-phase</c> of CoordinatedShutdown.</summary>
    /// <param name="builder">The actor system.</param>
    /// <param name="configuration">What is under <c>akka.mqtt.server</c>; null for the defaults, or for what the HOCON of the actor system says. It counts before that.</param>
    /// <param name="hooks">Your own code inside the server, and its storage; null for none.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ConfigurationException">A key is unknown or a value is wrong. The message has the keys as the configuration has them, a line for each.</exception>
    public static AkkaConfigurationBuilder WithMqttServer(
        this AkkaConfigurationBuilder builder, IConfiguration? configuration = null, MqttServerHooks? hooks = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var bound = BoundConfiguration.Read(configuration, SettingSections.Server);
        bound.Check(own => MqttServerSettings.Create(own)); // before anything starts
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
    /// Makes the MQTT server of this host one of a cluster. The actor system has to be a node of an Akka.NET cluster: <c>WithClustering</c> of Akka.Cluster.Hosting, or HOCON.
    /// </summary>
    /// <param name="builder">The actor system.</param>
    /// <param name="configuration">What is under <c>akka.mqtt.cluster</c>; null for the defaults, or for what the HOCON of the actor system says.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ConfigurationException">A key is unknown or a value is wrong.</exception>
    public static AkkaConfigurationBuilder WithMqttCluster(this AkkaConfigurationBuilder builder, IConfiguration? configuration = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var bound = BoundConfiguration.Read(configuration, SettingSections.Cluster);
        return builder.AddHocon(bound.Config, HoconAddMode.Prepend).AddSetup(new ClusterSetup());
    }

    /// <summary>
    /// Connects an MQTT client with the host, after all actors and after a server of the same host that was added before. The first attempt must succeed, or the
    /// host does not start; from then on the client stays connected. It disconnects before the actor system stops.
    /// </summary>
    /// <param name="builder">The actor system.</param>
    /// <param name="configuration">What is under <c>akka.mqtt.client</c>; null for the defaults, or for what the HOCON of the actor system says.</param>
    /// <param name="configure">Changes the settings, for what no configuration holds; null for none.</param>
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
