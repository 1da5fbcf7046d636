#region doc:hosting
using Akka.Mqtt.AspNetCore;
using Akka.Mqtt.Dashboard;
using Akka.Mqtt.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace HostedServer;

/// <summary>A web application with an MQTT server: over TCP, and over WebSocket at the path <c>/mqtt</c>; the page to watch it is at <c>/dashboard</c>. Settings are in appsettings.json.</summary>
public static class Application
{
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddMqtt("site", mqtt => mqtt.WithMqttServer(builder.Configuration.GetSection("Mqtt:Server")));
        builder.Services.AddHealthChecks().AddMqttServer();

        var application = builder.Build();
        application.MapMqtt("/mqtt", listener: "web"); // with the rules of the listener "web"
        application.MapMqttDashboard("/dashboard", builder.Configuration.GetSection("Mqtt:Dashboard").Get<MqttDashboardOptions>());
        application.MapHealthChecks("/healthz/live", new HealthCheckOptions { Predicate = check => check.Tags.Contains(MqttHealthCheckExtensions.LiveTag) });
        application.MapHealthChecks("/healthz/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(MqttHealthCheckExtensions.ReadyTag) });
        return application;
    }
}
#endregion
