using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Akka.Mqtt.Server.Security;

/// <summary>
/// Chooses the number of iterations that a nonexistent user seems to have: that of an existing user, chosen by the name and a secret of
/// the process. So neither the time of a refusal nor the data of SCRAM reveals which users exist, and a second attempt shows the same
/// number. When users are added or removed, few names get another number. Immutable.
/// </summary>
internal sealed class DecoyIterations
{
    /// <summary>One for the process, so that a reload does not change the choice.</summary>
    public static readonly byte[] Secret = RandomNumberGenerator.GetBytes(32);

    private readonly int[] _sorted;

    public DecoyIterations(IEnumerable<int> ofUsers, int ofNone)
    {
        _sorted = [.. ofUsers.Order()];
        if (_sorted.Length == 0)
            _sorted = [ofNone];
    }

    /// <summary>All numbers that may be chosen, without duplicates.</summary>
    public IEnumerable<int> All => _sorted.Distinct();

    /// <summary>The iterations of a nonexistent user.</summary>
    public int Of(string user)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Secret, Encoding.UTF8.GetBytes($"iterations:{user}"), hash);
        var share = BinaryPrimitives.ReadUInt32LittleEndian(hash) / (double)uint.MaxValue;
        return _sorted[Math.Min((int)(share * _sorted.Length), _sorted.Length - 1)];
    }
}
