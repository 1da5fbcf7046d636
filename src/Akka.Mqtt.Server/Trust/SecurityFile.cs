using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Akka.Configuration;

namespace Akka.Mqtt.Server.Trust;

/// <summary>Reads security files. Every error names the file, the line if there is one, and what to do.</summary>
internal static class SecurityFile
{
    // Enough for a filter and a name of 65,535 bytes each.
    private const int MaxLine = 256 * 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The lines that are not empty and not a comment, which begins with <c>#</c>; with their numbers.</summary>
    /// <exception cref="ConfigurationException">The file cannot be read, is not UTF-8, or contains a control character.</exception>
    public static List<(int Number, string Text)> ReadLines(string file)
    {
        var lines = new List<(int, string)>();
        var number = 0;
        foreach (var line in ReadText(file).Split('\n'))
        {
            number++;
            var text = line.TrimEnd('\r');
            if (text.Length > MaxLine)
                throw Broken(file, number, $"the line has {text.Length} characters; the most is {MaxLine}");
            var shown = text.AsSpan().Trim();
            if (shown.Length == 0 || shown[0] == '#')
                continue;
            foreach (var character in text)
            {
                if (char.IsControl(character) && character != '\t')
                    throw Broken(file, number, $"the line has the control character 0x{(int)character:X2}; lines end with LF or CRLF");
            }
            lines.Add((number, text));
        }
        return lines;
    }

    /// <summary>The text of a file in UTF-8, with or without a byte order mark.</summary>
    /// <exception cref="ConfigurationException">The file cannot be read or is not UTF-8.</exception>
    public static string ReadText(string file)
    {
        var bytes = ReadBytes(file);
        if (bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) || bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]))
            throw Broken(file, 1, "the file is UTF-16; save it as UTF-8");
        var text = bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? bytes.AsSpan(3) : bytes;
        try
        {
            return Strict.GetString(text);
        }
        catch (DecoderFallbackException error)
        {
            var line = 1 + text[..Math.Min(error.Index, text.Length)].Count((byte)'\n');
            throw Broken(file, line, "the file is not UTF-8; save it as UTF-8");
        }
    }

    /// <summary>The certificates of a PEM file; at least one.</summary>
    /// <exception cref="ConfigurationException">The file cannot be read, or a certificate in it is invalid or incomplete.</exception>
    public static X509Certificate2Collection ReadCertificates(string file)
    {
        var certificates = new X509Certificate2Collection();
        var text = ReadText(file);
        CheckBlocks(file, text);
        try
        {
            certificates.ImportFromPem(text);
        }
        catch (CryptographicException error)
        {
            throw new ConfigurationException($"{file} holds a certificate that cannot be read: {error.Message}", error);
        }
        return certificates.Count > 0 ? certificates : throw new ConfigurationException($"{file} holds no certificate in PEM format.");
    }

    /// <summary>
    /// Rejects a PEM block that has no end or is not base64. The readers of the base library would skip it, so that half of a list of
    /// authorities or revocations would be used as if it were complete.
    /// </summary>
    /// <exception cref="ConfigurationException">The file contains such a block.</exception>
    public static void CheckBlocks(string file, string text)
    {
        var from = 0;
        while (text.IndexOf("-----BEGIN ", from, StringComparison.Ordinal) is >= 0 and var begin)
        {
            if (!PemEncoding.TryFind(text.AsSpan(begin), out var fields) || fields.Location.Start.Value != 0)
                throw Broken(file, 1 + text.AsSpan(0, begin).Count('\n'), "a PEM block is broken or has no end; copy the file again");
            from = begin + fields.Location.End.Value;
        }
    }

    /// <summary>What is wrong with a user name in a file; null for nothing.</summary>
    public static string? NameProblem(string name)
    {
        if (name.Length == 0)
            return "the user name is missing";
        if (name.Trim() != name)
            return $"the user name '{name}' has spaces around it";
        if (name[0] == '#')
            return $"the user name '{name}' begins with #, which starts a comment";
        return Encoding.UTF8.GetByteCount(name) > ushort.MaxValue ? "the user name is longer than the 65,535 bytes that MQTT allows" : null;
    }

    public static ConfigurationException Broken(string file, int line, string what) => new($"{file}:{line}: {what}");

    private static byte[] ReadBytes(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ConfigurationException($"{file} cannot be read: {error.Message}", error);
        }
    }
}
