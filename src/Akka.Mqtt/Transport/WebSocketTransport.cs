using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;

namespace Akka.Mqtt.Transport;

/// <summary>Dials WebSocket servers, with TLS for <c>wss</c>. Does not use the proxies of the system.</summary>
internal static class WebSocketTransport
{
    /// <summary>The sub-protocol of MQTT [MQTT-6.0.0-3].</summary>
    public const string SubProtocol = "mqtt";

    public static async Task<StreamLink> DialAsync(UriEndPoint address, Mqtt.Connect connect, CancellationToken cancellationToken)
    {
        var settings = connect.Tls ?? new TlsClientSettings();
        var verdict = new TlsVerdict(settings.TargetHost ?? TlsUpgrade.HostOf(address));
        Socket? socket = null;
        X509Certificate2? peer = null;
        var client = new ClientWebSocket();
        try
        {
            using var http = new SocketsHttpHandler();
            http.UseProxy = false;
            http.UseCookies = false;
            http.AllowAutoRedirect = false;
            http.ConnectCallback = async (context, token) =>
            {
                socket = await SocketDialer.ConnectAsync(Target(context.DnsEndPoint), connect.LocalAddress, connect.SocketOptions, token).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            };
            http.SslOptions = TlsUpgrade.ClientOptions(settings, settings.TargetHost ?? TlsUpgrade.HostOf(address), verdict);
            var judge = http.SslOptions.RemoteCertificateValidationCallback!;
            http.SslOptions.RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
            {
                peer = certificate is null ? null : X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
                return judge(sender, certificate, chain, errors);
            };
            // HTTP chooses its own ALPN protocol.
            http.SslOptions.ApplicationProtocols = null;

            client.Options.AddSubProtocol(SubProtocol);
            client.Options.KeepAliveInterval = TimeSpan.Zero;
            client.Options.CollectHttpResponseDetails = true;
            foreach (var (name, value) in address.Headers)
                client.Options.SetRequestHeader(name, value);
            using var invoker = new HttpMessageInvoker(http, disposeHandler: false);
            await client.ConnectAsync(address.Uri, invoker, cancellationToken).ConfigureAwait(false);
            if (client.SubProtocol != SubProtocol)
                throw Failed(address, "The server did not select the sub-protocol 'mqtt'.", null);

            var info = new TransportInfo(address.Uri.Scheme == Uri.UriSchemeWss ? MqttTransport.SecureWebSocket : MqttTransport.WebSocket)
            {
                LocalAddress = socket?.LocalEndPoint,
                RemoteAddress = socket?.RemoteEndPoint,
                PeerCertificate = peer,
            };
            return new StreamLink(new WebSocketStream(client, () => Reset(socket)), info);
        }
        catch (Exception e)
        {
            client.Dispose();
            socket?.Dispose();
            if (e is OperationCanceledException or TransportException || cancellationToken.IsCancellationRequested)
                throw;
            throw Explain(address, client, settings, verdict, e);
        }
    }

    private static TransportException Explain(UriEndPoint address, ClientWebSocket client, TlsClientSettings settings, TlsVerdict verdict, Exception e)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is TransportException named)
                return named;
            if (inner is System.Security.Authentication.AuthenticationException)
                return TlsUpgrade.ClientFailure(address.ToString(), settings, verdict, inner);
        }

        if (verdict.Refusal is not null)
            return TlsUpgrade.ClientFailure(address.ToString(), settings, verdict, e);
        if (e is WebSocketException { WebSocketErrorCode: WebSocketError.UnsupportedProtocol })
            return Failed(address, "The server selected another sub-protocol than 'mqtt'.", e);
        if (client.HttpStatusCode is not (0 or HttpStatusCode.SwitchingProtocols) and var status)
            return Failed(address, $"The server answered with HTTP status {(int)status}.", e);
        return Failed(address, TransportErrors.Describe(e), e);
    }

    private static void Reset(Socket? socket)
    {
        if (socket is not null)
            SocketControl.Reset(socket);
    }

    private static EndPoint Target(DnsEndPoint name) => IPAddress.TryParse(name.Host.Trim('[', ']'), out var ip) ? new IPEndPoint(ip, name.Port) : name;

    private static TransportException Failed(UriEndPoint address, string reason, Exception? e) =>
        new(CommandFailure.WebSocketFailed, $"Could not connect to {address}: {reason}", e);
}
