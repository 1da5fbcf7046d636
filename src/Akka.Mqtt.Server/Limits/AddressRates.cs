using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Limits;

/// <summary>
/// Enforces <c>max-connect-rate</c> over all connections and for each address, so that one address can use no more than its share. The
/// number of known addresses is limited: above the limit, those that have connected least recently are forgotten. Not thread safe.
/// </summary>
internal sealed class AddressRates
{
    private const int MaxAddresses = 16_384;

    private readonly TokenBucket _all;
    private readonly double _perSecond;
    private readonly double _burst;
    private readonly Dictionary<AddressKey, TokenBucket> _recent = [];
    private Dictionary<AddressKey, TokenBucket> _older = [];

    private AddressRates(int rate, MqttServerLimits limits)
    {
        _all = new TokenBucket(rate, limits.MaxConnectBurst);
        _perSecond = rate * limits.ConnectRateShare;
        _burst = Math.Max(1, limits.MaxConnectBurst * limits.ConnectRateShare);
        HasShares = limits.ConnectRateShare < 1;
    }

    /// <summary>Addresses that are known now.</summary>
    public int Count => _recent.Count + _older.Count;

    private bool HasShares { get; }

    public static AddressRates? Of(MqttServerLimits limits) => limits.MaxConnectRate is { } rate ? new AddressRates(rate, limits) : null;

    /// <summary>Counts a new connection.</summary>
    /// <param name="address">Its remote address.</param>
    /// <param name="now">The clock, in milliseconds.</param>
    /// <returns>Success, or the reason code of the refusal.</returns>
    public ReasonCode TryConnect(AddressKey address, long now)
    {
        var own = HasShares && address != AddressKey.None ? BucketOf(address) : null;
        if ((own is not null && !own.HasAny(now)) || !_all.HasAny(now))
            return ReasonCode.ConnectionRateExceeded;
        own?.Take(1);
        _all.Take(1);
        return ReasonCode.Success;
    }

    private TokenBucket BucketOf(AddressKey address)
    {
        if (_recent.TryGetValue(address, out var bucket))
            return bucket;
        if (!_older.Remove(address, out bucket))
            bucket = new TokenBucket(_perSecond, _burst);
        if (_recent.Count >= MaxAddresses / 2)
        {
            _older = new Dictionary<AddressKey, TokenBucket>(_recent);
            _recent.Clear();
        }
        _recent.Add(address, bucket);
        return bucket;
    }
}
