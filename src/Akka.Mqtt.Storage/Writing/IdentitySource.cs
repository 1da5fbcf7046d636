using Akka.Mqtt.Server;

namespace Akka.Mqtt.Storage.Writing;

/// <summary>
/// Identities from blocks that the database has reserved. The next block is requested when half of the present one is used, so that no caller waits for it. Thread safe.
/// </summary>
internal sealed class IdentitySource(long first, long count, Action renew)
{
    private readonly Lock _lock = new();
    private long _next = first;
    private long _end = first + count;
    private long _renewAt = first + (count / 2);
    private long _spare;
    private bool _isAsked;

    /// <summary>The next identity.</summary>
    public long Next
    {
        get
        {
            lock (_lock)
                return _next;
        }
    }

    /// <summary>The first identity above the block from which identities are taken.</summary>
    public long End
    {
        get
        {
            lock (_lock)
                return _end;
        }
    }

    /// <summary>Continues with a block above all earlier ones.</summary>
    /// <param name="block">The first identity of it.</param>
    public void Restart(long block)
    {
        lock (_lock)
            (_next, _end, _renewAt, _spare) = (block, block + count, block + (count / 2), 0);
    }

    /// <summary>Takes identities.</summary>
    /// <param name="number">How many consecutive identities.</param>
    /// <returns>The first.</returns>
    public long Take(int number)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        var ask = false;
        long taken;
        lock (_lock)
        {
            if (_next + number > _end)
            {
                if (_spare == 0)
                    throw new MqttStorageException("The storage has no more identities, because it could not be written for too long.");
                (_next, _end, _renewAt, _spare) = (_spare, _spare + count, _spare + (count / 2), 0);
            }
            taken = _next;
            _next += number;
            if (_next > _renewAt && _spare == 0 && !_isAsked)
                _isAsked = ask = true;
        }
        if (ask)
            renew();
        return taken;
    }

    /// <summary>Adds the next block.</summary>
    /// <param name="block">The first identity of it.</param>
    public void Renew(long block)
    {
        lock (_lock)
            (_spare, _isAsked) = (block > _next ? block : 0, false); // a block that was requested before Restart is too low
    }
}
