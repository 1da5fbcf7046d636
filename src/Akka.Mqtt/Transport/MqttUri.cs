using System.Net;
using System.Net.Sockets;

namespace Akka.Mqtt.Transport;

/// <summary>Reads the URIs that <see cref="Mqtt.Connect"/> takes.</summary>
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
            "unix" => (new UnixDomainSocketEndPoint(uri.AbsolutePath), false),
            "pipe" => (new NamedPipeEndPoint(uri.AbsolutePath.TrimStart('/'), uri.Host is "" or "." ? "." : uri.Host), false),
            _ => throw new ArgumentException(
                $"'{uri.Scheme}' is not a scheme that can be dialled: mqtt, mqtts, ws, wss, unix or pipe.", nameof(uri)),
        };
    }

    private static EndPoint Host(Uri uri, int defaultPort)
    {
        var port = uri.Port < 0 ? defaultPort : uri.Port;
        return IPAddress.TryParse(uri.Host, out var address) ? new IPEndPoint(address, port) : new DnsEndPoint(uri.IdnHost, port);
    }
}
