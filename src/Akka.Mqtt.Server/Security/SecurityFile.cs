using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Configuration;

namespace Akka.Mqtt.Server.Security;

/// <summary>Reads the line-wise files of security; every failure names the file, and the line where there is one.</summary>
internal static class SecurityFile
{
    /// <summary>The lines that say something, with their numbers; an empty line or one that begins with <c>#</c> says nothing.</summary>
    public static List<(int Number, string Text)> ReadLines(string file)
    {
        var lines = new List<(int, string)>();
        var number = 0;
        foreach (var line in ReadText(file).Split('\n'))
        {
            number++;
            var text = line.TrimEnd('\r');
            if (text.AsSpan().Trim().Length > 0 && text[0] != '#')
                lines.Add((number, text));
        }
        return lines;
    }

    public static string ReadText(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ConfigurationException($"{file} cannot be read: {error.Message}", error);
        }
    }

    /// <summary>The certificates of a PEM file; at least one.</summary>
    public static X509Certificate2Collection ReadCertificates(string file)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(ReadText(file));
        }
        catch (CryptographicException error)
        {
            throw new ConfigurationException($"{file} holds a certificate that cannot be read: {error.Message}", error);
        }
        return certificates.Count > 0 ? certificates : throw new ConfigurationException($"{file} holds no certificate in PEM format.");
    }

    public static ConfigurationException Broken(string file, int line, string what) => new($"{file}:{line}: {what}");
}
