using System.Globalization;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Storage.Sqlite;

namespace Akka.Mqtt.Storage.Tools;

/// <summary>
/// Creates a new database from the readable parts of a damaged one. The damaged files are moved to a subdirectory with the time in its name. A report counts
/// and names the losses.
/// </summary>
internal sealed class StoreRecovery
{
    /// <summary>The suffix of the new database until it is complete.</summary>
    public const string Fresh = ".new";

    private const string Aside = "damaged-";

    private readonly string _directory;
    private readonly List<string> _report = [];
    private bool _hasLostEverything;
    private Action<SqliteConnection>? _complete;
    private int _refused; // rows of the current table that are not valid

    private StoreRecovery(string directory) => _directory = directory;

    /// <summary>Recovers a directory that no server uses.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="now">The current time, for the name of the subdirectory.</param>
    /// <returns>Lines that name the kept and the lost rows; and whether the files were damaged and moved.</returns>
    public static (IReadOnlyList<string> Report, bool IsSetAside) Run(string directory, DateTimeOffset now)
    {
        using var held = SqliteFiles.Lock(directory, mayCreate: false);
        if (StoreTools.Check(directory).Count == 0)
            return (["nothing is damaged, and nothing was changed"], false);
        var recovery = new StoreRecovery(directory);
        Attempt(directory, () =>
        {
            recovery.Copy();
            recovery.Swap(now);
        });
        return (recovery._report, true);
    }

    /// <summary>The same for a server that uses the directory. It holds the lock, writes nothing in this time, and closes its files when it is asked to.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="now">The current time, for the name of the subdirectory.</param>
    /// <param name="complete">Adds data to the new database that the server still has and the damaged one may have lost.</param>
    /// <param name="close">Closes the database; called when the readable parts are copied.</param>
    /// <returns>Lines that name the kept and the lost rows.</returns>
    /// <exception cref="MqttStorageException">It cannot be recovered, or no part of it can be read; the database is unchanged.</exception>
    public static IReadOnlyList<string> RunWithinServer(string directory, DateTimeOffset now, Action<SqliteConnection> complete, Action close)
    {
        var recovery = new StoreRecovery(directory) { _complete = complete };
        Attempt(directory, () =>
        {
            recovery.Copy();
            if (recovery._hasLostEverything)
                throw new IOException(recovery._report[0]);
            close();
            recovery.Swap(now);
        });
        return recovery._report;
    }

    /// <summary>Completes a recovery whose process ended while it moved the damaged files.</summary>
    /// <param name="directory">The directory, whose lock is held.</param>
    public static void Finish(string directory)
    {
        var path = SqliteFiles.DatabaseOf(directory);
        if (File.Exists(path) || !File.Exists(path + Fresh) || Directory.GetDirectories(directory, Aside + "*").Max(StringComparer.Ordinal) is not { } aside)
            return;
        SetAside(path, aside);
        File.Move(path + Fresh, path);
    }

    private static void Attempt(string directory, Action recover)
    {
        try
        {
            recover();
        }
        catch (SqliteFailure error)
        {
            throw new MqttStorageException($"{directory} cannot be recovered: {error.Explain()}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new MqttStorageException($"{directory} cannot be recovered: {error.Message}", error);
        }
    }

    private static void DeleteFresh(string path)
    {
        foreach (var ending in (string[])[Fresh, Fresh + "-wal", Fresh + "-shm", Fresh + "-journal"])
            File.Delete(path + ending);
    }

    private static void SetAside(string path, string aside)
    {
        foreach (var name in (string[])[path, path + "-wal", path + "-shm"])
        {
            if (File.Exists(name))
                File.Move(name, Path.Combine(aside, Path.GetFileName(name)), overwrite: true);
        }
    }

    private void Copy()
    {
        var path = SqliteFiles.DatabaseOf(_directory);
        DeleteFresh(path);
        try
        {
            Copy(path);
        }
        catch
        {
            DeleteFresh(path);
            throw;
        }
    }

    private void Copy(string path)
    {
        var fresh = path + Fresh;
        using (var target = SqliteConnection.Open(fresh, isNew: true))
        {
            target.Execute("PRAGMA synchronous = FULL");
            SqliteSchema.Prepare(target, fresh);
            target.Execute("BEGIN IMMEDIATE");
            Copy(path, target);
            _complete?.Invoke(target);
            MakeSound(target);
            StoreTools.SetIdentities(target);
            target.Execute("COMMIT; PRAGMA journal_mode = WAL");
            foreach (var table in StoreTable.All.Where(each => each.Name != "run"))
                _report.Add(string.Create(CultureInfo.InvariantCulture, $"kept: {target.Scalar($"SELECT count(*) FROM {table.Name}")} of {table.Name}"));
            target.Checkpoint(truncate: true);
        }
    }

    // A process may end between any two of these steps; Finish does the remaining ones. All old files are moved before the new one gets its final name.
    private void Swap(DateTimeOffset now)
    {
        var path = SqliteFiles.DatabaseOf(_directory);
        var aside = Path.Combine(_directory, string.Create(CultureInfo.InvariantCulture, $"{Aside}{now:yyyyMMdd-HHmmss}"));
        for (var number = 2; File.Exists(Path.Combine(aside, SqliteFiles.DatabaseName)); number++)
            aside = Path.Combine(_directory, string.Create(CultureInfo.InvariantCulture, $"{Aside}{now:yyyyMMdd-HHmmss}-{number}"));
        Directory.CreateDirectory(aside);
        _report.Add($"the damaged files are in {aside}");
        File.WriteAllLines(Path.Combine(aside, "report.txt"), _report);
        SetAside(path, aside);
        File.Move(path + Fresh, path);
    }

    private void Copy(string path, SqliteConnection target)
    {
        SqliteConnection? source = null;
        if (new FileInfo(path) is { Length: < SqliteFiles.HeaderLength } file)
        {
            LoseEverything(string.Create(CultureInfo.InvariantCulture, $"{path} has {file.Length} bytes"));
            return;
        }
        try
        {
            source = SqliteConnection.Open(path);
            source.Execute("PRAGMA query_only = ON");
            SqliteSchema.RefuseForeign(source, path);
        }
        catch (SqliteFailure error)
        {
            source?.Dispose();
            LoseEverything($"{path} cannot be opened ({error.Message})");
            return;
        }
        using (source)
        {
            // Used identities must not be used again, even if their rows are lost.
            foreach (var key in (string[])["next_session", "next_message"])
            {
                try
                {
                    target.Execute(string.Create(CultureInfo.InvariantCulture,
                        $"UPDATE meta SET value = max(value, {source.Scalar($"SELECT value FROM meta WHERE key = '{key}'")}) WHERE key = '{key}'"));
                }
                catch (SqliteFailure error) when (error.IsDamage)
                {
                    _report.Add($"lost: meta.{key} ({error.Message})");
                }
            }
            foreach (var table in StoreTable.All)
            {
                _refused = 0;
                Copy(table, source, target);
                if (_refused > 0)
                    _report.Add(string.Create(CultureInfo.InvariantCulture, $"lost: {_refused} rows of {table.Name} that were changed by the damage"));
            }
        }
    }

    private void LoseEverything(string why)
    {
        _hasLostEverything = true;
        _report.Add($"lost: everything, because {why}");
    }

    private void Copy(StoreTable table, SqliteConnection source, SqliteConnection target)
    {
        var insert = target.Prepare(table.Insert);
        try
        {
            if (table.Key != "session")
            {
                var rows = source.Prepare($"SELECT {table.List}, {table.Key} FROM {table.Name} NOT INDEXED WHERE {table.Key} > ?1 ORDER BY {table.Key}");
                CopyByNumber(table, rows, insert);
                return;
            }
            var ofSession = source.Prepare($"SELECT {table.List} FROM {table.Name} WHERE session = ?1");
            var sessions = target.Prepare("SELECT id, client_id FROM session ORDER BY id");
            while (sessions.Step())
            {
                if (!TryCopy(table, ofSession.Bind(1, sessions.Long(0)), insert, out var error))
                    _report.Add($"lost: some of {table.Name} of client {LogText.Escape(sessions.Text(1)!)} ({error})");
            }
        }
        catch (SqliteFailure error) when (error.IsDamage)
        {
            _report.Add($"lost: all of {table.Name} ({error.Message})");
        }
    }

    /// <summary>Copies rows by ascending number. After a damaged page it continues with the next readable number.</summary>
    private void CopyByNumber(StoreTable table, SqliteStatement rows, SqliteStatement insert)
    {
        var keyAt = table.Columns.Length;
        var last = long.MinValue;
        while (true)
        {
            try
            {
                rows.Bind(1, last);
                while (rows.Step())
                {
                    var key = rows.Long(keyAt);
                    Insert(table, rows, insert);
                    last = key;
                }
                return;
            }
            catch (SqliteFailure error) when (error.IsDamage)
            {
                rows.Reset();
                var from = Math.Max(last, 0);
                if (NextReadable(rows, from) is not { } next)
                {
                    _report.Add($"lost: rows of {table.Name} after number {last} ({error.Message})");
                    return;
                }
                _report.Add($"lost: rows of {table.Name} between numbers {from} and {next + 1} ({error.Message})");
                last = next;
            }
        }
    }

    /// <summary>The least number after an unreadable one after which a row can be read again. It is found by doubling, then by halving.</summary>
    private static long? NextReadable(SqliteStatement rows, long from)
    {
        var (bad, good) = (from, (long?)null);
        for (var step = 1L; step < 1L << 50; step *= 2)
        {
            if (CanRead(rows, from + step) is not { } found)
            {
                bad = from + step;
                continue;
            }
            good = found ? from + step : null;
            break;
        }
        while (good is { } end && end - bad > 1)
        {
            var middle = bad + ((end - bad) / 2);
            if (CanRead(rows, middle) is true)
                good = middle;
            else
                bad = middle;
        }
        return good;
    }

    /// <summary>Whether the row after a number can be read; null for damage, false when no row follows.</summary>
    private static bool? CanRead(SqliteStatement rows, long after)
    {
        try
        {
            var any = rows.Bind(1, after).Step();
            rows.Reset();
            return any;
        }
        catch (SqliteFailure error) when (error.IsDamage)
        {
            rows.Reset();
            return null;
        }
    }

    private bool TryCopy(StoreTable table, SqliteStatement rows, SqliteStatement insert, out string? error)
    {
        error = null;
        try
        {
            while (rows.Step())
                Insert(table, rows, insert);
            return true;
        }
        catch (SqliteFailure failure) when (failure.IsDamage)
        {
            error = failure.Message;
            return false;
        }
        finally
        {
            rows.Reset();
        }
    }

    private void Insert(StoreTable table, SqliteStatement row, SqliteStatement insert)
    {
        for (var at = 0; at < table.Columns.Length; at++)
        {
            if (row.IsNull(at))
                insert.Null(at + 1);
            else if (table.Blobs.Contains(table.Columns[at]))
                insert.Bind(at + 1, row.Blob(at));
            else if (row.TypeOf(at) == 1)
                insert.Bind(at + 1, row.Long(at));
            else
                insert.Bind(at + 1, row.Text(at));
        }
        try
        {
            insert.Run();
        }
        catch (SqliteFailure error) when (error.IsConstraint)
        {
            _refused++; // the damaged page returned an invalid row: its key is a duplicate, or a value is missing
        }
    }

    /// <summary>Removes rows that refer to lost rows, and counts references again.</summary>
    private void MakeSound(SqliteConnection target)
    {
        var lost = target.Prepare(
            "SELECT client_id, count(*) FROM delivery JOIN session ON session.id = session WHERE message IS NOT NULL "
            + "AND message NOT IN (SELECT id FROM message) GROUP BY session.id");
        while (lost.Step())
            _report.Add(string.Create(CultureInfo.InvariantCulture, $"lost: {lost.Long(1)} messages of client {LogText.Escape(lost.Text(0)!)}"));
        target.Execute(
            """
            UPDATE session SET run = NULL WHERE run NOT IN (SELECT id FROM run);
            DELETE FROM delivery WHERE message IS NOT NULL AND message NOT IN (SELECT id FROM message);
            DELETE FROM message WHERE id NOT IN (SELECT message FROM delivery WHERE message IS NOT NULL);
            CREATE TEMP TABLE named (id INTEGER PRIMARY KEY, times INTEGER);
            INSERT INTO named SELECT message, count(*) FROM delivery WHERE message IS NOT NULL GROUP BY message;
            UPDATE message SET refs = (SELECT times FROM named WHERE named.id = message.id);
            """);
    }
}
