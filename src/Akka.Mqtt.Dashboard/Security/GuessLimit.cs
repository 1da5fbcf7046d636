namespace Akka.Mqtt.Dashboard.Security;

/// <summary>
/// Slows down attempts to guess tokens. Of all requests without a correct token, those beyond a few a second are answered late, so the number of connections
/// limits them. Requests with a correct token never wait, so an attacker cannot lock out others. Thread safe.
/// </summary>
internal sealed class GuessLimit
{
    /// <summary>Requests in a second that are answered at once.</summary>
    public const int AtOnce = 20;

    /// <summary>How long the others wait.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private long _began = long.MinValue;
    private int _count;

    /// <summary>Waits, if there were too many requests before.</summary>
    /// <param name="clock">Counts the seconds.</param>
    /// <param name="cancellation">The requester has disconnected: ends the waiting.</param>
    public async Task WaitAsync(TimeProvider clock, CancellationToken cancellation)
    {
        lock (_lock)
        {
            var now = clock.GetTimestamp();
            if (_began == long.MinValue || clock.GetElapsedTime(_began, now) >= TimeSpan.FromSeconds(1))
                (_began, _count) = (now, 0);
            if (++_count <= AtOnce)
                return;
        }
        try
        {
            await Task.Delay(Pause, clock, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The requester has disconnected.
        }
    }
}
