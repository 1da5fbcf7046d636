using Akka.Actor;
using Akka.Configuration;

namespace Akka.Mqtt;

/// <summary>
/// The one place where tests get the configuration of an actor system. With <c>AKKA_MQTT_SERIALIZE=on</c> in the environment, Akka serializes every
/// message and every Props that is not marked as staying in the process: what a test passes with then works between nodes too.
/// </summary>
internal static class TestSystem
{
    public const string Variable = "AKKA_MQTT_SERIALIZE";

    /// <summary>What the switch turns on.</summary>
    public static readonly Config Serializing = ConfigurationFactory.ParseString("akka.actor { serialize-messages = on, serialize-creators = on }");

    /// <summary>Whether messages are copied on their way: then one that arrives is equal to the one that was told, and not the same.</summary>
#if SERIALIZED
    public static bool Serializes => true;
#else
    public static bool Serializes => Environment.GetEnvironmentVariable(Variable) == "on";
#endif

    // How long a test waits for what must come. Only a test that fails waits so long; the 3 s of Akka.TestKit are too few on a busy machine.
    private static readonly Config Patience = ConfigurationFactory.ParseString("akka.test { single-expect-default = 15s, default-timeout = 15s }");

    /// <summary>The configuration of a test, with what the switch adds.</summary>
    public static Config Configured(Config config)
    {
        var patient = config.WithFallback(Patience);
        return Serializes ? Serializing.WithFallback(patient) : patient;
    }

    /// <summary>The same for a system with Akka.Remote, which makes no connection with <c>serialize-creators</c> (1.5.74): messages only.</summary>
    public static Config ConfiguredWithRemoting(Config config) =>
        Serializes ? ConfigurationFactory.ParseString("akka.actor.serialize-creators = off").WithFallback(Configured(config)) : config;

    public static Config Configured(string config = "") => Configured(ConfigurationFactory.ParseString(config));

    public static ActorSystem Create(string name, Config config) => ActorSystem.Create(name, Configured(config));

    public static ActorSystem Create(string name, string config = "") => ActorSystem.Create(name, Configured(config));
}
