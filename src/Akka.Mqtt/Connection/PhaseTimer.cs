using Akka.Actor;

namespace Akka.Mqtt.Connection;

/// <summary>One timer, for one deadline at a time. Owned by the connection actor.</summary>
internal struct PhaseTimer
{
    private ICancelable? _running;

    public readonly bool IsRunning => _running is not null;

    public void Start(TimeSpan delay, PhaseTimeout timeout, IScheduler scheduler, IActorRef connection)
    {
        Stop();
        _running = scheduler.ScheduleTellOnceCancelable(delay, connection, timeout, connection);
    }

    public void Stop()
    {
        _running?.Cancel();
        _running = null;
    }
}
