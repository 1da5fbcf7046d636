using Akka.Event;

namespace Akka.Mqtt.Storage.Writing;

/// <summary>
/// Measures how long the current commit has been running. Logs a line when the database becomes slow, and another one when it is fast again. The writer's
/// thread reports the start and end of commits; a timer checks them.
/// </summary>
internal sealed class SlowWatch(string name, Action<LogLevel, string> log, TimeProvider time)
{
    /// <summary>A commit that takes longer is slow.</summary>
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private long _began; // 0: none is under way
    private bool _isSlow;

    /// <summary>How long the current commit has been running, with all its attempts; zero when none is.</summary>
    public TimeSpan Age => Volatile.Read(ref _began) is not 0 and var began ? time.GetElapsedTime(began) : default;

    /// <summary>A commit begins.</summary>
    public void Begin() => Volatile.Write(ref _began, Math.Max(1, time.GetTimestamp()));

    /// <summary>It is over.</summary>
    public void End()
    {
        lock (_gate)
        {
            if (_isSlow && Age < Long)
            {
                _isSlow = false;
                log(LogLevel.WarningLevel, $"{name} is fast enough again.");
            }
            Volatile.Write(ref _began, 0);
        }
    }

    /// <summary>Logs a commit that is slow, the first one of a row.</summary>
    public void Check()
    {
        lock (_gate)
        {
            var age = Age;
            if (_isSlow || age < Long)
                return;
            _isSlow = true;
            log(LogLevel.WarningLevel, $"{name} is slow: a commit has taken {age.TotalSeconds:N0} s so far. Its acknowledgements wait.");
        }
    }
}
