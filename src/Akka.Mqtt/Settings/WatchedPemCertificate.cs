using System.Security.Cryptography.X509Certificates;

namespace Akka.Mqtt.Settings;

/// <summary>
/// A certificate that is read again when its files change. Thread safe: one handshake reads, the others use the current certificate.
/// </summary>
internal sealed class WatchedPemCertificate
{
    private const long LookInterval = 1000;

    private readonly string _certificateFile;
    private readonly string? _keyFile;
    private readonly string? _keyPassword;
    private readonly Lock _reading = new();
    private volatile X509Certificate2 _current;
    private (DateTime Certificate, DateTime Key) _seen;
    private long _nextLook;

    public WatchedPemCertificate(X509Certificate2 current, string certificateFile, string? keyFile, string? keyPassword)
    {
        _current = current;
        _certificateFile = certificateFile;
        _keyFile = keyFile;
        _keyPassword = keyPassword;
        _seen = Stamp();
        _nextLook = Environment.TickCount64 + LookInterval;
    }

    public X509Certificate2 Current
    {
        get
        {
            if (Environment.TickCount64 >= Volatile.Read(ref _nextLook) && _reading.TryEnter())
            {
                try
                {
                    Look();
                }
                finally
                {
                    _reading.Exit();
                }
            }

            return _current;
        }
    }

    private void Look()
    {
        Volatile.Write(ref _nextLook, Environment.TickCount64 + LookInterval);
        var stamp = Stamp();
        if (stamp == _seen)
            return;
        try
        {
            _current = PemFiles.CertificateChain(_certificateFile, _keyFile, _keyPassword)[0];
            _seen = stamp;
        }
        catch (ArgumentException)
        {
            // A half-written file, or only one of the two files is new: the next check reads them again.
        }
    }

    private (DateTime Certificate, DateTime Key) Stamp() =>
        (File.GetLastWriteTimeUtc(_certificateFile), _keyFile is null ? default : File.GetLastWriteTimeUtc(_keyFile));
}
