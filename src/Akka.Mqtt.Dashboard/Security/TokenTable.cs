using System.Security.Cryptography;
using System.Text;

namespace Akka.Mqtt.Dashboard.Security;

/// <summary>The tokens of a dashboard. Immutable; thread safe.</summary>
internal sealed class TokenTable(IEnumerable<MqttDashboardToken> tokens)
{
    private readonly (byte[] Hash, DashboardUser User)[] _tokens =
        [.. tokens.Select(static each => (Convert.FromHexString(each.Sha256), new DashboardUser(each.Name, each.Role)))];

    public bool IsEmpty => _tokens.Length == 0;

    /// <summary>Finds the user of a token, in the same time for a wrong one.</summary>
    /// <param name="secret">The received token.</param>
    /// <returns>The user; null for a wrong token.</returns>
    public DashboardUser? Find(string secret)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(secret), hash);
        DashboardUser? found = null;
        foreach (var (known, user) in _tokens)
        {
            if (CryptographicOperations.FixedTimeEquals(known, hash))
                found = user;
        }
        return found;
    }
}
