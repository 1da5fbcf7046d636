using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Akka.Mqtt.Server.Security;

/// <summary>User names of certificates.</summary>
internal static class CertificateNames
{
    private const string CommonName = "2.5.4.3";

    /// <summary>The user name of a certificate; null when it has none.</summary>
    public static string? UserName(X509Certificate2 certificate, CertificateIdentity identity)
    {
        var name = new StringBuilder();
        // RFC 2253 lists the parts in reverse order.
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames(reversed: true))
        {
            if (part.HasMultipleElements || part.GetSingleElementValue() is not { Length: > 0 } value)
                continue;
            var type = part.GetSingleElementType();
            if (identity == CertificateIdentity.CommonName)
            {
                if (type.Value == CommonName)
                    return value;
                continue;
            }
            if (name.Length > 0)
                name.Append(',');
            name.Append(TypeOf(type.Value)).Append('=');
            Escape(name, value);
        }
        return name.Length > 0 ? name.ToString() : null;
    }

    private static string? TypeOf(string? oid) => oid switch
    {
        CommonName => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "street",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.42" => "GN",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "emailAddress",
        _ => oid,
    };

    private static void Escape(StringBuilder name, string value)
    {
        for (var at = 0; at < value.Length; at++)
        {
            var special = ",+\"\\<>;".Contains(value[at], StringComparison.Ordinal)
                || (at == 0 && value[at] is '#' or ' ') || (at == value.Length - 1 && value[at] == ' ');
            if (special)
                name.Append('\\');
            name.Append(value[at]);
        }
    }
}
