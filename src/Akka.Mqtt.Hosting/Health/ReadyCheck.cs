using Akka.Actor;
using Akka.Mqtt.Hosting.Hosted;
using Akka.Mqtt.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Akka.Mqtt.Hosting.Health;

/// <summary>Whether the server should receive clients.</summary>
internal sealed class ReadyCheck(IServiceProvider services) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var hosted = HostedMqtt.Get(services.GetRequiredService<ActorSystem>());
        var result = hosted.Server is not { } server ? HealthCheckResult.Unhealthy("the server has not started") : ResultOf(server.Health, hosted.IsStopping);
        return Task.FromResult(result);
    }

    private static HealthCheckResult ResultOf(MqttServerHealth health, bool isStopping) =>
        health.State != MqttServerState.Stopped && isStopping ? HealthCheckResult.Unhealthy("draining")
        : !health.IsReady ? HealthCheckResult.Unhealthy(health.Detail)
        : health.IsDegraded ? HealthCheckResult.Degraded(health.Detail)
        : HealthCheckResult.Healthy();
}
