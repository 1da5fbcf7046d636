using System.Globalization;
using System.Security.Cryptography;

namespace Akka.Mqtt.Server.Security;

/// <summary>
/// A hashed password in the form of mosquitto: <c>$7$iterations$salt$hash</c> is PBKDF2 with HMAC-SHA-512, <c>$6$salt$hash</c> is a single
/// salted SHA-512, which is read but not written any more. Immutable; equal entries are identical.
/// </summary>
internal sealed record PasswordEntry
{
    /// <summary>A hash takes some milliseconds of one core, so that many devices that reconnect at the same time can log in.</summary>
    public const int DefaultIterations = 10_000;

    private const int HashBytes = 64;
    private const int SaltBytes = 16;
    private const int MaxIterations = 10_000_000;

    private readonly byte[] _salt;
    private readonly byte[] _hash;
    private readonly string _text;

    private PasswordEntry(int iterations, byte[] salt, byte[] hash, string text)
    {
        Iterations = iterations;
        _salt = salt;
        _hash = hash;
        _text = text;
    }

    /// <summary>Iterations of PBKDF2; 0 for a single salted SHA-512.</summary>
    public int Iterations { get; }

    /// <summary>Hashes a password with a new salt.</summary>
    public static PasswordEntry Create(ReadOnlySpan<byte> password, int iterations = DefaultIterations)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        var hash = Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA512, HashBytes);
        var text = string.Create(CultureInfo.InvariantCulture, $"$7${iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}");
        return new PasswordEntry(iterations, salt, hash, text);
    }

    /// <summary>Creates an entry that no password matches, for users that do not exist.</summary>
    public static PasswordEntry Decoy(int iterations) =>
        new(iterations, RandomNumberGenerator.GetBytes(SaltBytes), RandomNumberGenerator.GetBytes(HashBytes), "");

    /// <summary>Reads an entry.</summary>
    /// <param name="text">The text after the user name.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="problem">What is wrong with the text. It does not contain the text, which is a secret.</param>
    public static bool TryParse(string text, out PasswordEntry? entry, out string problem)
    {
        entry = null;
        var parts = text.Split('$');
        if (parts.Length < 3 || parts[0].Length > 0)
        {
            problem = "the password is not hashed; use akka-mqtt passwd to make one";
            return false;
        }
        var iterations = 0;
        switch (parts[1])
        {
            case "7" when parts.Length == 5
                && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out iterations) && iterations is > 0 and <= MaxIterations:
                break;
            case "6" when parts.Length == 4:
                break;
            case "7" or "6":
                problem = "the hash is broken: it is $7$iterations$salt$hash or $6$salt$hash";
                return false;
            default:
                problem = $"the hash is of kind '{parts[1]}', which is neither 7 (PBKDF2) nor 6 (SHA-512)";
                return false;
        }
        if (!TryBase64(parts[^2], out var salt) || !TryBase64(parts[^1], out var hash) || hash.Length != HashBytes || salt.Length == 0)
        {
            problem = "the hash is broken: salt and hash are base64, the salt is not empty, and the hash has 64 bytes";
            return false;
        }
        entry = new PasswordEntry(iterations, salt, hash, text);
        problem = "";
        return true;
    }

    /// <summary>Whether a password matches. Takes the same time for a wrong one.</summary>
    public bool Fits(ReadOnlySpan<byte> password)
    {
        Span<byte> hash = stackalloc byte[HashBytes];
        if (Iterations > 0)
        {
            Rfc2898DeriveBytes.Pbkdf2(password, _salt, hash, Iterations, HashAlgorithmName.SHA512);
        }
        else
        {
            using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
            sha.AppendData(password);
            sha.AppendData(_salt);
            sha.GetHashAndReset(hash);
        }
        return CryptographicOperations.FixedTimeEquals(hash, _hash);
    }

    public bool Equals(PasswordEntry? other) => other is not null && _text == other._text;

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(_text);

    /// <summary>The entry in the form of the file.</summary>
    public override string ToString() => _text;

    private static bool TryBase64(string text, out byte[] bytes)
    {
        bytes = new byte[text.Length];
        var read = Convert.TryFromBase64String(text, bytes, out var count);
        bytes = bytes[..count];
        return read && !text.AsSpan().ContainsAny(" \t"); // the base library would skip these
    }
}
