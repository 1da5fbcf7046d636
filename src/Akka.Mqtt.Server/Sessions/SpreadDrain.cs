using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Disconnects the clients of a stopping server one after another, spread evenly over a time, so that they do not all connect to other
/// servers at once. Owned by the registry of sessions.
/// </summary>
/// <param name="sessions">The sessions that may have clients.</param>
/// <param name="clock">The clock.</param>
/// <param name="time">The duration.</param>
/// <param name="registry">Receives <see cref="Step"/>.</param>
internal sealed class SpreadDrain(IActorRef[] sessions, TimeProvider clock, TimeSpan time, IActorRef registry) : IDisposable
{
    // Time between two steps.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly ClockTimer _timer = new(clock, registry, Step.Instance);
    private readonly long _begun = clock.GetTimestamp();
    private int _next;

    /// <summary>Disconnects the clients that are due.</summary>
    /// <returns>Whether all have been disconnected.</returns>
    public bool Continue()
    {
        var share = clock.GetElapsedTime(_begun) / time;
        var due = share >= 1 ? sessions.Length : (int)(share * sessions.Length);
        for (; _next < due; _next++)
            sessions[_next].Tell(Drain.Instance);
        if (_next == sessions.Length)
            return true;
        _timer.Start(Interval);
        return false;
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>Sent to the registry when clients are due.</summary>
    internal sealed class Step : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Step Instance = new();
    }
}
