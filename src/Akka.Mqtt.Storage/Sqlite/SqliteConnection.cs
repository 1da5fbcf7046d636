using SQLitePCL;

namespace Akka.Mqtt.Storage.Sqlite;

/// <summary>
/// A connection to an SQLite file through the raw interface: parameters are bound without boxing, and statements are prepared once. Owned by one thread at a
/// time.
/// </summary>
internal sealed class SqliteConnection : IDisposable
{
    private readonly sqlite3 _handle;
    private readonly List<SqliteStatement> _statements = [];

    static SqliteConnection() => Batteries_V2.Init();

    private SqliteConnection(sqlite3 handle) => _handle = handle;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isReadOnly">Whether it only reads.</param>
    /// <param name="isNew">Whether the file is created if it does not exist.</param>
    /// <returns>The connection.</returns>
    public static SqliteConnection Open(string path, bool isReadOnly = false, bool isNew = false)
    {
        var flags = (isReadOnly ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE | (isNew ? raw.SQLITE_OPEN_CREATE : 0)) | raw.SQLITE_OPEN_NOMUTEX;
        var code = raw.sqlite3_open_v2(path, out var handle, flags, null);
        var connection = new SqliteConnection(handle);
        if (code != raw.SQLITE_OK)
        {
            var failure = connection.Failure(code);
            connection.Dispose();
            throw failure;
        }
        raw.sqlite3_extended_result_codes(handle, 1);
        raw.sqlite3_busy_timeout(handle, 2000);
        return connection;
    }

    /// <summary>Prepares a statement, which the connection disposes of.</summary>
    /// <param name="sql">Its text.</param>
    /// <returns>The statement.</returns>
    public SqliteStatement Prepare(string sql)
    {
        var code = raw.sqlite3_prepare_v3(_handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement);
        if (code != raw.SQLITE_OK)
            throw Failure(code);
        var prepared = new SqliteStatement(this, statement);
        _statements.Add(prepared);
        return prepared;
    }

    /// <summary>Runs statements without a result.</summary>
    /// <param name="sql">Their text.</param>
    public void Execute(string sql)
    {
        var code = raw.sqlite3_exec(_handle, sql);
        if (code != raw.SQLITE_OK)
            throw Failure(code);
    }

    /// <summary>Reads one number.</summary>
    /// <param name="sql">The statement.</param>
    /// <returns>The first column of the first row; 0 when there is none.</returns>
    public long Scalar(string sql)
    {
        using var statement = new Transient(this, sql);
        return statement.Prepared.Step() ? statement.Prepared.Long(0) : 0;
    }

    /// <summary>Reads one text.</summary>
    /// <param name="sql">The statement.</param>
    /// <returns>The first column of the first row; null when there is none.</returns>
    public string? Text(string sql)
    {
        using var statement = new Transient(this, sql);
        return statement.Prepared.Step() ? statement.Prepared.Text(0) : null;
    }

    /// <summary>Whether a transaction is open.</summary>
    public bool IsInTransaction => raw.sqlite3_get_autocommit(_handle) == 0;

    /// <summary>Rows that the last statement changed.</summary>
    public int Changes => raw.sqlite3_changes(_handle);

    /// <summary>Pages that were written to the log or the file since the last call.</summary>
    public int TakePagesWritten()
    {
        const int cacheWrite = 9; // SQLITE_DBSTATUS_CACHE_WRITE
        return raw.sqlite3_db_status(_handle, cacheWrite, out var pages, out _, 1) == raw.SQLITE_OK ? pages : 0;
    }

    /// <summary>Moves committed pages from the log to the file, as far as readers allow.</summary>
    /// <param name="truncate">Whether to empty the log; this waits for readers.</param>
    /// <returns>Pages that stay in the log.</returns>
    public int Checkpoint(bool truncate)
    {
        var mode = truncate ? raw.SQLITE_CHECKPOINT_TRUNCATE : raw.SQLITE_CHECKPOINT_PASSIVE;
        var code = raw.sqlite3_wal_checkpoint_v2(_handle, "main", mode, out var all, out var moved);
        if (code is not raw.SQLITE_OK and not raw.SQLITE_BUSY)
            throw Failure(code);
        return all - moved;
    }

    /// <summary>Closes it.</summary>
    public void Dispose()
    {
        foreach (var statement in _statements)
            statement.Dispose();
        _handle.Dispose();
    }

    internal void Release(SqliteStatement statement)
    {
        _statements.Remove(statement);
        statement.Dispose();
    }

    internal SqliteFailure Failure(int code) => new(code, raw.sqlite3_errmsg(_handle).utf8_to_string());

    private readonly struct Transient(SqliteConnection connection, string sql) : IDisposable
    {
        public SqliteStatement Prepared { get; } = connection.Prepare(sql);

        public void Dispose() => connection.Release(Prepared);
    }
}
