using System.Net;
using Akka.Mqtt.AspNetCore;
using Akka.Mqtt.Dashboard;
using Akka.Mqtt.Dashboard.Security;
using Akka.Mqtt.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Akka.Mqtt.Cli.Dashboard;

/// <summary>The dashboard of <c>akka-mqtt serve --http-port</c>: a Kestrel of its own. Without that option there is none.</summary>
internal sealed class ServeDashboard : IAsyncDisposable
{
    private const int MaxConnections = 256;

    private readonly WebApplication? _application;

    private ServeDashboard(WebApplication? application, string? address) => (_application, Address) = (application, address);

    /// <summary>Where the page is; null when there is none.</summary>
    public string? Address { get; }

    /// <summary>Checks the options, before anything starts.</summary>
    /// <param name="port">The port; null for no dashboard.</param>
    /// <param name="bind">The address; * for all interfaces.</param>
    /// <param name="tokens">The file with its users; null for none.</param>
    /// <returns>Who may use it; null for no dashboard.</returns>
    /// <exception cref="CommandFailure">An address that other machines reach has no tokens, or the file of tokens is wrong.</exception>
    public static MqttDashboardOptions? Check(int? port, string bind, string? tokens)
    {
        if (port is null)
            return null;
        var dashboard = new MqttDashboardOptions();
        foreach (var token in tokens is { } file ? TokenFile.Read(file) : [])
            dashboard.Tokens.Add(token);
        if (dashboard.Tokens.Count == 0 && !(IPAddress.TryParse(bind, out var address) && IPAddress.IsLoopback(address)))
            throw new CommandFailure($"--http-bind {bind} is an address that other machines reach: the dashboard needs --http-tokens there.");
        return dashboard;
    }

    /// <summary>Starts to answer; without options for the dashboard there is none.</summary>
    /// <param name="server">The server.</param>
    /// <param name="port">The port; null for no dashboard.</param>
    /// <param name="bind">The address; * for all interfaces.</param>
    /// <param name="dashboard">Who may use it; null for no dashboard.</param>
    /// <exception cref="MqttServerException">The port is taken.</exception>
    public static async Task<ServeDashboard> StartAsync(MqttServer server, int? port, string bind, MqttDashboardOptions? dashboard)
    {
        if (dashboard is null || port is not { } number)
            return new ServeDashboard(null, null);
        var builder = OwnKestrel.CreateBuilder();
        builder.Logging.AddProvider(new AuditToStandardError());
        builder.Logging.AddFilter(static (category, _) => category == AuditLog.Category);
        builder.Services.AddRoutingCore();
        builder.WebHost.KeepDescriptorReserve();
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Limits.MaxRequestBodySize = 1024 * 1024; // the API has limits below that
        });
        builder.ListenPlain(bind, number);
        var application = builder.Build();
        HealthPages.MapTo(application, () => server.Health);
        application.UseRouting();
        application.MapMqttDashboard("", server, dashboard);
        var address = await OwnKestrel.StartAsync(application, $"--http-port {number}:", bind).ConfigureAwait(false);
        return new ServeDashboard(application, $"{address}/");
    }

    public async ValueTask DisposeAsync()
    {
        if (_application is null)
            return;
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2)); // streams that are open end with the server; nobody waits long for the others
        await _application.StopAsync(soon.Token).ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
    }
}
