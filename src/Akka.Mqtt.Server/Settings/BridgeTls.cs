using System.Net.Security;
using Akka.Configuration;

namespace Akka.Mqtt.Server.Settings;

/// <summary>Reads the TLS settings from the section of a bridge.</summary>
internal static class BridgeTls
{
    /// <summary>Reads the settings.</summary>
    /// <param name="path">The path of the section, for messages.</param>
    /// <param name="config">The section.</param>
    /// <returns>The settings; null when the section has none.</returns>
    /// <exception cref="ConfigurationException">A file cannot be read or has other content; the message names it.</exception>
    public static TlsClientSettings? Create(string path, Config config)
    {
        var (authorities, certificate, key) = (Text("ca-file"), Text("cert-file"), Text("key-file"));
        var checksName = config.Switch("check-host-name");
        if (certificate is null && key is not null)
            throw new ConfigurationException($"{path}.key-file needs cert-file.");
        if (authorities is null && certificate is null && checksName)
            return null;
        try
        {
            var settings = TlsClientSettings.FromPemFiles(authorities, certificate, key);
            return checksName ? settings : settings with
            {
                CertificateValidation = static (_, _, _, errors) => (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None,
            };
        }
        catch (ArgumentException error)
        {
            throw new ConfigurationException($"{path}: {error.Message}", error);
        }

        string? Text(string name) => config.GetString(name) is { Length: > 0 } text ? text : null;
    }
}
