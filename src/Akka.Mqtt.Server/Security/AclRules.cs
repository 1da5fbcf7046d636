using System.Collections.Frozen;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Security;

/// <summary>
/// The rules of an ACL file. Denials are checked first, then grants; everything else is denied. A client may subscribe to a filter when it
/// may read a part of it, or when a <c>subscribe</c> rule covers all of it, and no denial covers all of it. Messages that it may not read
/// are withheld at delivery. Immutable; thread safe.
/// </summary>
internal sealed class AclRules : IAuthorizer
{
    private readonly AclRule[] _anonymous;
    private readonly FrozenDictionary<string, AclRule[]> _users;
    private readonly AclRule[] _patterns;
    private readonly AclMode _mode;

    public AclRules(List<AclRule> anonymous, Dictionary<string, List<AclRule>> users, List<AclRule> patterns, AclMode mode)
    {
        _mode = mode;
        _anonymous = [.. anonymous];
        _users = users.ToFrozenDictionary(each => each.Key, each => each.Value.ToArray(), StringComparer.Ordinal);
        _patterns = [.. patterns];
    }

    public bool MayPublish(ClientIdentity client, string topic) => IsGranted(client, topic, AclAccess.Write);

    public bool MayReceive(ClientIdentity client, string topic) => IsGranted(client, topic, AclAccess.Read);

    public bool MaySubscribe(ClientIdentity client, string filter)
    {
        if (_mode == AclMode.Mosquitto)
            return true; // messages that it may not read are withheld at delivery
        var granted = false;
        foreach (var rule in RulesOf(client))
        {
            if (rule.FilterFor(client) is not { } ruled)
                continue;
            if (rule.Access == AclAccess.Deny && FilterSets.Covers(ruled, filter))
                return false;
            granted |= (rule.Access.HasFlag(AclAccess.Read) && FilterSets.Overlap(ruled, filter))
                || (rule.Access.HasFlag(AclAccess.Subscribe) && FilterSets.Covers(ruled, filter));
        }
        return granted;
    }

    private bool IsGranted(ClientIdentity client, string topic, AclAccess access) => _mode == AclMode.Strict
        ? Answer(RulesOf(client), client, topic, access) == true
        : Answer(OwnOf(client), client, topic, access) ?? Answer(_patterns, client, topic, access) ?? false;

    /// <summary>Whether rules grant or deny something; null when no rule applies.</summary>
    private static bool? Answer(IEnumerable<AclRule> rules, ClientIdentity client, string topic, AclAccess access)
    {
        bool? granted = null;
        foreach (var rule in rules)
        {
            if (rule.Access != AclAccess.Deny && !rule.Access.HasFlag(access))
                continue;
            if (rule.FilterFor(client) is not { } filter || !TopicFilter.Matches(filter, topic))
                continue;
            if (rule.Access == AclAccess.Deny)
                return false;
            granted = true;
        }
        return granted;
    }

    private AclRule[] OwnOf(ClientIdentity client) => client.UserName is null ? _anonymous : _users.GetValueOrDefault(client.UserName) ?? [];

    private IEnumerable<AclRule> RulesOf(ClientIdentity client)
    {
        foreach (var rule in OwnOf(client))
            yield return rule;
        foreach (var rule in _patterns)
            yield return rule;
    }
}
