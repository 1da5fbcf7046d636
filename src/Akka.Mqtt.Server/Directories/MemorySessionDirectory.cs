using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Directories;

/// <summary>
/// The directory of a server without a cluster. Epochs start with the wall clock in microseconds, so that they are higher after a restart
/// of the process. Setting the clock back while the process runs changes nothing. Thread safe.
/// </summary>
/// <typeparam name="THolder">The holder.</typeparam>
/// <param name="clock">The wall clock.</param>
internal sealed class MemorySessionDirectory<THolder>(TimeProvider clock) : ISessionDirectory<THolder>
    where THolder : class
{
    private readonly Dictionary<SessionKey, (THolder Holder, long Epoch)> _holders = [];
    private readonly Lock _lock = new();
    private long _epoch = clock.GetUtcNow().ToUnixTimeMilliseconds() * 1000;

    public ValueTask<Claim<THolder>> ClaimAsync(SessionKey key, THolder holder, CancellationToken cancel = default)
    {
        lock (_lock)
        {
            _holders.TryGetValue(key, out var before);
            _holders[key] = (holder, ++_epoch);
            return new(new Claim<THolder>(_epoch, before.Holder));
        }
    }

    public ValueTask<bool> ReleaseAsync(SessionKey key, long epoch)
    {
        lock (_lock)
            return new(_holders.TryGetValue(key, out var held) && held.Epoch == epoch && _holders.Remove(key));
    }

    public THolder? Find(SessionKey key)
    {
        lock (_lock)
            return _holders.TryGetValue(key, out var held) ? held.Holder : null;
    }

    /// <summary>Makes the next epoch higher than one that a store or another node has.</summary>
    /// <param name="epoch">The epoch.</param>
    public void Raise(long epoch)
    {
        lock (_lock)
            _epoch = Math.Max(_epoch, epoch);
    }
}
