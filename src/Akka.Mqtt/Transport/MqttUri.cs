using System.Net;
using System.Net.Sockets;

namespace Akka.Mqtt.Transport;

/// <summary>Reads the URIs that <see cref="Mqtt.Connect"/> accepts.</summary>
internal static class MqttUri
{
    public static (EndPoint Address, bool Secure) Parse(Uri uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (!uri.IsAbsoluteUri)
            throw new ArgumentException($"'{uri}' is not an absolute URI.", nameof(uri));
        return uri.Scheme switch
        {
            "mqtt" or "tcp" => (Host(uri, 1883), false),
            "mqtts" or "ssl" or "tls" => (Host(uri, 8883), true),
            "ws" => (new UriEndPoint(uri), false),
            "wss" => (new UriEndPoint(uri), true),
            "unix" when uri.Host is "" or "localhost" => (new UnixDomainSocketEndPoint(Path(uri)), false),
            "unix" => throw new ArgumentException("A unix URI has three slashes: unix:///path/to/socket.", nameof(uri)),
            "pipe" => (new NamedPipeEndPoint(Path(uri).TrimStart('/'), uri.Host is "" or "." ? "." : uri.Host), false),
            "memory" when uri.Host.Length > 0 => (new InMemoryEndPoint(uri.Host), false),
            _ => throw new ArgumentException(
                $"'{uri.Scheme}' is not a scheme that can be dialled: mqtt, mqtts, ws, wss, unix, pipe or memory.", nameof(uri)),
        };
    }

    /// <summary>
    /// The path with its escapes decoded: <c>unix:///a%20dir/x</c> names <c>/a dir/x</c>. A query or fragment is refused.
    /// </summary>
    private static string Path(Uri uri)
    {
        if (uri.Query.Length > 0 || uri.Fragment.Length > 0)
            throw new ArgumentException($"A {uri.Scheme} URI has no query and no fragment: write '?' as %3F and '#' as %23 where they belong to the name.", nameof(uri));
        return Uri.UnescapeDataString(uri.AbsolutePath);
    }

    private static EndPoint Host(Uri uri, int defaultPort)
    {
        var port = uri.Port < 0 ? defaultPort : uri.Port;
        if (uri.HostNameType == UriHostNameType.IPv6)
            return new IPEndPoint(IPv6(uri), port);
        return IPAddress.TryParse(uri.Host, out var address) ? new IPEndPoint(address, port) : new DnsEndPoint(uri.IdnHost, port);
    }

    /// <summary>
    /// The address with its scope, which only the original text contains: <c>[fe80::1%252]</c> (RFC 6874), or <c>%2</c>, or <c>%eth0</c>.
    /// </summary>
    private static IPAddress IPv6(Uri uri)
    {
        var text = uri.OriginalString;
        var (open, close) = (text.IndexOf('[', StringComparison.Ordinal), text.IndexOf(']', StringComparison.Ordinal));
        var host = open >= 0 && close > open ? text[(open + 1)..close] : uri.DnsSafeHost;
        var percent = host.IndexOf('%', StringComparison.Ordinal);
        if (percent >= 0)
        {
            var scope = host[(percent + 1)..];
            if (scope.StartsWith("25", StringComparison.Ordinal) && scope.Length > 2)
                scope = scope[2..];
            host = $"{host[..percent]}%{scope}";
        }

        return IPAddress.TryParse(host, out var address)
            ? address
            : throw new ArgumentException($"'{host}' is not an IPv6 address with a scope of this machine.", nameof(uri));
    }
}
