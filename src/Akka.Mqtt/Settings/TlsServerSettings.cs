using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt;

/// <summary>TLS settings of the server side. <see cref="Certificate"/> or <see cref="CertificateSelector"/> is required.</summary>
public sealed record TlsServerSettings
{
    /// <summary>
    /// The certificate with its private key. Use <see cref="CertificateSelector"/> when it changes at run time. Default: null.
    /// </summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>
    /// Called at each handshake with the requested server name or null. So certificates can change without a restart, and one listener can
    /// serve many names. Takes precedence over <see cref="Certificate"/>. Return the same object as long as the certificate is the same:
    /// its chain and session tickets are cached with it. Called on any thread. Default: null.
    /// </summary>
    public Func<string?, X509Certificate2>? CertificateSelector { get; init; }

    /// <summary>
    /// Certificates between ours and its authority, which are sent to clients. Default: null: matching ones of the system.
    /// </summary>
    public X509Certificate2Collection? Intermediates { get; init; }

    /// <summary>The only authorities to trust for client certificates; null trusts those of the system. Default: null.</summary>
    public X509Certificate2Collection? ClientAuthorities { get; init; }

    /// <summary>Whether a client without a valid certificate is refused. Default: false.</summary>
    public bool RequireClientCertificate { get; init; }

    /// <summary>
    /// Whether a client certificate is requested but not required; if a client sends one, it must be valid. Default: false.
    /// </summary>
    public bool AllowClientCertificate { get; init; }

    /// <summary>Whether to check online if a client's certificate is revoked. Default: false.</summary>
    public bool CheckRevocation { get; init; }

    /// <summary>TLS versions; <see cref="SslProtocols.None"/> lets the system choose. Default: None.</summary>
    public SslProtocols EnabledProtocols { get; init; } = SslProtocols.None;

    /// <summary>ALPN protocols to accept, for example <c>mqtt</c>; a client that offers only others is refused. Default: null, any.</summary>
    public IReadOnlyList<SslApplicationProtocol>? ApplicationProtocols { get; init; }

    /// <summary>Decides on a client's certificate instead of the usual checks, whose results it receives. Default: null.</summary>
    public RemoteCertificateValidationCallback? CertificateValidation { get; init; }

    internal bool AsksForClientCertificate => RequireClientCertificate || AllowClientCertificate;

    /// <summary>
    /// Creates settings from PEM files, which are read once; <see cref="FromWatchedPemFiles"/> reads them again when they change.
    /// </summary>
    /// <param name="certificateFile">The certificate, followed by intermediate certificates.</param>
    /// <param name="keyFile">Its private key; null when it is in the certificate file.</param>
    /// <param name="clientAuthorityFile">Authorities of client certificates, which are then required; null to request none.</param>
    /// <param name="keyPassword">The password of an encrypted key; null when it is not encrypted.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="ArgumentException">A file cannot be read, or has other content; the message names it.</exception>
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
    /// Like <see cref="FromPemFiles"/>, but handshakes check the certificate file, at most once a second, and read it again when it or the
    /// key has changed, without a restart and without closing connections. While the new files do not match each other, the old
    /// certificate stays in use.
    /// </summary>
    /// <param name="certificateFile">The certificate, followed by intermediate certificates.</param>
    /// <param name="keyFile">Its private key; null when it is in the certificate file.</param>
    /// <param name="clientAuthorityFile">
    /// Authorities of client certificates, which are then required; null to request none. Read once.
    /// </param>
    /// <param name="keyPassword">The password of an encrypted key; null when it is not encrypted.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="ArgumentException">A file cannot be read, or has other content; the message names it.</exception>
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
