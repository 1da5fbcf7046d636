using System.Text;

namespace Akka.Mqtt.Server.Security;

/// <summary>One line of an ACL file.</summary>
/// <param name="Access">The right that it grants.</param>
/// <param name="Filter">The filter; a pattern may contain <c>%c</c> and <c>%u</c>.</param>
/// <param name="IsPattern">Whether <c>%c</c> and <c>%u</c> are replaced.</param>
/// <param name="Mode">Which names may replace them.</param>
internal sealed record AclRule(AclAccess Access, string Filter, bool IsPattern, AclMode Mode)
{
    private readonly bool _hasUser = IsPattern && Filter.Contains("%u", StringComparison.Ordinal);
    private readonly bool _hasClient = IsPattern && Filter.Contains("%c", StringComparison.Ordinal);

    /// <summary>The filter for a client; null when the rule does not apply to the client.</summary>
    public string? FilterFor(ClientIdentity client)
    {
        if (!_hasUser && !_hasClient)
            return Filter;
        if (_hasUser && client.UserName is null)
            return null;
        // In a pattern, a name with wildcards or levels would grant topics of other clients. A denial may cover more, so it is allowed
        // there.
        if (Access != AclAccess.Deny && (IsWild(client.ClientId, _hasClient) || IsWild(client.UserName, _hasUser)))
            return null;
        if (Mode == AclMode.Mosquitto)
            return Put(client);
        // Replaced level by level: a client identifier "%u" is not replaced again.
        var levels = Filter.Split('/');
        for (var at = 0; at < levels.Length; at++)
        {
            levels[at] = levels[at] switch
            {
                "%c" => client.ClientId,
                "%u" => client.UserName!,
                var other => other,
            };
        }
        return string.Join('/', levels);
    }

    /// <summary>Replaces once from left to right: a client identifier "%u" is not replaced again.</summary>
    private string Put(ClientIdentity client)
    {
        var text = new StringBuilder();
        for (var at = 0; at < Filter.Length; at++)
        {
            var name = Filter.AsSpan(at) switch
            {
                ['%', 'c', ..] => client.ClientId,
                ['%', 'u', ..] => client.UserName,
                _ => null,
            };
            if (name is null)
                text.Append(Filter[at]);
            else
                text.Append(name);
            at += name is null ? 0 : 1;
        }
        return text.ToString();
    }

    private bool IsWild(string? name, bool used) =>
        used && (name.AsSpan().ContainsAny('+', '#') || (Mode == AclMode.Strict && name.AsSpan().Contains('/')));
}
