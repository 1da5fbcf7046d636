using Akka.Event;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Writing;

/// <summary>
/// Repairs a damaged database, so that the server continues with the readable data without an operator. Logs the losses, and reports lost sessions of
/// connected clients to the server. Owned by the writer's thread.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="name">Its name, for the log.</param>
/// <param name="sessions">The sessions that the writer knows.</param>
/// <param name="options">The options of the server.</param>
internal sealed class DamageWatch(IStorageDatabase database, string name, KnownSessions sessions, StorageOptions options)
{
    // Each repair keeps a copy of the damaged database. A database that is damaged again and again needs another disk.
    private const int MostTimes = 3;

    // The lines of the report that are logged; the subdirectory with the damaged files has all of them.
    private const int MostLines = 20;

    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMinutes(1);

    private int _times;
    private long _failedAt;

    /// <summary>Whether a failure is damage that may be repaired now.</summary>
    /// <param name="error">The failure.</param>
    /// <returns>Whether <see cref="TryMend"/> must be called after the transaction and the drain are rolled back.</returns>
    public bool MayMend(Exception error) => _times < MostTimes && database.IsDamage(error)
        && (_failedAt == 0 || options.Time.GetElapsedTime(_failedAt) >= PauseAfterFailure);

    /// <summary>Repairs the database.</summary>
    /// <returns>Whether it is repaired.</returns>
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
            $"{name} is repaired, {(lost.Count == 0 ? "and nothing is lost" : "with the losses above")}; {report[^1]}."
            + (_times == MostTimes ? $" This was the last of {MostTimes} repairs by this process: find the cause, such as a faulty disk." : ""));
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
