using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Akka.Configuration;

namespace Akka.Mqtt.Server.Trust;

/// <summary>
/// Checks client certificates with files of authorities and revocation lists. Handshakes check the files for changes at most once a second
/// and read them again. While a new file is invalid, the old content stays in use. Thread safe.
/// </summary>
internal sealed class WatchedClientTrust
{
    private const long LookInterval = 1000;

    private readonly string _authorityFile;
    private readonly string? _revocationFile;
    private readonly DateTime _firstAuthorities;
    private readonly Lock _reading = new();
    private volatile Trust _trust;
    private long _nextLook;

    public WatchedClientTrust(string authorityFile, string? revocationFile)
    {
        _authorityFile = authorityFile;
        _revocationFile = revocationFile;
        _trust = Read();
        _firstAuthorities = _trust.Seen.Authorities;
        _nextLook = Environment.TickCount64 + LookInterval;
    }

    public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 shown || chain is null)
            return false;
        var trust = Current();
        if (trust.Seen.Authorities == _firstAuthorities)
            return errors == SslPolicyErrors.None && !IsRevoked(trust, chain, shown);
        // The TLS handshake used the authorities of the start; check again with the current ones.
        using var again = new X509Chain();
        again.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        again.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        again.ChainPolicy.DisableCertificateDownloads = true;
        again.ChainPolicy.CustomTrustStore.AddRange(trust.Authorities);
        again.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        foreach (var use in chain.ChainPolicy.ApplicationPolicy)
            again.ChainPolicy.ApplicationPolicy.Add(use);
        return again.Build(shown) && !IsRevoked(trust, again, shown);
    }

    private static bool IsRevoked(Trust trust, X509Chain chain, X509Certificate2 shown)
    {
        if (trust.Revoked is not { } list)
            return false;
        if (list.IsRevoked(shown))
            return true;
        foreach (var element in chain.ChainElements)
        {
            if (list.IsRevoked(element.Certificate))
                return true;
        }
        return false;
    }

    private Trust Current()
    {
        if (Environment.TickCount64 >= Volatile.Read(ref _nextLook) && _reading.TryEnter())
        {
            try
            {
                Volatile.Write(ref _nextLook, Environment.TickCount64 + LookInterval);
                if (Stamp() != _trust.Seen)
                    _trust = Read();
            }
            catch (ConfigurationException)
            {
                // A half-written file: the next check reads it again, and a reload reports errors.
            }
            finally
            {
                _reading.Exit();
            }
        }
        return _trust;
    }

    private Trust Read()
    {
        var seen = Stamp();
        var authorities = SecurityFile.ReadCertificates(_authorityFile);
        return new Trust(authorities, _revocationFile is null ? null : RevocationList.Load(_revocationFile, authorities), seen);
    }

    private (DateTime Authorities, DateTime Revoked) Stamp() =>
        (File.GetLastWriteTimeUtc(_authorityFile), _revocationFile is null ? default : File.GetLastWriteTimeUtc(_revocationFile));

    private sealed record Trust(X509Certificate2Collection Authorities, RevocationList? Revoked, (DateTime Authorities, DateTime Revoked) Seen);
}
