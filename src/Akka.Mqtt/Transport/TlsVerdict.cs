using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Akka.Mqtt.Transport;

/// <summary>Checks the peer's certificate in one handshake and stores the reason of a refusal. Used by that handshake only.</summary>
internal sealed class TlsVerdict(string? host)
{
    /// <summary>Why the certificate was refused; null when it was not.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Whether the server asked for a certificate that we do not have.</summary>
    public bool CertificateMissing { get; private set; }

    /// <summary>Notes that the server requested a certificate and none is configured.</summary>
    public X509Certificate? NoCertificate(X509Certificate? serverCertificate)
    {
        // It is also called once before the handshake, when the server's certificate is not known yet.
        CertificateMissing |= serverCertificate is not null;
        return null;
    }

    public bool OfServer(TlsClientSettings settings, object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (settings.DangerousAcceptAnyCertificate)
            return true;
        return Check("server", settings.CertificateValidation, sender, certificate, chain, errors);
    }

    public bool OfClient(TlsServerSettings settings, object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null && !settings.RequireClientCertificate)
            return true;
        return Check("client", settings.CertificateValidation, sender, certificate, chain, errors);
    }

    private bool Check(
        string peer, RemoteCertificateValidationCallback? hook, object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        var accepted = hook?.Invoke(sender, certificate, chain, errors) ?? errors == SslPolicyErrors.None;
        if (!accepted)
        {
            Refusal = errors == SslPolicyErrors.None
                ? $"The {peer}'s certificate '{certificate?.Subject}' was refused by CertificateValidation."
                : string.Join(" ", Reasons(peer, certificate as X509Certificate2, chain, errors));
        }

        return accepted;
    }

    private IEnumerable<string> Reasons(string peer, X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            yield return $"The {peer} presented no certificate.";
            yield break;
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            yield return $"The {peer}'s certificate is not for host '{host}' but for {Names(certificate)}.";
        if (!errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) || chain is null)
            yield break;
        var status = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);
        if (status.HasFlag(X509ChainStatusFlags.NotTimeValid))
            yield return Validity(peer, chain, certificate);
        if ((status & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0)
            yield return $"The {peer}'s certificate is not trusted: its issuer '{certificate.Issuer}' does not lead to a trusted authority.";
        if (status.HasFlag(X509ChainStatusFlags.Revoked))
            yield return $"The {peer}'s certificate is revoked.";
        const X509ChainStatusFlags Named = X509ChainStatusFlags.NotTimeValid | X509ChainStatusFlags.UntrustedRoot
            | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.Revoked;
        if ((status & ~Named) != 0)
            yield return $"The {peer}'s certificate chain is not valid: {status & ~Named}.";
    }

    private static string Validity(string peer, X509Chain chain, X509Certificate2 leaf)
    {
        var now = DateTime.Now;
        var culprit = chain.ChainElements.Select(e => e.Certificate).FirstOrDefault(c => now < c.NotBefore || now > c.NotAfter) ?? leaf;
        var whose = culprit.Thumbprint == leaf.Thumbprint ? "certificate" : $"certificate authority '{culprit.Subject}'";
        return now > culprit.NotAfter
            ? string.Create(CultureInfo.InvariantCulture, $"The {peer}'s {whose} expired on {culprit.NotAfter.ToUniversalTime():u}.")
            : string.Create(CultureInfo.InvariantCulture, $"The {peer}'s {whose} is not valid before {culprit.NotBefore.ToUniversalTime():u}.");
    }

    private static string Names(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(e => e.EnumerateDnsNames().Concat(e.EnumerateIPAddresses().Select(a => a.ToString())))
            .ToList();
        return names.Count > 0 ? string.Join(", ", names) : $"'{certificate.Subject}'";
    }
}
