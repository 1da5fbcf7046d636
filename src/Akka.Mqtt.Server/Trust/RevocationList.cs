using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Akka.Mqtt.Server.Trust;

/// <summary>
/// The certificates that authorities have revoked: PEM files of X.509 CRLs (RFC 5280, section 5), each signed by one of the authorities of
/// the listener. A list is used even after its next update is due. Immutable.
/// </summary>
internal sealed class RevocationList
{
    private readonly HashSet<(string Issuer, BigInteger Serial)> _revoked = [];

    private readonly X509Certificate2Collection? _authorities;

    private RevocationList(X509Certificate2Collection? authorities) => _authorities = authorities;

    /// <summary>Reads a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="authorities">The authorities that may have signed the lists; null when the listener requests no certificates.</param>
    /// <exception cref="Configuration.ConfigurationException">
    /// The file cannot be read, has other content or was signed by others; the message names it.
    /// </exception>
    public static RevocationList Load(string file, X509Certificate2Collection? authorities)
    {
        var list = new RevocationList(authorities);
        var text = SecurityFile.ReadText(file);
        SecurityFile.CheckBlocks(file, text);
        var found = 0;
        var from = 0;
        while (PemEncoding.TryFind(text.AsSpan(from), out var fields))
        {
            var here = text.AsSpan(from);
            var line = text.AsSpan(0, from + fields.Location.Start.Value).Count('\n') + 1;
            if (here[fields.Label] is "X509 CRL")
            {
                try
                {
                    if (list.Add(Convert.FromBase64String(here[fields.Base64Data].ToString())) is { } problem)
                        throw SecurityFile.Broken(file, line, $"the revocation list {problem}");
                }
                catch (Exception error) when (error is AsnContentException or CryptographicException)
                {
                    throw SecurityFile.Broken(file, line, $"the revocation list cannot be read: {error.Message}");
                }
                found++;
            }
            from += fields.Location.End.Value;
        }
        return found > 0 ? list : throw new Configuration.ConfigurationException($"{file} holds no X509 CRL in PEM format.");
    }

    public bool IsRevoked(X509Certificate2 certificate) => _revoked.Contains((
        Convert.ToHexString(certificate.IssuerName.RawData), new BigInteger(certificate.SerialNumberBytes.Span, isBigEndian: true)));

    /// <summary>Adds one list.</summary>
    /// <returns>What is wrong with it; null for nothing.</returns>
    private string? Add(byte[] encoded)
    {
        // CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signatureValue }
        var whole = new AsnReader(encoded, AsnEncodingRules.DER).ReadSequence();
        var signed = whole.ReadEncodedValue();
        var algorithm = whole.ReadSequence();
        var signature = whole.ReadBitString(out _);
        // TBSCertList ::= SEQUENCE { version OPTIONAL, signature, issuer, thisUpdate, nextUpdate OPTIONAL, revokedCertificates OPTIONAL, ... }
        var list = new AsnReader(signed, AsnEncodingRules.DER).ReadSequence();
        if (list.PeekTag().HasSameClassAndValue(Asn1Tag.Integer))
            list.ReadInteger(); // version
        list.ReadSequence(); // signature
        var name = list.ReadEncodedValue();
        if (_authorities is not null && RevocationSignature.Check(_authorities, name, algorithm, signed.Span, signature) is { } problem)
            return problem;
        var issuer = Convert.ToHexString(name.Span);
        list.ReadEncodedValue(); // thisUpdate
        if (list.HasData && (list.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) || list.PeekTag().HasSameClassAndValue(Asn1Tag.GeneralizedTime)))
            list.ReadEncodedValue(); // nextUpdate
        if (!list.HasData || !list.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
            return null; // nothing is revoked
        var entries = list.ReadSequence();
        while (entries.HasData)
            _revoked.Add((issuer, entries.ReadSequence().ReadInteger()));
        return null;
    }
}
