using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;

namespace Akka.Mqtt.Transport;

/// <summary>
/// The certificate contexts of one listener, one per certificate: building the chain is expensive, and a context contains the session
/// tickets. A context is removed with its certificate. Thread safe.
/// </summary>
internal sealed class TlsServerContexts(TlsServerSettings settings)
{
    private readonly ConditionalWeakTable<X509Certificate2, SslStreamCertificateContext> _contexts = [];

    /// <summary>The context of the certificate for a server name.</summary>
    public SslStreamCertificateContext For(string? serverName)
    {
        var certificate = (settings.CertificateSelector is { } select ? select(serverName) : settings.Certificate)
            ?? throw new TransportException(CommandFailure.TlsFailed, $"There is no certificate for the server name '{serverName}'.");
        return _contexts.GetValue(certificate, c => SslStreamCertificateContext.Create(c, settings.Intermediates, offline: true));
    }
}
