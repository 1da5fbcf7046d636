using Akka.Mqtt.Hosting.Health;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Akka.Mqtt.Hosting;

/// <summary>Health checks of the MQTT server of a host.</summary>
public static class MqttHealthCheckExtensions
{
    /// <summary>The tag of the check that fails when the process should be restarted.</summary>
    public const string LiveTag = "live";

    /// <summary>The tag of the check that fails while the server should receive no clients.</summary>
    public const string ReadyTag = "ready";

    /// <summary>
    /// Adds two checks. <c>mqtt-live</c>, tag <see cref="LiveTag"/>, is unhealthy when the actor system has terminated. <c>mqtt-ready</c>,
    /// tag <see cref="ReadyTag"/>, is unhealthy before the server has started, while it stops (its description is then <c>draining</c>)
    /// and afterwards. It is degraded while the server refuses clients because memory is short.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <returns>The same builder.</returns>
    public static IHealthChecksBuilder AddMqttServer(this IHealthChecksBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder
            .Add(new HealthCheckRegistration("mqtt-live", provider => new LiveCheck(provider), null, [LiveTag]))
            .Add(new HealthCheckRegistration("mqtt-ready", provider => new ReadyCheck(provider), null, [ReadyTag]));
    }
}
