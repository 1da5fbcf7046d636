using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Akka.Mqtt.Settings;

namespace Akka.Mqtt;

/// <summary>
/// TLS settings of the client side. By default a client trusts the system's authorities, expects the dialled host name, and uses the
/// system's protocols.
/// </summary>
public sealed record TlsClientSettings
{
    /// <summary>
    /// The host name that the server's certificate must contain, also sent as SNI; null for the dialled host. Default: null.
    /// </summary>
    public string? TargetHost { get; init; }

    /// <summary>
    /// The client certificate with its private key, followed by intermediate certificates, for servers that request one. Default: null.
    /// </summary>
    public X509Certificate2Collection? ClientCertificates { get; init; }

    /// <summary>The only authorities to trust; null trusts those of the system. Default: null.</summary>
    public X509Certificate2Collection? TrustedAuthorities { get; init; }

    /// <summary>Whether to check online if the server's certificate is revoked. Default: false.</summary>
    public bool CheckRevocation { get; init; }

    /// <summary>TLS versions; <see cref="SslProtocols.None"/> lets the system choose. Default: None.</summary>
    public SslProtocols EnabledProtocols { get; init; } = SslProtocols.None;

    /// <summary>
    /// ALPN protocols to offer, for example <c>mqtt</c>; not used by <c>wss</c>, where HTTP has its own. Default: null, none.
    /// </summary>
    public IReadOnlyList<SslApplicationProtocol>? ApplicationProtocols { get; init; }

    /// <summary>Decides on the server's certificate instead of the usual checks, whose results it receives. Default: null.</summary>
    public RemoteCertificateValidationCallback? CertificateValidation { get; init; }

    /// <summary>
    /// DANGEROUS: accepts any certificate, so that anyone on the way can read and change everything. For experiments only; to trust a test
    /// authority, use <see cref="TrustedAuthorities"/> instead. Default: false.
    /// </summary>
    public bool DangerousAcceptAnyCertificate { get; init; }

    /// <summary>Creates settings from PEM files.</summary>
    /// <param name="authorityFile">Authorities to trust; null trusts those of the system.</param>
    /// <param name="certificateFile">The client certificate, followed by intermediate certificates; null for none.</param>
    /// <param name="keyFile">Its private key; null when it is in the certificate file.</param>
    /// <param name="keyPassword">The password of an encrypted key; null when it is not encrypted.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="ArgumentException">A file cannot be read, or has other content; the message names it.</exception>
    public static TlsClientSettings FromPemFiles(
        string? authorityFile = null, string? certificateFile = null, string? keyFile = null, string? keyPassword = null) => new()
    {
        TrustedAuthorities = authorityFile is null ? null : PemFiles.Authorities(authorityFile),
        ClientCertificates = certificateFile is null ? null : PemFiles.CertificateChain(certificateFile, keyFile, keyPassword),
    };
}
