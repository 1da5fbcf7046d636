using System.Net;
using Akka.Event;

namespace Akka.Mqtt.Connection;

/// <summary>
/// The pause of a listener after a failed accept: 20 ms to 1 s. It logs one line for all failures of a period. Owned by the listener.
/// </summary>
internal sealed class AcceptPause(ILoggingAdapter log, EndPoint address)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    private TimeSpan _delay;
    private int _failures;
    private long? _logged;

    /// <summary>Notes a failed accept. Returns how long to wait before the next one.</summary>
    public TimeSpan Begin(string reason)
    {
        _failures++;
        _delay = _delay == TimeSpan.Zero ? Shortest : TimeSpan.FromTicks(Math.Min(_delay.Ticks * 2, Longest.Ticks));
        if (_logged is not { } logged || TimeProvider.System.GetElapsedTime(logged) >= BetweenLines)
        {
            _logged = TimeProvider.System.GetTimestamp();
            log.Warning("{0}: the listener does not accept for a while, and clients wait ({1} such pauses since the last line): {2}", address, _failures, reason);
            _failures = 0;
        }

        return _delay;
    }

    /// <summary>A client was accepted.</summary>
    public void End() => _delay = TimeSpan.Zero;
}
