using Akka.Mqtt.Dashboard;
using Akka.Mqtt.Dashboard.Security;
using Akka.Mqtt.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Akka.Mqtt.Cli.Dashboard;

/// <summary>The dashboard of <c>akka-mqtt serve --http-port</c>: a separate Kestrel server. Without that option it does not run.</summary>
internal sealed class ServeDashboard : IAsyncDisposable
{
    private static readonly HttpLimits Limits = new(Connections: 256, ConnectionsOfAddress: 64, Body: 1024 * 1024); // the API has a limit of bodies below that

    private readonly WebApplication? _application;
    private readonly DashboardEndpoints? _dashboard;
    private readonly DashboardPlan? _plan;

    private ServeDashboard(WebApplication? application, DashboardEndpoints? dashboard, DashboardPlan? plan, string? address) =>
        (_application, _dashboard, _plan, Address) = (application, dashboard, plan, address);

    /// <summary>The URL of the page; null without one.</summary>
    public string? Address { get; }

    /// <summary>Starts the dashboard, if there is a plan for it.</summary>
    /// <param name="server">The server.</param>
    /// <param name="plan">The checked options; null for no dashboard.</param>
    /// <exception cref="MqttServerException">The port is taken.</exception>
    public static async Task<ServeDashboard> StartAsync(MqttServer server, DashboardPlan? plan)
    {
        if (plan is null)
            return new ServeDashboard(null, null, null, null);
        var builder = OwnKestrel.CreateBuilder();
        builder.Logging.AddProvider(new AuditToStandardError());
        builder.Logging.AddFilter(static (category, _) => category == AuditLog.Category);
        builder.Services.AddRoutingCore();
        if (plan.Tls is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        builder.ListenHttp(plan.Bind, plan.Port, Limits, endpoint =>
        {
            if (plan.Tls is { } tls)
                endpoint.UseHttps(tls.ForKestrel());
        });
        var application = builder.Build();
        HealthPages.MapTo(application, () => server.Health);
        application.UseRouting();
        var dashboard = application.MapReloadable(server, plan.Users);
        var address = await OwnKestrel.StartAsync(application, $"--http-port {plan.Port}:", plan.Bind).ConfigureAwait(false);
        return new ServeDashboard(application, dashboard, plan, $"{address}/");
    }

    /// <summary>Reads the files of users and of the certificate again; a file with errors changes nothing.</summary>
    /// <returns>The files that were read; null for none.</returns>
    /// <exception cref="CommandFailure">A file has errors.</exception>
    public string? Reload()
    {
        if (_plan is not { } plan || plan is { TokenFile: null, Tls: null })
            return null;
        var tokens = plan.TokenFile is { } file ? TokenFile.Read(file) : null;
        plan.Tls?.Reload();
        if (tokens is not null)
            _dashboard!.Replace(tokens);
        return (tokens, plan.Tls) switch
        {
            (not null, null) => "users of the dashboard have",
            (null, not null) => "the certificate of the dashboard has",
            _ => "users and certificate of the dashboard have",
        };
    }

    public async ValueTask DisposeAsync()
    {
        if (_application is null)
            return;
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2)); // open streams end with the server; other requests have little time left
        await _application.StopAsync(soon.Token).ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
    }
}
