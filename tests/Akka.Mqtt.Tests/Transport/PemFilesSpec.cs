using System.Security.Cryptography.X509Certificates;
using Xunit;

namespace Akka.Mqtt.Tests;

public sealed class PemFilesSpec : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mqtt-pem-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Server_settings_must_take_certificate_key_and_client_authority_from_files()
    {
        var (certificate, key, issued) = Write("server", TestCertificates.Shared.Server());
        var authority = Text("ca.pem", TestCertificates.Shared.Authority.ExportCertificatePem());

        var settings = TlsServerSettings.FromPemFiles(certificate, key, authority);

        Assert.Equal(issued.Thumbprint, settings.Certificate!.Thumbprint);
        Assert.True(settings.Certificate.HasPrivateKey);
        Assert.True(settings.RequireClientCertificate);
        Assert.Equal(TestCertificates.Shared.Authority.Thumbprint, settings.ClientAuthorities!.Single().Thumbprint);
    }

    [Fact]
    public void Key_and_intermediates_may_be_in_the_certificate_file()
    {
        var (certificate, key, _) = Write("server", TestCertificates.Shared.Server());
        var all = Text("all.pem", File.ReadAllText(certificate) + "\n" + TestCertificates.Shared.Authority.ExportCertificatePem() + "\n" + File.ReadAllText(key));

        var settings = TlsServerSettings.FromPemFiles(all);

        Assert.True(settings.Certificate!.HasPrivateKey);
        Assert.Equal(TestCertificates.Shared.Authority.Thumbprint, settings.Intermediates!.Single().Thumbprint);
    }

    [Fact]
    public void Every_failure_must_name_the_file()
    {
        var (certificate, key, _) = Write("server", TestCertificates.Shared.Server());
        var (_, other, _) = Write("other", TestCertificates.Shared.Server());
        var empty = Text("empty.pem", "nothing");
        var missing = Path.Combine(_folder.FullName, "missing.pem");

        Assert.Contains("missing.pem' cannot be read", Message(() => TlsServerSettings.FromPemFiles(missing, key)), StringComparison.Ordinal);
        Assert.Contains("missing.pem' cannot be read", Message(() => TlsServerSettings.FromPemFiles(certificate, missing)), StringComparison.Ordinal);
        Assert.Contains("empty.pem' holds no certificate", Message(() => TlsClientSettings.FromPemFiles(empty)), StringComparison.Ordinal);
        Assert.Contains("empty.pem' holds no private key", Message(() => TlsServerSettings.FromPemFiles(certificate, empty)), StringComparison.Ordinal);
        Assert.Contains("other.key' holds no private key that fits", Message(() => TlsServerSettings.FromPemFiles(certificate, other)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watched_certificate_must_follow_its_files_and_keep_the_old_one_while_they_do_not_fit()
    {
        var (certificate, key, first) = Write("server", TestCertificates.Shared.Server());
        var select = TlsServerSettings.FromWatchedPemFiles(certificate, key).CertificateSelector!;
        Assert.Equal(first.Thumbprint, select(null).Thumbprint);

        File.WriteAllText(key, "half written");
        File.SetLastWriteTimeUtc(key, DateTime.UtcNow.AddMinutes(1));
        Assert.Equal(first.Thumbprint, select(null).Thumbprint);
        var (_, _, second) = Write("server", TestCertificates.Shared.Server());
        File.SetLastWriteTimeUtc(key, DateTime.UtcNow.AddMinutes(2));

        var deadline = Environment.TickCount64 + 10_000;
        while (select(null).Thumbprint != second.Thumbprint && Environment.TickCount64 < deadline)
            await Task.Yield();
        Assert.Equal(second.Thumbprint, select(null).Thumbprint);
    }

    private static string Message(Action read) => Assert.Throws<ArgumentException>(read).Message;

    private (string Certificate, string Key, X509Certificate2 Issued) Write(string name, X509Certificate2 issued) =>
        (Text($"{name}.pem", issued.ExportCertificatePem()), Text($"{name}.key", issued.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()), issued);

    private string Text(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}
