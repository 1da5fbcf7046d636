using System.Net.Security;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Akka.Mqtt.Cli;

/// <summary>Converts the TLS settings of a listener to those of Kestrel.</summary>
internal static class WebSocketTls
{
    public static HttpsConnectionAdapterOptions Of(TlsServerSettings settings)
    {
        var options = new HttpsConnectionAdapterOptions
        {
            ServerCertificate = settings.Certificate,
            ServerCertificateChain = settings.Intermediates,
            SslProtocols = settings.EnabledProtocols,
            CheckCertificateRevocation = settings.CheckRevocation,
        };
        if (settings.CertificateSelector is { } selector)
            options.ServerCertificateSelector = (_, name) => selector(name);
        if (settings.ClientAuthorities is { } authorities)
        {
            options.ClientCertificateMode =
                settings.RequireClientCertificate ? ClientCertificateMode.RequireCertificate : ClientCertificateMode.AllowCertificate;
            options.ClientCertificateValidation = (certificate, chain, _) =>
            {
                chain!.ChainPolicy.TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust;
                chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
                var errors = chain.Build(certificate) ? SslPolicyErrors.None : SslPolicyErrors.RemoteCertificateChainErrors;
                return settings.CertificateValidation?.Invoke(settings, certificate, chain, errors) ?? errors == SslPolicyErrors.None;
            };
        }
        return options;
    }
}
