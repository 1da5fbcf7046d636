using Akka.Event;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Writing;

/// <summary>
/// Has a damaged database made sound, so that what can be read goes on without an operator. Names what is lost in the log, and tells the server which held
/// sessions are. Owned by the writer's thread.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="name">Its name, for the log.</param>
/// <param name="sessions">What the writer knows of sessions.</param>
/// <param name="options">What the server gave.</param>
internal sealed class DamageWatch(IStorageDatabase database, string name, KnownSessions sessions, StorageOptions options)
{
    // Each time leaves a copy of the database behind. One that is damaged again and again needs another disk.
    private const int MostTimes = 3;

    // Lines of the report that go to the log; all of them are in the directory that is set aside.
    private const int MostLines = 20;

    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMinutes(1);

    private int _times;
    private long _failedAt;

    /// <summary>Whether a failure is damage that may be mended now.</summary>
    /// <param name="error">The failure.</param>
    /// <returns>Whether <see cref="TryMend"/> is to be called, when the transaction is rolled back and the drain is taken back.</returns>
    public bool MayMend(Exception error) => _times < MostTimes && database.IsDamage(error)
        && (_failedAt == 0 || options.Time.GetElapsedTime(_failedAt) >= PauseAfterFailure);

    /// <summary>Makes the database sound.</summary>
    /// <returns>Whether it is now.</returns>
    public bool TryMend()
    {
        try
        {
            var report = database.Mend(options.Time.GetUtcNow());
            _times++;
            _failedAt = 0;
            Log(report);
            TellLost();
            return true;
        }
        catch (Exception error)
        {
            _failedAt = options.Time.GetTimestamp();
            options.Log(LogLevel.ErrorLevel, $"{name}: {(error is MqttStorageException ? error.Message : database.Explain(error))}");
            return false;
        }
    }

    private void Log(IReadOnlyList<string> report)
    {
        var lost = report.Where(each => each.StartsWith("lost:", StringComparison.Ordinal)).ToList();
        foreach (var line in lost.Take(MostLines))
            options.Log(LogLevel.ErrorLevel, $"{name}: {line}");
        if (lost.Count > MostLines)
            options.Log(LogLevel.ErrorLevel, $"{name}: {lost.Count - MostLines} more lines like these are in report.txt beside the damaged files.");
        options.Log(
            LogLevel.WarningLevel,
            $"{name} is sound again, {(lost.Count == 0 ? "and nothing is lost" : "without what is lost")}; {report[^1]}."
            + (_times == MostTimes ? $" This was the last of {MostTimes} times that this process does that: look for the cause, such as the disk." : ""));
    }

    private void TellLost()
    {
        Dictionary<long, QueueCount> there = [];
        var held = sessions.Held();
        database.Count(held, there);
        foreach (var session in held.Where(each => !there.ContainsKey(each)))
        {
            sessions.Lose(session);
            options.Lost?.Invoke(session);
        }
        sessions.UncountAll();
    }
}
