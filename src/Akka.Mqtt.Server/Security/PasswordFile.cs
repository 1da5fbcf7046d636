using System.Collections.Frozen;

namespace Akka.Mqtt.Server.Security;

/// <summary>A file of users and hashed passwords, <c>user:hash</c> a line. Immutable.</summary>
internal sealed class PasswordFile
{
    private readonly FrozenDictionary<string, PasswordEntry> _users;
    private readonly PasswordEntry _decoy;

    private PasswordFile(Dictionary<string, PasswordEntry> users)
    {
        _users = users.ToFrozenDictionary(StringComparer.Ordinal);
        // As dear as the dearest: time must not tell who exists.
        _decoy = PasswordEntry.Decoy(users.Count == 0 ? PasswordEntry.DefaultIterations : users.Values.Max(each => each.Iterations));
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="Configuration.ConfigurationException">It cannot be read or is broken; the message names file and line.</exception>
    public static PasswordFile Load(string file)
    {
        var users = new Dictionary<string, PasswordEntry>(StringComparer.Ordinal);
        foreach (var (number, text) in SecurityFile.ReadLines(file))
        {
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
                throw SecurityFile.Broken(file, number, "a line is user:hash");
            if (!PasswordEntry.TryParse(text[(colon + 1)..].Trim(), out var entry, out var problem))
                throw SecurityFile.Broken(file, number, problem);
            if (!users.TryAdd(text[..colon], entry!))
                throw SecurityFile.Broken(file, number, $"the user {text[..colon]} is there twice");
        }
        return new PasswordFile(users);
    }

    /// <summary>The entry of a user if the password fits; for a user that does not exist it takes as long to say no.</summary>
    public PasswordEntry? Verify(string user, ReadOnlySpan<byte> password)
    {
        var known = _users.GetValueOrDefault(user);
        return (known ?? _decoy).Fits(password) ? known : null;
    }

    /// <summary>Whether a user still has exactly this entry.</summary>
    public bool Has(string user, PasswordEntry entry) => _users.TryGetValue(user, out var now) && now == entry;
}
