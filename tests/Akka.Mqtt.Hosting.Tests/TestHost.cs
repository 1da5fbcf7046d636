using Akka.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Akka.Mqtt.Hosting.Tests;

/// <summary>Hosts of tests: settings from a dictionary, ports from the system.</summary>
internal static class TestHost
{
    public const string AnyPort = "Mqtt:Server:Listeners:tcp:Port";

    /// <summary>A host with an MQTT server whose settings are <c>Mqtt:Server</c>.</summary>
    public static IHost Create(params (string Key, string Value)[] settings) =>
        Create((mqtt, configuration) => mqtt.WithMqttServer(configuration.GetSection("Mqtt:Server")), null, settings);

    public static IHost Create(
        Action<AkkaConfigurationBuilder, IConfiguration> configure, Action<ILoggingBuilder>? logging = null, params (string Key, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new(AnyPort, "0")]);
        builder.Configuration.AddInMemoryCollection(settings.Select(each => KeyValuePair.Create(each.Key, (string?)each.Value)));
        logging?.Invoke(builder.Logging);
        builder.Services.AddMqtt("test", mqtt => configure(mqtt, builder.Configuration));
        builder.Services.AddHealthChecks().AddMqttServer();
        return builder.Build();
    }
}
