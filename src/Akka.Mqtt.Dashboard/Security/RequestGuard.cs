using System.Net;

namespace Akka.Mqtt.Dashboard.Security;

/// <summary>
/// Decides which requests are allowed. It uses no cookies: a token is in the header <c>Authorization</c>, which no page of another origin can send. Without
/// tokens, a request must be sent from this machine, to a name of this machine (so that a page cannot use a foreign name that resolves to 127.0.0.1), and an
/// action must have a special header. No IO; thread safe.
/// </summary>
internal sealed class RequestGuard(TokenTable tokens)
{
    /// <summary>The header that actions need without tokens. A browser sends it for a page of another origin only with the consent of this server, which never gives it.</summary>
    public const string OwnHeader = "X-Akka-Mqtt";

    private const string Scheme = "Bearer ";
    private const int MaxToken = 512;

    private volatile TokenTable _tokens = tokens;

    /// <summary>The present users of the dashboard; a new object after each change.</summary>
    public TokenTable Tokens => _tokens;

    /// <summary>Changes who may use the dashboard. The tokens can never all be removed, because then everybody on this machine could do everything.</summary>
    /// <exception cref="ArgumentException">There are no tokens.</exception>
    public void Replace(TokenTable table)
    {
        if (table.IsEmpty || _tokens.IsEmpty)
            throw new ArgumentException("A dashboard that was started with tokens cannot lose all of them.");
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
            return new Verdict(403, "The dashboard has no tokens: it accepts only requests from its own machine, and none through a proxy.", null);
        return IsLocalName(request.Host)
            ? new Verdict(200, "", DashboardUser.Local)
            : new Verdict(403, "The dashboard has no tokens: open it as localhost, 127.0.0.1 or [::1].", null);
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

    /// <summary>Browsers send the origin of the page, which must be this server.</summary>
    private static bool IsOwnOrigin(RequestFacts request) => request.Origin is null
        || (Uri.TryCreate(request.Origin, UriKind.Absolute, out var origin) && string.Equals(origin.Authority, Plain(request.Host), StringComparison.OrdinalIgnoreCase));

    /// <summary>An origin omits the default port of its scheme, like <see cref="Uri.Authority"/>.</summary>
    private static string Plain(string host) => host.EndsWith(":80", StringComparison.Ordinal) ? host[..^3] : host.EndsWith(":443", StringComparison.Ordinal) ? host[..^4] : host;

    private static bool IsLocalName(string host)
    {
        if (!Uri.TryCreate($"http://{host}/", UriKind.Absolute, out var url) || url.UserInfo.Length > 0)
            return false;
        return url.IdnHost.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
    }
}
