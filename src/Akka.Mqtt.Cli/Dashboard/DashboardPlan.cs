using System.Net;
using Akka.Mqtt.Dashboard;

namespace Akka.Mqtt.Cli.Dashboard;

/// <summary>The checked dashboard options of <c>serve</c>.</summary>
/// <param name="Port">The port; with 0 the operating system picks one.</param>
/// <param name="Bind">The address; * for all interfaces.</param>
/// <param name="Users">Who may use it.</param>
/// <param name="TokenFile">The file of them; null for none.</param>
/// <param name="Tls">Its certificate; null for plain HTTP.</param>
internal sealed record DashboardPlan(int Port, string Bind, MqttDashboardOptions Users, string? TokenFile, DashboardTls? Tls)
{
    /// <summary>The notice at the start; null for none.</summary>
    public string? Notice => Tls is null && !IsLoopback(Bind)
        ? $"The dashboard at --http-bind {Bind} has no TLS: its tokens can be read on their way. Use --http-cert and --http-key, or a reverse proxy with TLS."
        : null;

    /// <summary>Checks the options, before anything starts.</summary>
    /// <param name="port">The port; null for no dashboard.</param>
    /// <param name="bind">The address; * for all interfaces.</param>
    /// <param name="tokens">The file with its users; null for none.</param>
    /// <param name="certificate">The file with its certificate; null for plain HTTP.</param>
    /// <param name="key">The file with the key of that; null for plain HTTP.</param>
    /// <returns>The plan; null for no dashboard.</returns>
    /// <exception cref="CommandFailure">An address that other machines reach has no tokens, or a file is wrong.</exception>
    public static DashboardPlan? Of(int? port, string bind, string? tokens, string? certificate, string? key)
    {
        if (port is not { } number)
            return null;
        var users = new MqttDashboardOptions();
        foreach (var token in tokens is { } file ? Dashboard.TokenFile.Read(file) : [])
            users.Tokens.Add(token);
        if (users.Tokens.Count == 0 && !IsLoopback(bind))
            throw new CommandFailure($"--http-bind {bind} is an address that other machines reach: the dashboard needs --http-tokens there.");
        return new DashboardPlan(number, bind, users, tokens, certificate is not null && key is not null ? new DashboardTls(certificate, key) : null);
    }

    private static bool IsLoopback(string bind) => IPAddress.TryParse(bind, out var address) && IPAddress.IsLoopback(address);
}
