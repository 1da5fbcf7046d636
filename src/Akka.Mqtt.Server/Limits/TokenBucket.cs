namespace Akka.Mqtt.Server.Limits;

/// <summary>
/// A rate with a burst. No IO. What is taken comes back with time. Something may be taken while anything is left, so one large piece can
/// make the rest negative; the next waits until it is positive. One user at a time.
/// </summary>
/// <param name="perSecond">What comes back a second.</param>
/// <param name="burst">What may be there at most, 1 or more.</param>
internal sealed class TokenBucket(double perSecond, double burst)
{
    private double _used; // of the burst
    private long _at = long.MinValue;

    /// <summary>Milliseconds until something may be taken; 0 when it may.</summary>
    public long Wait => Math.Max(0, (long)Math.Ceiling((_used - burst + 1) * 1000 / perSecond));

    /// <summary>Whether something may be taken.</summary>
    /// <param name="now">The clock, in milliseconds.</param>
    public bool HasAny(long now)
    {
        if (_at != long.MinValue && now > _at)
            _used = Math.Max(0, _used - ((now - _at) * perSecond / 1000));
        _at = Math.Max(now, _at);
        return _used + 1 <= burst;
    }

    /// <summary>Takes, after <see cref="HasAny"/>.</summary>
    /// <param name="count">How much.</param>
    public void Take(double count) => _used += count;
}
