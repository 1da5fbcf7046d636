using Akka.Configuration;
using Akka.Event;
using Akka.Remote;

namespace Akka.Mqtt;

/// <summary>
/// A failure detector that does not believe a clock: a node is unreachable when it was asked about a number of times since the last heartbeat. All nodes of a spec are in one
/// process, which may stand still for seconds on a busy machine. By a clock, the first that runs again would take all others for lost; here nobody asks while nobody runs.
/// </summary>
/// <remarks>Akka.Cluster and Akka.Remote ask each <c>unreachable-nodes-reaper-interval</c>. Thread-safe, as they want it.</remarks>
public sealed class CountingFailureDetector : FailureDetector
{
    // After a standstill the scheduler makes up for all its ticks at once. Together they are one question.
    private static readonly TimeSpan BetweenQuestions = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly int _most;
    private bool _isMonitoring;
    private int _asked;
    private long _lastAsked;

    /// <summary>Akka makes one for each node that it monitors.</summary>
    /// <param name="config">The section of the failure detector: <c>unanswered</c> is how often it may be asked without a heartbeat.</param>
    /// <param name="events">Not used.</param>
    public CountingFailureDetector(Config config, EventStream events) => _most = config.GetInt("unanswered");

    public override bool IsAvailable
    {
        get
        {
            lock (_lock)
            {
                var now = Environment.TickCount64;
                if (_isMonitoring && now - _lastAsked >= BetweenQuestions.TotalMilliseconds)
                    (_asked, _lastAsked) = (_asked + 1, now);
                return _asked <= _most;
            }
        }
    }

    public override bool IsMonitoring
    {
        get
        {
            lock (_lock)
                return _isMonitoring;
        }
    }

    public override void HeartBeat()
    {
        lock (_lock)
            (_isMonitoring, _asked) = (true, 0);
    }
}
