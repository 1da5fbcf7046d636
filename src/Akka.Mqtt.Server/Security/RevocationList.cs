using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Akka.Mqtt.Server;

/// <summary>
/// The certificates that authorities have taken back: PEM files of X.509 CRLs (RFC 5280, section 5). The file is trusted as the file of
/// authorities is: its signature is not checked, and an old list is better than none. Immutable.
/// </summary>
internal sealed class RevocationList
{
    private readonly HashSet<(string Issuer, BigInteger Serial)> _revoked = [];

    private RevocationList()
    {
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="Configuration.ConfigurationException">It cannot be read or holds something else; the message names it.</exception>
    public static RevocationList Load(string file)
    {
        var list = new RevocationList();
        var text = SecurityFile.ReadText(file);
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
                    list.Add(Convert.FromBase64String(here[fields.Base64Data].ToString()));
                }
                catch (AsnContentException error)
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

    private void Add(byte[] encoded)
    {
        // CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signatureValue }
        var list = new AsnReader(encoded, AsnEncodingRules.DER).ReadSequence().ReadSequence();
        if (list.PeekTag().HasSameClassAndValue(Asn1Tag.Integer))
            list.ReadInteger(); // version
        list.ReadSequence(); // signature
        var issuer = Convert.ToHexString(list.ReadEncodedValue().Span);
        list.ReadEncodedValue(); // thisUpdate
        if (list.HasData && (list.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) || list.PeekTag().HasSameClassAndValue(Asn1Tag.GeneralizedTime)))
            list.ReadEncodedValue(); // nextUpdate
        if (!list.HasData || !list.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
            return; // nothing is revoked
        var entries = list.ReadSequence();
        while (entries.HasData)
            _revoked.Add((issuer, entries.ReadSequence().ReadInteger()));
    }
}
