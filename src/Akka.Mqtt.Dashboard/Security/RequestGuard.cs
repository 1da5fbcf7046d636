using System.Net;

namespace Akka.Mqtt.Dashboard.Security;

/// <summary>
/// Decides which requests are allowed. No cookies: a token comes in the header <c>Authorization</c>, which no page of another origin can send. Where there are no tokens, a
/// request has to come from this machine, to a name of this machine (so that no name of a stranger that resolves to 127.0.0.1 helps a page), and an action has to have a
/// header of its own. Plain code, without IO; thread safe.
/// </summary>
internal sealed class RequestGuard(TokenTable tokens)
{
    /// <summary>Actions have it where there are no tokens. A browser sends it for a page of another origin only if this server agrees, and it never does.</summary>
    public const string OwnHeader = "X-Akka-Mqtt";

    private const string Scheme = "Bearer ";
    private const int MaxToken = 512;

    private volatile TokenTable _tokens = tokens;

    /// <summary>Who may use the dashboard now: another object after each change.</summary>
    public TokenTable Tokens => _tokens;

    /// <summary>Changes who may use the dashboard. One that has tokens never becomes one without: then everybody on this machine could do everything.</summary>
    /// <exception cref="ArgumentException">There are no tokens.</exception>
    public void Replace(TokenTable table)
    {
        if (table.IsEmpty || _tokens.IsEmpty)
            throw new ArgumentException("A dashboard has tokens from its start to its end, or none.");
        _tokens = table;
    }

    /// <summary>Whether the page itself may be shown: it has no data, so it needs no token.</summary>
    public Verdict CheckPage(RequestFacts request) => _tokens.IsEmpty ? CheckLocal(request) : new Verdict(200, "", null);

    /// <summary>Whether a request of the API is allowed.</summary>
    /// <param name="request">The request.</param>
    /// <param name="needed">The role that it needs.</param>
    /// <param name="isAction">Whether it changes something.</param>
    public Verdict Check(RequestFacts request, MqttDashboardRole needed, bool isAction)
    {
        if (request.FetchSite is not (null or "same-origin" or "none") || !IsOwnOrigin(request))
            return new Verdict(403, "A page of another site must not use this API.", null);
        var table = _tokens;
        var verdict = table.IsEmpty ? CheckLocal(request) : CheckToken(table, request.Authorization);
        if (verdict.User is not { } user)
            return verdict;
        if (user.Role < needed)
            return new Verdict(403, $"This needs the role {needed}.", null);
        return table.IsEmpty && isAction && !request.HasOwnHeader
            ? new Verdict(403, $"An action needs the header {OwnHeader}, with any value.", null)
            : verdict;
    }

    private static Verdict CheckLocal(RequestFacts request)
    {
        if (!request.IsLoopback || request.IsForwarded)
            return new Verdict(403, "The dashboard has no tokens: it answers only requests from its own machine, and none of a proxy.", null);
        return IsLocalName(request.Host)
            ? new Verdict(200, "", DashboardUser.Local)
            : new Verdict(403, "The dashboard has no tokens: ask for it as localhost, 127.0.0.1 or [::1].", null);
    }

    private static Verdict CheckToken(TokenTable table, string? authorization)
    {
        if (authorization is null)
            return new Verdict(401, "Send a token: Authorization: Bearer TOKEN.", null);
        return authorization.Length <= MaxToken && authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && table.Find(authorization[Scheme.Length..].Trim()) is { } user
            ? new Verdict(200, "", user)
            : new Verdict(401, "The token is wrong.", null);
    }

    /// <summary>Browsers name the origin of the page: it has to be this server.</summary>
    private static bool IsOwnOrigin(RequestFacts request) => request.Origin is null
        || (Uri.TryCreate(request.Origin, UriKind.Absolute, out var origin) && string.Equals(origin.Authority, Plain(request.Host), StringComparison.OrdinalIgnoreCase));

    /// <summary>An origin leaves the usual port of its scheme out, and so does <see cref="Uri.Authority"/>.</summary>
    private static string Plain(string host) => host.EndsWith(":80", StringComparison.Ordinal) ? host[..^3] : host.EndsWith(":443", StringComparison.Ordinal) ? host[..^4] : host;

    private static bool IsLocalName(string host)
    {
        if (!Uri.TryCreate($"http://{host}/", UriKind.Absolute, out var url) || url.UserInfo.Length > 0)
            return false;
        return url.IdnHost.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
    }
}
