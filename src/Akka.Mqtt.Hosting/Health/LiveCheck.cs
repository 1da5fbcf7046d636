using Akka.Actor;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Akka.Mqtt.Hosting.Health;

/// <summary>Whether there is an actor system that runs.</summary>
internal sealed class LiveCheck(IServiceProvider services) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(services.GetRequiredService<ActorSystem>().WhenTerminated.IsCompleted
            ? HealthCheckResult.Unhealthy("the actor system has ended")
            : HealthCheckResult.Healthy());
}
