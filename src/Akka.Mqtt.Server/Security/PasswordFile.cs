using System.Collections.Frozen;
using Akka.Mqtt.Server.Trust;

namespace Akka.Mqtt.Server.Security;

/// <summary>A file of users and hashed passwords, with one <c>user:hash</c> in each line. Immutable.</summary>
internal sealed class PasswordFile
{
    private readonly FrozenDictionary<string, PasswordEntry> _users;
    private readonly DecoyIterations _decoys;
    private readonly FrozenDictionary<int, PasswordEntry> _decoyEntries;

    private PasswordFile(Dictionary<string, PasswordEntry> users)
    {
        _users = users.ToFrozenDictionary(StringComparer.Ordinal);
        _decoys = new DecoyIterations(users.Values.Select(each => each.Iterations), PasswordEntry.DefaultIterations);
        _decoyEntries = _decoys.All.ToFrozenDictionary(each => each, PasswordEntry.Decoy);
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="Configuration.ConfigurationException">It cannot be read or is broken; the message names file and line.</exception>
    public static PasswordFile Load(string file)
    {
        var users = new Dictionary<string, PasswordEntry>(StringComparer.Ordinal);
        foreach (var (number, text) in SecurityFile.ReadLines(file))
        {
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
                throw SecurityFile.Broken(file, number, "a line is user:hash, as akka-mqtt passwd writes it");
            if (SecurityFile.NameProblem(text[..colon]) is { } wrong)
                throw SecurityFile.Broken(file, number, wrong);
            if (!PasswordEntry.TryParse(text[(colon + 1)..].Trim(), out var entry, out var problem))
                throw SecurityFile.Broken(file, number, problem);
            if (!users.TryAdd(text[..colon], entry!))
                throw SecurityFile.Broken(file, number, $"the user {text[..colon]} has two lines; delete one of them");
        }
        return new PasswordFile(users);
    }

    /// <summary>
    /// The entry of a user if the password matches. For a nonexistent user it needs the iterations of an existing one, always the same, so
    /// that the time does not reveal which users exist.
    /// </summary>
    public PasswordEntry? Verify(string user, ReadOnlySpan<byte> password)
    {
        var known = _users.GetValueOrDefault(user);
        return (known ?? DecoyOf(user)).Fits(password) ? known : null;
    }

    /// <summary>The entry against which the password of a nonexistent user is checked.</summary>
    internal PasswordEntry DecoyOf(string user) => _decoyEntries[_decoys.Of(user)];

    /// <summary>Whether a user still has this entry.</summary>
    public bool Has(string user, PasswordEntry entry) => _users.TryGetValue(user, out var now) && now == entry;
}
