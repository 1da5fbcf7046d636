using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Serialization;
using Akka.Mqtt.Streams;
using Akka.Mqtt.Transport;

namespace Akka.Mqtt;

/// <summary>The MQTT runtime of an actor system. Most code uses <c>Sys.Mqtt()</c>, which is <see cref="Manager"/>.</summary>
public sealed class MqttExt : IExtension
{
    /// <summary>
    /// The name of the meter with the counters of connections, of clients and servers; docs/operations.md lists its instruments.
    /// </summary>
    public const string MeterName = "Akka.Mqtt";

    internal MqttExt(ExtendedActorSystem system)
    {
        MqttSerializer.Register(system); // called before the reference configuration is added, which names the serializer
        system.Settings.InjectTopLevelFallback(DefaultConfig());
        Settings = MqttConnectionSettings.Create(system);
        RequireDispatcher(system, Settings);
        Network = new InMemoryNetwork();
        // Akka's scheduler starts on the thread pool at its first use, and blocks its users until it has started. Many connections that
        // start at once would block the threads that it needs.
        system.Scheduler.Advanced.ScheduleOnce(TimeSpan.Zero, () => { });
        var framing = new FramingHost(system);
        AkkaIo.Check(Settings, AkkaIo.CanAdoptSockets, framing.Log);
        Manager = system.SystemActorOf(MqttManager.Props(Settings, Network, framing), "IO-MQTT");
        SystemShutdown.AddTasks(system, Manager);
    }

    /// <summary>The manager, which accepts <see cref="Mqtt.Connect"/>, <see cref="Mqtt.Bind"/> and <see cref="Mqtt.Attach"/>.</summary>
    public IActorRef Manager { get; }

    /// <summary>The default settings of connections: <c>akka.mqtt.connection</c>.</summary>
    public MqttConnectionSettings Settings { get; }

    internal InMemoryNetwork Network { get; }

    /// <summary>The servers of the actor system.</summary>
    internal ServerAcceptors Acceptors { get; } = new();

    /// <summary>The reference configuration of this assembly.</summary>
    /// <returns>The configuration.</returns>
    public static Config DefaultConfig() => ConfigurationFactory.FromResource("akka.mqtt.reference.conf", typeof(MqttExt).Assembly)
        .WithFallback(ConfigurationFactory.FromResource("akka.mqtt.client.reference.conf", typeof(MqttExt).Assembly));

    /// <summary>
    /// The profile for many connections and high rates, <c>hocon/throughput.conf</c>. Put it between your configuration and the reference
    /// configuration: <c>config.WithFallback(MqttExt.ThroughputConfig())</c>.
    /// </summary>
    /// <returns>The configuration.</returns>
    public static Config ThroughputConfig() => ConfigurationFactory.FromResource("akka.mqtt.throughput.conf", typeof(MqttExt).Assembly);

    /// <summary>
    /// Throws when the dispatcher is not in the configuration. The actor of a connection could not be created, and its parent would fail.
    /// </summary>
    internal static void RequireDispatcher(ActorSystem system, MqttConnectionSettings settings)
    {
        if (settings.Dispatcher.Length > 0 && !system.Dispatchers.HasDispatcher(settings.Dispatcher))
            throw new ConfigurationException($"dispatcher = {settings.Dispatcher} is not in the configuration of the actor system.");
    }

    /// <summary>The runtime of an actor system, which is started at the first call.</summary>
    /// <param name="system">The actor system.</param>
    /// <returns>The runtime.</returns>
    public static MqttExt Get(ActorSystem system) => system.WithExtension<MqttExt, MqttExtProvider>();
}
