using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Akka.Mqtt.Transport;

/// <summary>Adds TLS to an open link. A failure closes the link and reports which check failed.</summary>
internal static class TlsUpgrade
{
    public static async Task<StreamLink> AsClientAsync(StreamLink link, TlsClientSettings settings, EndPoint dialled, CancellationToken cancellationToken)
    {
        var host = settings.TargetHost ?? HostOf(dialled);
        var verdict = new TlsVerdict(host);
        var tls = new SslStream(link.Stream, leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsClientAsync(ClientOptions(settings, host, verdict), cancellationToken).ConfigureAwait(false);
            return Upgraded(link, tls, SilentEnd(settings, verdict));
        }
        catch (Exception e)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            if (e is OperationCanceledException)
                throw;
            throw ClientFailure(EndPoints.Show(dialled), settings, verdict, e);
        }
    }

    public static async Task<StreamLink> AsServerAsync(
        StreamLink link, TlsServerSettings settings, TlsServerContexts contexts, CancellationToken cancellationToken)
    {
        var verdict = new TlsVerdict(null);
        var tls = new SslStream(link.Stream, leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsServerAsync(
                (_, hello, _, _) => new ValueTask<SslServerAuthenticationOptions>(ServerOptions(settings, contexts.For(hello.ServerName), verdict)),
                null,
                cancellationToken).ConfigureAwait(false);
            return Upgraded(link, tls, null);
        }
        catch (Exception e)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            if (e is OperationCanceledException)
                throw;
            var reason = verdict.Refusal ?? Describe(e);
            throw new TransportException(CommandFailure.TlsFailed, $"TLS with client {EndPoints.Show(link.Info.RemoteAddress)} failed: {reason}", e)
            {
                Client = link.Info.RemoteAddress,
            };
        }
    }

    /// <summary>The options of a TLS client, including the check of the server's certificate.</summary>
    public static SslClientAuthenticationOptions ClientOptions(TlsClientSettings settings, string host, TlsVerdict verdict) => new()
    {
        TargetHost = host,
        EnabledSslProtocols = settings.EnabledProtocols,
        ApplicationProtocols = settings.ApplicationProtocols is { Count: > 0 } protocols ? [.. protocols] : null,
        ClientCertificates = settings.ClientCertificates is { Count: > 0 } certificates ? certificates : null,
        ClientCertificateContext = ContextOf(settings),
        LocalCertificateSelectionCallback = settings.ClientCertificates is { Count: > 0 } ? null : (_, _, _, server, _) => verdict.NoCertificate(server)!,
        CertificateRevocationCheckMode = Revocation(settings.CheckRevocation),
        CertificateChainPolicy = settings.TrustedAuthorities is null ? null : Policy(settings.TrustedAuthorities, settings.CheckRevocation),
        RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
            verdict.OfServer(settings, sender, certificate, chain, errors),
    };

    /// <summary>The exception for a failed handshake of a client, with the check that failed.</summary>
    public static TransportException ClientFailure(string server, TlsClientSettings settings, TlsVerdict verdict, Exception e)
    {
        var reason = verdict.Refusal ?? Describe(e);
        if (verdict.Refusal is null && settings.ClientCertificates is not { Count: > 0 } && e is not TransportException && IsAlert(reason))
            reason += " It may require a client certificate, and none is configured.";
        return new TransportException(CommandFailure.TlsFailed, $"TLS with {server} failed: {reason}", e);
    }

    /// <summary>The explanation for a server that refuses a client certificate by closing the connection.</summary>
    private static string? SilentEnd(TlsClientSettings settings, TlsVerdict verdict)
    {
        if (verdict.CertificateMissing)
            return "The server closed the connection without a reason. It asked for a client certificate, and none is configured.";
        return settings.ClientCertificates is { Count: > 0 }
            ? "The server closed the connection without a reason. It may have refused the client certificate."
            : null;
    }

    /// <summary>The host name that the certificate must contain.</summary>
    public static string HostOf(EndPoint dialled) => dialled switch
    {
        DnsEndPoint name => name.Host,
        IPEndPoint ip => ip.Address.ToString(),
        UriEndPoint uri => uri.Uri.IdnHost,
        _ => "localhost",
    };

    private static SslServerAuthenticationOptions ServerOptions(TlsServerSettings settings, SslStreamCertificateContext context, TlsVerdict verdict) => new()
    {
        ServerCertificateContext = context,
        EnabledSslProtocols = settings.EnabledProtocols,
        ApplicationProtocols = settings.ApplicationProtocols is { Count: > 0 } protocols ? [.. protocols] : null,
        ClientCertificateRequired = settings.AsksForClientCertificate,
        CertificateRevocationCheckMode = Revocation(settings.CheckRevocation),
        CertificateChainPolicy = settings.ClientAuthorities is null ? null : Policy(settings.ClientAuthorities, settings.CheckRevocation),
        RemoteCertificateValidationCallback = settings.AsksForClientCertificate
            ? (sender, certificate, chain, errors) => verdict.OfClient(settings, sender, certificate, chain, errors)
            : null,
    };

    /// <summary>A client certificate with its intermediate certificates, which are sent so that the server can build the chain.</summary>
    private static SslStreamCertificateContext? ContextOf(TlsClientSettings settings) =>
        settings.ClientCertificates is { Count: > 0 } certificates && certificates[0].HasPrivateKey
            ? SslStreamCertificateContext.Create(certificates[0], certificates, offline: true)
            : null;

    private static X509ChainPolicy Policy(X509Certificate2Collection authorities, bool checkRevocation)
    {
        // A new policy for each handshake, because building a chain changes it.
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = Revocation(checkRevocation),
            DisableCertificateDownloads = !checkRevocation,
        };
        policy.CustomTrustStore.AddRange(authorities);
        policy.ExtraStore.AddRange(authorities);
        return policy;
    }

    private static X509RevocationMode Revocation(bool check) => check ? X509RevocationMode.Online : X509RevocationMode.NoCheck;

    private static StreamLink Upgraded(StreamLink link, SslStream tls, string? silentEnd)
    {
        var peer = tls.RemoteCertificate switch
        {
            null => null,
            X509Certificate2 certificate => certificate,
            var other => new X509Certificate2(other),
        };
        var kind = link.Info.Kind == MqttTransport.Tcp ? MqttTransport.Tls : link.Info.Kind;
        return new StreamLink(tls, link.Info with { Kind = kind, PeerCertificate = peer }) { Control = new TlsControl(tls, link.Control).WithSilentEnd(silentEnd) };
    }

    private static string Describe(Exception e)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is SocketException or TransportException)
                return TransportErrors.Describe(inner);
        }

        var text = TransportErrors.Describe(e);
        if (IsAlert(text))
            return text;
        return e switch
        {
            IOException { InnerException: null } => "The peer closed the connection during the handshake.",
            AuthenticationException or IOException => $"The handshake failed: {text}",
            _ => text,
        };
    }

    private static bool IsAlert(string reason) => reason.StartsWith("The peer ended TLS", StringComparison.Ordinal);
}
