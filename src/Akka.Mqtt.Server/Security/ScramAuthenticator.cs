using System.Collections.Frozen;
using Akka.Mqtt.Server.Trust;

namespace Akka.Mqtt.Server.Security;

/// <summary>
/// SCRAM-SHA-256 (RFC 5802, RFC 7677) with the users of a file, one <c>user:SCRAM-SHA-256$…</c> in each line. Immutable; thread safe.
/// </summary>
internal sealed class ScramAuthenticator : IEnhancedAuthenticator
{
    public const string MethodName = "SCRAM-SHA-256";

    private readonly FrozenDictionary<string, ScramCredentials> _users;
    private readonly DecoyIterations _decoys;

    private ScramAuthenticator(Dictionary<string, ScramCredentials> users)
    {
        _users = users.ToFrozenDictionary(StringComparer.Ordinal);
        _decoys = new DecoyIterations(users.Values.Select(each => each.Iterations), ScramCredentials.DefaultIterations);
    }

    public string Method => MethodName;

    /// <summary>Reads a file.</summary>
    /// <exception cref="Configuration.ConfigurationException">It cannot be read or is broken; the message names file and line.</exception>
    public static ScramAuthenticator Load(string file)
    {
        var users = new Dictionary<string, ScramCredentials>(StringComparer.Ordinal);
        foreach (var (number, text) in SecurityFile.ReadLines(file))
        {
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || !ScramCredentials.TryParse(text[(colon + 1)..].Trim(), out var credentials))
            {
                throw SecurityFile.Broken(
                    file, number, "a line is user:SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey, as akka-mqtt passwd --scram makes it");
            }
            if (SecurityFile.NameProblem(text[..colon]) is { } wrong)
                throw SecurityFile.Broken(file, number, wrong);
            if (!users.TryAdd(text[..colon], credentials!))
                throw SecurityFile.Broken(file, number, $"the user {text[..colon]} has two lines; delete one of them");
        }
        return new ScramAuthenticator(users);
    }

    public IEnhancedExchange Begin(AuthenticationContext context) => new ScramExchange(Find);

    public bool MayStay(ClientIdentity client) =>
        client is { UserName: { } user, Credential: ScramCredentials credentials } && _users.TryGetValue(user, out var now) && now == credentials;

    private (ScramCredentials Credentials, bool Exists) Find(string user) => _users.TryGetValue(user, out var known)
        ? (known, true)
        : (ScramCredentials.Decoy(user, DecoyIterations.Secret, _decoys.Of(user)), false);
}
