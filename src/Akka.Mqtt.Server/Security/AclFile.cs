using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Trust;

namespace Akka.Mqtt.Server.Security;

/// <summary>
/// Reads an ACL file in the format of mosquitto. A line <c>topic [read|write|readwrite|subscribe|deny] filter</c> applies to anonymous
/// clients until a line <c>user name</c>, then to that user. A line <c>pattern</c> has the same form and applies to everybody; <c>%c</c>
/// and <c>%u</c> are levels of their own.
/// </summary>
internal static class AclFile
{
    /// <summary>Reads a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="mode">How strictly its rules are applied.</param>
    /// <exception cref="Configuration.ConfigurationException">It cannot be read or is broken; the message names file and line.</exception>
    public static AclRules Load(string file, AclMode mode = AclMode.Strict)
    {
        var anonymous = new List<AclRule>();
        var users = new Dictionary<string, List<AclRule>>(StringComparer.Ordinal);
        var patterns = new List<AclRule>();
        var current = anonymous;
        foreach (var (number, line) in SecurityFile.ReadLines(file))
        {
            var (word, rest) = Split(line.Trim());
            switch (word)
            {
                case "user":
                    if (SecurityFile.NameProblem(rest) is { } problem)
                        throw SecurityFile.Broken(file, number, problem);
                    if (rest.Contains(" #", StringComparison.Ordinal))
                        throw SecurityFile.Broken(file, number, $"the user name '{rest}' holds a comment; give the comment a line of its own");
                    if (!users.TryGetValue(rest, out var own))
                        users.Add(rest, own = []);
                    current = own;
                    break;
                case "topic":
                    current.Add(Rule(file, number, rest, mode, isPattern: false));
                    break;
                case "pattern":
                    patterns.Add(Rule(file, number, rest, mode, isPattern: true));
                    break;
                default:
                    throw SecurityFile.Broken(file, number, $"{word} is not one of user, topic and pattern; a comment begins with #");
            }
        }
        return new AclRules(anonymous, users, patterns, mode);
    }

    private static AclRule Rule(string file, int number, string text, AclMode mode, bool isPattern)
    {
        var (word, rest) = Split(text);
        AclAccess? access = word switch
        {
            "read" => AclAccess.Read,
            "write" => AclAccess.Write,
            "readwrite" => AclAccess.Read | AclAccess.Write,
            "subscribe" => AclAccess.Subscribe,
            "deny" => AclAccess.Deny,
            _ => null,
        };
        // A single word is a filter for reading and writing. Of two words, the first is the right.
        if (access is null && rest.Length > 0)
        {
            throw SecurityFile.Broken(
                file, number, $"{word} is not one of read, write, readwrite, subscribe and deny (a filter with a space needs one of them before it)");
        }
        var filter = access is null ? word : rest;
        if (filter.Length == 0)
            throw SecurityFile.Broken(file, number, $"{(isPattern ? "pattern" : "topic")} {word} needs a topic filter".Replace("  ", " ", StringComparison.Ordinal));
        if (!TopicFilter.IsValid(filter))
            throw SecurityFile.Broken(file, number, $"{filter} is not a topic filter: + and # must be whole levels, and # must be the last level");
        if (isPattern && mode == AclMode.Strict && Array.Exists(filter.Split('/'), level => level is not ("%c" or "%u") && (level.Contains("%c", StringComparison.Ordinal) || level.Contains("%u", StringComparison.Ordinal))))
            throw SecurityFile.Broken(file, number, "%c and %u must be whole levels of the pattern");
        return new AclRule(access ?? (AclAccess.Read | AclAccess.Write), filter, isPattern, mode);
    }

    private static (string Word, string Tail) Split(string text)
    {
        var space = text.AsSpan().IndexOfAny(' ', '\t');
        return space < 0 ? (text, "") : (text[..space], text[space..].Trim());
    }
}
