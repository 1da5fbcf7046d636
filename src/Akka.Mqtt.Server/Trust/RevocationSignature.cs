using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Akka.Mqtt.Server.Trust;

/// <summary>
/// Checks whether an authority has signed a revocation list (RFC 5280, section 5.1.1). The base class library reads lists, but does not
/// check their signatures.
/// </summary>
internal static class RevocationSignature
{
    private const string Pss = "1.2.840.113549.1.1.10";

    /// <summary>Finds the authority that has signed.</summary>
    /// <param name="authorities">The authorities that may have signed.</param>
    /// <param name="issuer">The name of the issuer, as encoded.</param>
    /// <param name="algorithm">AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }</param>
    /// <param name="signed">The signed bytes.</param>
    /// <param name="signature">The signature.</param>
    /// <returns>What is wrong; null for nothing.</returns>
    public static string? Check(
        X509Certificate2Collection authorities, ReadOnlyMemory<byte> issuer, AsnReader algorithm, ReadOnlySpan<byte> signed, byte[] signature)
    {
        var name = new X500DistinguishedName(issuer.Span).Name;
        var oid = algorithm.ReadObjectIdentifier();
        var parameters = algorithm.HasData ? algorithm.ReadEncodedValue() : default;
        if (HashOf(oid, parameters) is not { } hash)
            return $"of {name} has a signature of an algorithm that is not supported: {oid}";
        var known = false;
        foreach (var authority in authorities)
        {
            if (!authority.SubjectName.RawData.AsSpan().SequenceEqual(issuer.Span))
                continue;
            if (authority.Extensions.OfType<X509KeyUsageExtension>().Any(each => !each.KeyUsages.HasFlag(X509KeyUsageFlags.CrlSign)))
                return $"is of {name}, whose certificate is not for signing revocation lists";
            known = true;
            if (IsOf(authority, oid, hash, signed, signature))
                return null;
        }
        return known ? $"of {name} was not signed by that authority" : $"is of {name}, which is not in client-ca-file";
    }

    private static bool IsOf(X509Certificate2 authority, string oid, HashAlgorithmName hash, ReadOnlySpan<byte> signed, byte[] signature)
    {
        if (oid.StartsWith("1.2.840.10045.4.", StringComparison.Ordinal))
        {
            using var curve = authority.GetECDsaPublicKey();
            return curve?.VerifyData(signed, signature, hash, DSASignatureFormat.Rfc3279DerSequence) == true;
        }
        using var rsa = authority.GetRSAPublicKey();
        return rsa?.VerifyData(signed, signature, hash, oid == Pss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1) == true;
    }

    private static HashAlgorithmName? HashOf(string oid, ReadOnlyMemory<byte> parameters) => oid switch
    {
        "1.2.840.113549.1.1.11" or "1.2.840.10045.4.3.2" => HashAlgorithmName.SHA256,
        "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => HashAlgorithmName.SHA384,
        "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => HashAlgorithmName.SHA512,
        Pss => PssHash(parameters),
        _ => null, // also SHA-1 and older algorithms
    };

    /// <summary>RSASSA-PSS-params ::= SEQUENCE { hashAlgorithm [0] AlgorithmIdentifier DEFAULT sha1, ... }</summary>
    private static HashAlgorithmName? PssHash(ReadOnlyMemory<byte> parameters)
    {
        if (parameters.IsEmpty)
            return null;
        var fields = new AsnReader(parameters, AsnEncodingRules.DER).ReadSequence();
        var first = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
        if (!fields.HasData || !fields.PeekTag().HasSameClassAndValue(first))
            return null;
        return fields.ReadSequence(first).ReadSequence().ReadObjectIdentifier() switch
        {
            "2.16.840.1.101.3.4.2.1" => HashAlgorithmName.SHA256,
            "2.16.840.1.101.3.4.2.2" => HashAlgorithmName.SHA384,
            "2.16.840.1.101.3.4.2.3" => HashAlgorithmName.SHA512,
            _ => null,
        };
    }
}
