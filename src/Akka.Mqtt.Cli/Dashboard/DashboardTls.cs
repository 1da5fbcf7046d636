using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Akka.Mqtt.Cli.Dashboard;

/// <summary>The certificate of the dashboard. It follows its files, as those of listeners do; after a reload also with new intermediate certificates. Thread safe.</summary>
internal sealed class DashboardTls
{
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    private readonly string _certificateFile;
    private readonly string _keyFile;
    private volatile TlsServerSettings _settings;
    private volatile Served? _served;

    /// <summary>Reads the files.</summary>
    /// <exception cref="CommandFailure">A file cannot be read, or contains something else.</exception>
    public DashboardTls(string certificateFile, string keyFile)
    {
        (_certificateFile, _keyFile) = (certificateFile, keyFile);
        _settings = Read();
    }

    /// <summary>Returns the certificate for each handshake of Kestrel.</summary>
    public TlsHandshakeCallbackOptions ForKestrel() => new()
    {
        HandshakeTimeout = HandshakeTimeout,
        OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = ContextOf(_settings) }),
    };

    /// <summary>Reads the files again; if they have errors, nothing changes.</summary>
    /// <exception cref="CommandFailure">A file cannot be read, or contains something else.</exception>
    public void Reload() => _settings = Read();

    private SslStreamCertificateContext ContextOf(TlsServerSettings settings)
    {
        var certificate = settings.CertificateSelector!(null);
        var served = _served;
        if (served is null || served.Certificate != certificate) // the same object while the certificate does not change, because it has the session tickets
            _served = served = new Served(certificate, SslStreamCertificateContext.Create(certificate, settings.Intermediates, offline: true));
        return served.Context;
    }

    private TlsServerSettings Read()
    {
        try
        {
            return TlsServerSettings.FromWatchedPemFiles(_certificateFile, _keyFile);
        }
        catch (ArgumentException error)
        {
            throw new CommandFailure($"{(_keyFile != _certificateFile && error.Message.Contains(_keyFile, StringComparison.Ordinal) ? "--http-key" : "--http-cert")}: {error.Message}");
        }
    }

    private sealed record Served(X509Certificate2 Certificate, SslStreamCertificateContext Context);
}
