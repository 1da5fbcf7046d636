using Akka.Event;

namespace Akka.Mqtt.Storage.Writing;

/// <summary>Counts failed commits: how many, since when, and when to try again. Each cause is logged once. Written by the writer's thread.</summary>
internal sealed class FailureWatch(string name, Action<LogLevel, string> log, TimeProvider time, Func<Exception, string> explain)
{
    public static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private volatile bool _isFailing;
    private long _count;
    private int _inARow;
    private string? _logged;
    private TimeSpan _pause = ShortestPause;

    /// <summary>Repairs damage, if the database supports it.</summary>
    public required DamageWatch Damage { get; init; }

    /// <summary>Commits that take long.</summary>
    public SlowWatch Slow { get; } = new(name, log, time);

    /// <summary>Whether the last commit failed.</summary>
    public bool IsFailing => _isFailing;

    /// <summary>The number of failed commits.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Logs a commit that takes long, unless it fails: that is logged already. Called by a timer.</summary>
    public void Check()
    {
        if (!_isFailing)
            Slow.Check();
    }

    /// <summary>A commit failed.</summary>
    /// <param name="error">Why.</param>
    public void Failed(Exception error)
    {
        _inARow++;
        Interlocked.Increment(ref _count);
        var cause = explain(error);
        if (cause != _logged)
            log(LogLevel.WarningLevel, $"{name} cannot be written: {cause.TrimEnd('.')}. The server tries again; until a write succeeds, new durable messages are refused.");
        _logged = cause;
        _isFailing = true;
    }

    /// <summary>A commit failed because the database is damaged, which is mended now.</summary>
    /// <param name="error">Why.</param>
    public void Damaged(Exception error)
    {
        _inARow++;
        Interlocked.Increment(ref _count);
        log(
            LogLevel.ErrorLevel,
            $"{name} is damaged ({error.Message.TrimEnd('.')}). The readable parts are now copied to a new database; until that is done, new durable messages are refused.");
        _isFailing = true;
    }

    /// <summary>An action other than a commit failed, which need not be tried again.</summary>
    /// <param name="error">Why.</param>
    public void Noted(Exception error)
    {
        Interlocked.Increment(ref _count);
        var cause = explain(error);
        if (cause != _logged)
            log(LogLevel.WarningLevel, $"{name}: {cause}");
        _logged = cause;
    }

    /// <summary>A commit succeeded.</summary>
    public void Succeeded()
    {
        if (!_isFailing)
            return;
        log(LogLevel.WarningLevel, $"{name} is written again, after {_inARow} failed attempts.");
        (_isFailing, _inARow, _logged, _pause) = (false, 0, null, ShortestPause);
    }

    /// <summary>How long to wait before the next attempt: longer each time.</summary>
    /// <returns>The time.</returns>
    public TimeSpan Pause()
    {
        var pause = _pause;
        _pause = TimeSpan.FromTicks(Math.Min(_pause.Ticks * 2, LongestPause.Ticks));
        return pause;
    }
}
