using Akka.Mqtt.Dashboard.Security;
using Akka.Mqtt.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Akka.Mqtt.Dashboard;

/// <summary>The dashboard as endpoints of a web application.</summary>
public static class MqttDashboardEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps a dashboard for the <see cref="MqttServer"/> of the services, which <c>AddMqtt</c> of Akka.Mqtt.Hosting registers. Until it has started, and after it has stopped,
    /// requests are answered with 503.
    /// </summary>
    /// <param name="endpoints">The endpoints of the application.</param>
    /// <param name="path">The path of the page, such as <c>/mqtt-dashboard</c>; the API is below it, with its description in <c>openapi.json</c>. Empty for the root.</param>
    /// <param name="options">
    /// Who may use it. With null only requests from this machine, without a proxy, are accepted, and they may do everything.
    /// </param>
    /// <returns>The endpoints, for further settings such as authorization.</returns>
    /// <exception cref="ArgumentException">A value of the options is missing or out of its range.</exception>
    public static IEndpointConventionBuilder MapMqttDashboard(this IEndpointRouteBuilder endpoints, string path, MqttDashboardOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var services = endpoints.ServiceProvider;
        return Map(endpoints, path, options, () =>
        {
            try
            {
                return services.GetService<MqttServer>();
            }
            catch (InvalidOperationException)
            {
                return null; // the host has not started it yet
            }
        }).Group;
    }

    /// <summary>Maps a dashboard for a server.</summary>
    /// <param name="endpoints">The endpoints of the application.</param>
    /// <param name="path">The path of the page, such as <c>/mqtt-dashboard</c>; the API is below it, with its description in <c>openapi.json</c>. Empty for the root.</param>
    /// <param name="server">The server.</param>
    /// <param name="options">
    /// Who may use it. With null only requests from this machine, without a proxy, are accepted, and they may do everything.
    /// </param>
    /// <returns>The endpoints, for further settings such as authorization.</returns>
    /// <exception cref="ArgumentException">A value of the options is missing or out of its range.</exception>
    public static IEndpointConventionBuilder MapMqttDashboard(
        this IEndpointRouteBuilder endpoints, string path, MqttServer server, MqttDashboardOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(server);
        return Map(endpoints, path, options, () => server).Group;
    }

    /// <summary>Maps a dashboard whose tokens the caller can change.</summary>
    internal static DashboardEndpoints MapReloadable(this IEndpointRouteBuilder endpoints, MqttServer server, MqttDashboardOptions options) =>
        Map(endpoints, "", options, () => server).Dashboard;

    private static (RouteGroupBuilder Group, DashboardEndpoints Dashboard) Map(IEndpointRouteBuilder endpoints, string path, MqttDashboardOptions? options, Func<MqttServer?> find)
    {
        ArgumentNullException.ThrowIfNull(path);
        var chosen = options ?? new MqttDashboardOptions();
        chosen.Validate();
        var audit = new AuditLog(endpoints.ServiceProvider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance);
        var group = endpoints.MapGroup(path);
        var dashboard = new DashboardEndpoints(find, chosen, audit);
        dashboard.Map(group, path);
        return (group, dashboard);
    }
}
