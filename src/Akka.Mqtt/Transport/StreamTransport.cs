using System.Net;

namespace Akka.Mqtt;

/// <summary>The transports that are streams: how to dial them and how to listen. Plain TCP is not one of them: it is Akka.IO's.</summary>
internal static class StreamTransport
{
    /// <summary>Whether an end point, with or without TLS, is plain TCP and so Akka.IO's.</summary>
    public static bool IsAkkaIo(EndPoint address, bool tls) => !tls && (address is IPEndPoint or DnsEndPoint);

    /// <summary>Opens a stream, handshakes included.</summary>
    /// <exception cref="TransportException">It failed; the message says why.</exception>
    public static Task<TransportLink> DialAsync(Mqtt.Connect connect, MqttConnectionSettings settings, InMemoryNetwork network, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Binds a listener.</summary>
    /// <exception cref="TransportException">It failed; the message says why.</exception>
    public static ITransportListener Bind(Mqtt.Bind bind, MqttConnectionSettings settings, InMemoryNetwork network) => throw new NotImplementedException();
}
