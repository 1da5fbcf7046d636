using Akka.Actor;
using Akka.Mqtt.Hosting.Hosted;
using Akka.Mqtt.Server.Limits;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Akka.Mqtt.Hosting.Health;

/// <summary>Whether clients may be sent to the server.</summary>
internal sealed class ReadyCheck(IServiceProvider services) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var hosted = HostedMqtt.Get(services.GetRequiredService<ActorSystem>());
        var result = hosted.Server is not { } server ? HealthCheckResult.Unhealthy("the server has not started")
            : server.Context.Stopped.IsCancellationRequested ? HealthCheckResult.Unhealthy("the server has stopped")
            : hosted.IsStopping ? HealthCheckResult.Unhealthy("draining")
            : server.Context.Watermark.Level >= LoadLevel.RefuseConnects ? HealthCheckResult.Degraded("the server refuses clients: memory runs short")
            : HealthCheckResult.Healthy();
        return Task.FromResult(result);
    }
}
