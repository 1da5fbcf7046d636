using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt;

/// <summary>TLS on the server side: <see cref="Certificate"/> or <see cref="CertificateSelector"/> is needed.</summary>
public sealed record TlsServerSettings
{
    /// <summary>The certificate with its private key. Choose <see cref="CertificateSelector"/> when it changes at run time. Default: null.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>
    /// Asked at each handshake, with the server name that the client wants or null, so that certificates change without a restart and one
    /// listener serves many names. Comes before <see cref="Certificate"/>. Return the same object while the certificate stays the same: its
    /// chain and session tickets are kept with it. Called on any thread. Default: null.
    /// </summary>
    public Func<string?, X509Certificate2>? CertificateSelector { get; init; }

    /// <summary>Certificates between ours and its authority, sent to clients. Default: null, those of the system that fit.</summary>
    public X509Certificate2Collection? Intermediates { get; init; }

    /// <summary>The only authorities to trust for client certificates; null trusts those of the system. Default: null.</summary>
    public X509Certificate2Collection? ClientAuthorities { get; init; }

    /// <summary>Whether a client without a valid certificate is refused. Default: false.</summary>
    public bool RequireClientCertificate { get; init; }

    /// <summary>Whether a client is asked for a certificate and may have none; one that it has must be valid. Default: false.</summary>
    public bool AllowClientCertificate { get; init; }

    /// <summary>Whether to ask online if a client's certificate is revoked. Default: false.</summary>
    public bool CheckRevocation { get; init; }

    /// <summary>TLS versions; <see cref="SslProtocols.None"/> lets the system choose. Default: None.</summary>
    public SslProtocols EnabledProtocols { get; init; } = SslProtocols.None;

    /// <summary>ALPN protocols to accept, for example <c>mqtt</c>; a client that offers only others is refused. Default: null, any.</summary>
    public IReadOnlyList<SslApplicationProtocol>? ApplicationProtocols { get; init; }

    /// <summary>Decides on a client's certificate instead of the usual checks, whose findings it gets. Default: null.</summary>
    public RemoteCertificateValidationCallback? CertificateValidation { get; init; }

    internal bool AsksForClientCertificate => RequireClientCertificate || AllowClientCertificate;

    /// <summary>Makes settings of PEM files, read once; <see cref="FromWatchedPemFiles"/> reads them again when they change.</summary>
    /// <param name="certificateFile">The certificate, intermediate certificates after it.</param>
    /// <param name="keyFile">Its private key; null when it is in the certificate file.</param>
    /// <param name="clientAuthorityFile">Authorities of client certificates, which are then required; null asks for none.</param>
    /// <param name="keyPassword">The password of an encrypted key; null when it is not encrypted.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="ArgumentException">A file cannot be read, or holds something else; the message names it.</exception>
    public static TlsServerSettings FromPemFiles(
        string certificateFile, string? keyFile = null, string? clientAuthorityFile = null, string? keyPassword = null)
    {
        var chain = PemFiles.CertificateChain(certificateFile, keyFile, keyPassword);
        return new TlsServerSettings
        {
            Certificate = chain[0],
            Intermediates = chain.Count > 1 ? [.. chain.Skip(1)] : null,
            ClientAuthorities = clientAuthorityFile is null ? null : PemFiles.Authorities(clientAuthorityFile),
            RequireClientCertificate = clientAuthorityFile is not null,
        };
    }

    /// <summary>
    /// The same, but the certificate file is checked at handshakes, at most once a second, and read again when it or the key has changed: no
    /// restart, no dropped connection. While the new files do not fit together the old certificate stays.
    /// </summary>
    /// <param name="certificateFile">The certificate, intermediate certificates after it.</param>
    /// <param name="keyFile">Its private key; null when it is in the certificate file.</param>
    /// <param name="clientAuthorityFile">Authorities of client certificates, which are then required; null asks for none. Read once.</param>
    /// <param name="keyPassword">The password of an encrypted key; null when it is not encrypted.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="ArgumentException">A file cannot be read, or holds something else; the message names it.</exception>
    public static TlsServerSettings FromWatchedPemFiles(
        string certificateFile, string? keyFile = null, string? clientAuthorityFile = null, string? keyPassword = null)
    {
        var settings = FromPemFiles(certificateFile, keyFile, clientAuthorityFile, keyPassword);
        var watched = new WatchedPemCertificate(settings.Certificate!, certificateFile, keyFile, keyPassword);
        return settings with { CertificateSelector = _ => watched.Current };
    }

    internal void Validate()
    {
        if (Certificate is null && CertificateSelector is null)
            throw new ArgumentException("TlsServerSettings needs a Certificate or a CertificateSelector.");
        if (CertificateSelector is null && !Certificate!.HasPrivateKey)
            throw new ArgumentException($"The certificate '{Certificate.Subject}' has no private key.");
    }
}
