using System.Net;
using Microsoft.AspNetCore.Http;

namespace Akka.Mqtt.Dashboard.Security;

/// <summary>The properties of a request that decide whether it is allowed.</summary>
internal sealed record RequestFacts
{
    private static readonly string[] ProxyHeaders = ["Forwarded", "Via", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "X-Original-For"];

    /// <summary>Whether both ends of the connection are addresses of this machine.</summary>
    public bool IsLoopback { get; init; }

    /// <summary>Whether a header shows that a proxy forwards the request.</summary>
    public bool IsForwarded { get; init; }

    /// <summary>The header <c>Host</c>, with its port.</summary>
    public string Host { get; init; } = "";

    /// <summary>The header <c>Origin</c>, which browsers send with requests of scripts; null when it is missing.</summary>
    public string? Origin { get; init; }

    /// <summary>The header <c>Sec-Fetch-Site</c>, in which browsers name the kind of page that makes the request; null when it is missing.</summary>
    public string? FetchSite { get; init; }

    /// <summary>The header <c>Authorization</c>; null when it is missing.</summary>
    public string? Authorization { get; init; }

    /// <summary>Whether the request has the header that a page of another origin cannot send.</summary>
    public bool HasOwnHeader { get; init; }

    public static RequestFacts Of(HttpContext context)
    {
        var (connection, headers) = (context.Connection, context.Request.Headers);
        return new RequestFacts
        {
            IsLoopback = IsLoopbackAddress(connection.RemoteIpAddress) && IsLoopbackAddress(connection.LocalIpAddress),
            // Older versions of nginx add no header by default, but use HTTP/1.0, which browsers and curl do not. This does not detect every proxy: use tokens behind a proxy.
            IsForwarded = HttpProtocol.IsHttp10(context.Request.Protocol) || headers.Keys.Any(IsOfProxy),
            Host = context.Request.Host.Value ?? "",
            Origin = headers.Origin.Count == 0 ? null : headers.Origin.ToString(),
            FetchSite = headers["Sec-Fetch-Site"] is { Count: > 0 } site ? site.ToString() : null,
            Authorization = headers.Authorization.Count == 0 ? null : headers.Authorization.ToString(),
            HasOwnHeader = headers.ContainsKey(RequestGuard.OwnHeader),
        };
    }

    /// <summary>The middleware of ASP.NET adds X-Original-For when it has removed X-Forwarded-For.</summary>
    private static bool IsOfProxy(string header) => header.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
        || ProxyHeaders.Contains(header, StringComparer.OrdinalIgnoreCase);

    private static bool IsLoopbackAddress(IPAddress? address) => address is not null && IPAddress.IsLoopback(address);
}
