using Akka.Actor;

namespace Akka.Mqtt.Server.Shared;

/// <summary>
/// One timer of one actor by the server's clock. It sends the actor a message once. A message that was on its way when the timer was
/// stopped still arrives, so the receiver must check the clock. Owned by the actor.
/// </summary>
internal sealed class ClockTimer(TimeProvider clock, IActorRef actor, object message) : IDisposable
{
    private ITimer? _timer;

    /// <summary>Starts the timer, or restarts it.</summary>
    public void Start(TimeSpan delay)
    {
        if (_timer is null)
            _timer = clock.CreateTimer(static timer => ((ClockTimer)timer!).Fire(), this, delay, Timeout.InfiniteTimeSpan);
        else
            _timer.Change(delay, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Stops the timer and releases it.</summary>
    public void Dispose()
    {
        _timer?.Dispose();
        _timer = null;
    }

    private void Fire() => actor.Tell(message, ActorRefs.NoSender);
}
