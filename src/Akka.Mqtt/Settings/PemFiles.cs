using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Akka.Mqtt.Settings;

/// <summary>Reads certificates and keys from PEM files. Every error names the file and the cause.</summary>
internal static class PemFiles
{
    /// <summary>All certificates of a file; at least one.</summary>
    public static X509Certificate2Collection Authorities(string file)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(Read(file));
        }
        catch (CryptographicException e)
        {
            throw new ArgumentException($"'{file}' holds a certificate that cannot be read: {e.Message}", e);
        }

        return certificates.Count > 0 ? certificates : throw new ArgumentException($"'{file}' holds no certificate in PEM format.");
    }

    /// <summary>The first certificate of a file with its private key, then the other certificates.</summary>
    public static X509Certificate2Collection CertificateChain(string certificateFile, string? keyFile, string? keyPassword)
    {
        var chain = Authorities(certificateFile);
        var key = Read(keyFile ?? certificateFile);
        try
        {
            var certificates = Read(certificateFile);
            using var read = keyPassword is null
                ? X509Certificate2.CreateFromPem(certificates, key)
                : X509Certificate2.CreateFromEncryptedPem(certificates, key, keyPassword);
            // SChannel does not accept the ephemeral key that is read from PEM.
            chain[0] = X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), null);
            return chain;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new ArgumentException(
                $"'{keyFile ?? certificateFile}' holds no private key that fits the certificate of '{certificateFile}'"
                + $"{(keyPassword is null ? "" : ", or the password is wrong")}: {e.Message}",
                e);
        }
    }

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ArgumentException($"'{file}' cannot be read: {e.Message}", e);
        }
    }
}
