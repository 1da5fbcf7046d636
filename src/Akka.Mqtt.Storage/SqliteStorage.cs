using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Sqlite;
using Akka.Mqtt.Storage.Writing;

namespace Akka.Mqtt.Storage;

/// <summary>Durable sessions and retained messages in an SQLite database: a file in a directory, nothing to install.</summary>
public sealed class SqliteStorage : MqttServerStorage
{
    /// <summary>Names the directory; nothing is opened yet.</summary>
    /// <param name="directory">The directory of the data; it is made if there is none. One process uses it at a time.</param>
    public SqliteStorage(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        Directory = directory;
    }

    /// <summary>The directory of the data.</summary>
    public string Directory { get; }

    internal override async ValueTask<IStorageEngine> OpenAsync(StorageOptions options, CancellationToken cancel = default) =>
        await Task.Run(() => Open(options), cancel).ConfigureAwait(false);

    /// <summary>Opens the database; the caller's thread waits for the disk.</summary>
    /// <param name="options">What the server gives.</param>
    /// <param name="adjust">For tests: changes the connection before it is used.</param>
    /// <param name="wrap">For tests: stands before the database.</param>
    /// <returns>The engine.</returns>
    internal StorageWriter Open(StorageOptions options, Action<SqliteConnection>? adjust = null, Func<IStorageDatabase, IStorageDatabase>? wrap = null)
    {
        var path = SqliteFiles.DatabaseOf(Directory);
        var lockFile = SqliteFiles.Lock(Directory, mayCreate: true);
        SqliteConnection? connection = null;
        try
        {
            SqliteFiles.CheckLength(Directory);
            connection = SqliteConnection.Open(path, isNew: true);
            SqliteSchema.RefuseOther(connection, path); // before anything is changed
            connection.Execute(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864; "
                + "PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY");
            SqliteSchema.Prepare(connection, path);
            connection.Checkpoint(truncate: true); // else processes that are killed soon leave a log that grows, and is read at each start
            var now = options.Time.GetUtcNow().ToUnixTimeMilliseconds();
            connection.Execute(
                $"BEGIN IMMEDIATE; INSERT INTO run (started_at, alive_at) VALUES ({now}, {now}); "
                + "DELETE FROM run WHERE id < (SELECT max(id) FROM run) AND NOT EXISTS (SELECT 1 FROM session WHERE session.run = run.id AND session.run IS NOT NULL)");
            var run = connection.Scalar("SELECT max(id) FROM run");
            var session = connection.Scalar($"UPDATE meta SET value = value + {StorageWriter.SessionBlock} WHERE key = 'next_session' RETURNING value");
            var message = connection.Scalar($"UPDATE meta SET value = value + {StorageWriter.MessageBlock} WHERE key = 'next_message' RETURNING value");
            connection.Execute("COMMIT");
            adjust?.Invoke(connection);
            IStorageDatabase database = new SqliteDatabase(connection, path, lockFile, run);
            return new StorageWriter(
                wrap?.Invoke(database) ?? database, options, path, run, session - StorageWriter.SessionBlock, message - StorageWriter.MessageBlock);
        }
        catch (Exception error)
        {
            connection?.Dispose();
            lockFile.Dispose();
            if (error is not SqliteFailure failure)
                throw;
            throw failure.IsDamage
                ? SqliteFiles.Damaged(path, failure.Message)
                : new MqttStorageException($"{path} cannot be opened: {failure.Explain()}", failure);
        }
    }
}
