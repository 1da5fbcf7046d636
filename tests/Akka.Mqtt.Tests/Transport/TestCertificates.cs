using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Akka.Mqtt.Tests;

/// <summary>A certificate authority of this test run and what it issues.</summary>
internal sealed class TestCertificates
{
    public TestCertificates(string name = "CN=Test Authority")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        Authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddYears(-3), DateTimeOffset.UtcNow.AddYears(3));
    }

    public static TestCertificates Shared { get; } = new();

    public X509Certificate2 Authority { get; }

    public X509Certificate2Collection Authorities => [Authority];

    public X509Certificate2 Server(string host = "localhost") => Issue($"CN={host}", host, "1.3.6.1.5.5.7.3.1", 1);

    public X509Certificate2 ExpiredServer() => Issue("CN=localhost", "localhost", "1.3.6.1.5.5.7.3.1", -1);

    public X509Certificate2 Client(string name = "CN=client") => Issue(name, null, "1.3.6.1.5.5.7.3.2", 1);

    private X509Certificate2 Issue(string name, string? host, string use, int yearsLeft)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], false));
        if (host is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(host);
            if (host == "localhost")
                names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
        }

        using var issued = request.Create(
            Authority, DateTimeOffset.UtcNow.AddYears(-2), DateTimeOffset.UtcNow.AddYears(yearsLeft), RandomNumberGenerator.GetBytes(8));
        using var withKey = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }
}
