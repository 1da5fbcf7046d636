using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Akka.Mqtt.Server.Security;

/// <summary>
/// How many iterations a user that does not exist seems to have: those of a user that does, picked by its name and a secret of the process. So
/// neither the time of a refusal nor what SCRAM shows tells who exists, and a second attempt shows the same. When users come or go, few names
/// change theirs. Immutable.
/// </summary>
internal sealed class DecoyIterations
{
    /// <summary>Of the process, so that a reload changes nothing.</summary>
    public static readonly byte[] Secret = RandomNumberGenerator.GetBytes(32);

    private readonly int[] _sorted;

    public DecoyIterations(IEnumerable<int> ofUsers, int ofNone)
    {
        _sorted = [.. ofUsers.Order()];
        if (_sorted.Length == 0)
            _sorted = [ofNone];
    }

    /// <summary>Each number that may be picked, once.</summary>
    public IEnumerable<int> All => _sorted.Distinct();

    /// <summary>The iterations of a user that does not exist.</summary>
    public int Of(string user)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Secret, Encoding.UTF8.GetBytes($"iterations:{user}"), hash);
        var share = BinaryPrimitives.ReadUInt32LittleEndian(hash) / (double)uint.MaxValue;
        return _sorted[Math.Min((int)(share * _sorted.Length), _sorted.Length - 1)];
    }
}
