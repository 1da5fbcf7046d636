using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Security;

/// <summary>
/// Reads an ACL file in mosquitto's words: <c>topic [read|write|readwrite|subscribe|deny] filter</c>, for anonymous clients until a line
/// <c>user name</c>, then for that user; <c>pattern</c> the same for everybody, with <c>%c</c> and <c>%u</c> in levels of their own.
/// </summary>
internal static class AclFile
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="Configuration.ConfigurationException">It cannot be read or is broken; the message names file and line.</exception>
    public static AclRules Load(string file)
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
                case "user" when rest.Length > 0:
                    if (!users.TryGetValue(rest, out var own))
                        users.Add(rest, own = []);
                    current = own;
                    break;
                case "topic":
                    current.Add(Rule(file, number, rest, isPattern: false));
                    break;
                case "pattern":
                    patterns.Add(Rule(file, number, rest, isPattern: true));
                    break;
                case "user":
                    throw SecurityFile.Broken(file, number, "user needs a name");
                default:
                    throw SecurityFile.Broken(file, number, $"{word} is none of user, topic and pattern");
            }
        }
        return new AclRules(anonymous, users, patterns);
    }

    private static AclRule Rule(string file, int number, string text, bool isPattern)
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
        var filter = access is null ? text : rest;
        if (filter.Length == 0)
            throw SecurityFile.Broken(file, number, $"{(isPattern ? "pattern" : "topic")} needs a topic filter");
        if (!TopicFilter.IsValid(filter))
            throw SecurityFile.Broken(file, number, $"{filter} is not a topic filter");
        if (isPattern && Array.Exists(filter.Split('/'), level => level is not ("%c" or "%u") && (level.Contains("%c", StringComparison.Ordinal) || level.Contains("%u", StringComparison.Ordinal))))
            throw SecurityFile.Broken(file, number, "%c and %u stand for whole levels");
        return new AclRule(access ?? (AclAccess.Read | AclAccess.Write), filter, isPattern);
    }

    private static (string Word, string Tail) Split(string text)
    {
        var space = text.AsSpan().IndexOfAny(' ', '\t');
        return space < 0 ? (text, "") : (text[..space], text[space..].Trim());
    }
}
