using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Akka.Mqtt.Server.Security;

/// <summary>
/// What a server stores of a password for SCRAM-SHA-256 (RFC 5802, section 3): enough to verify it, but not to log in elsewhere. The text
/// has the form of PostgreSQL: <c>SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey</c>. Immutable; equal credentials are identical.
/// </summary>
internal sealed record ScramCredentials
{
    /// <summary>The minimum of RFC 7677, because the client does the same work and clients are small devices.</summary>
    public const int DefaultIterations = 4096;

    public const int HashBytes = 32;
    private const int SaltBytes = 16;
    private const string Prefix = "SCRAM-SHA-256";

    private readonly string _text;

    private ScramCredentials(int iterations, byte[] salt, byte[] storedKey, byte[] serverKey)
    {
        Iterations = iterations;
        Salt = salt;
        StoredKey = storedKey;
        ServerKey = serverKey;
        _text = string.Create(
            CultureInfo.InvariantCulture,
            $"{Prefix}${iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(storedKey)}:{Convert.ToBase64String(serverKey)}");
    }

    public int Iterations { get; }

    public byte[] Salt { get; }

    public byte[] StoredKey { get; }

    public byte[] ServerKey { get; }

    /// <summary>Creates credentials from a password with a new salt.</summary>
    public static ScramCredentials Create(string password, int iterations = DefaultIterations, byte[]? salt = null)
    {
        salt ??= RandomNumberGenerator.GetBytes(SaltBytes);
        // SASLprep as far as the base library supports it: compatibility characters are replaced by their plain ones.
        var normal = Encoding.UTF8.GetBytes(password.Normalize(NormalizationForm.FormKC));
        var salted = Rfc2898DeriveBytes.Pbkdf2(normal, salt, iterations, HashAlgorithmName.SHA256, HashBytes);
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        return new ScramCredentials(iterations, salt, SHA256.HashData(clientKey), HMACSHA256.HashData(salted, "Server Key"u8));
    }

    /// <summary>The credentials of a nonexistent user: the same salt and iterations each time, and keys that match no password.</summary>
    public static ScramCredentials Decoy(string user, ReadOnlySpan<byte> secret, int iterations) => new(
        iterations,
        HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(user))[..SaltBytes],
        RandomNumberGenerator.GetBytes(HashBytes),
        RandomNumberGenerator.GetBytes(HashBytes));

    public static bool TryParse(string text, out ScramCredentials? credentials)
    {
        credentials = null;
        var parts = text.Split('$');
        if (parts.Length != 3 || parts[0] != Prefix)
            return false;
        var (first, second) = (parts[1].Split(':'), parts[2].Split(':'));
        if (first.Length != 2 || second.Length != 2
            || !int.TryParse(first[0], NumberStyles.None, CultureInfo.InvariantCulture, out var iterations) || iterations is < 4096 or > 10_000_000)
        {
            return false;
        }
        if (text.AsSpan().ContainsAny(" \t"))
            return false; // the base library would skip these in base64
        try
        {
            var read = new ScramCredentials(
                iterations, Convert.FromBase64String(first[1]), Convert.FromBase64String(second[0]), Convert.FromBase64String(second[1]));
            if (read.Salt.Length == 0 || read.StoredKey.Length != HashBytes || read.ServerKey.Length != HashBytes)
                return false;
            credentials = read;
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    public bool Equals(ScramCredentials? other) => other is not null && _text == other._text;

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(_text);

    /// <summary>The credentials in the form of the file.</summary>
    public override string ToString() => _text;
}
