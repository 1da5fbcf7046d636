namespace Akka.Mqtt.Server.Limits;

/// <summary>
/// A rate limit with a burst. No IO. Tokens return with time. A caller may take any number while at least one token is left, so one large
/// request can make the rest negative; the next one then waits until the rest is positive. Not thread safe.
/// </summary>
/// <param name="perSecond">How many tokens return a second.</param>
/// <param name="burst">The highest number of tokens, 1 or more.</param>
internal sealed class TokenBucket(double perSecond, double burst)
{
    private double _used; // tokens taken and not returned
    private long _at = long.MinValue;

    /// <summary>Milliseconds until a token may be taken; 0 when one may be taken now.</summary>
    public long Wait => Math.Max(0, (long)Math.Ceiling((_used - burst + 1) * 1000 / perSecond));

    /// <summary>Whether a token may be taken.</summary>
    /// <param name="now">The clock, in milliseconds.</param>
    public bool HasAny(long now)
    {
        if (_at != long.MinValue && now > _at)
            _used = Math.Max(0, _used - ((now - _at) * perSecond / 1000));
        _at = Math.Max(now, _at);
        return _used + 1 <= burst;
    }

    /// <summary>Takes tokens. Call <see cref="HasAny"/> before.</summary>
    /// <param name="count">How many.</param>
    public void Take(double count) => _used += count;
}
