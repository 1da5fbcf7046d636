using Akka.Actor;
using Akka.Mqtt.Hosting.Hosted;
using Akka.Mqtt.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Akka.Mqtt.Hosting.Health;

/// <summary>Whether the actor system runs and the cluster has not removed its server.</summary>
internal sealed class LiveCheck(IServiceProvider services) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var system = services.GetRequiredService<ActorSystem>();
        return Task.FromResult(
            system.WhenTerminated.IsCompleted ? HealthCheckResult.Unhealthy("the actor system has terminated")
            : HostedMqtt.Get(system).Server?.Health is { State: MqttServerState.Removed } removed ? HealthCheckResult.Unhealthy(removed.Detail)
            : HealthCheckResult.Healthy());
    }
}
