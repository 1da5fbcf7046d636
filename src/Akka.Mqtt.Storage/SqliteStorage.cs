using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Sqlite;
using Akka.Mqtt.Storage.Tools;
using Akka.Mqtt.Storage.Writing;

namespace Akka.Mqtt.Storage;

/// <summary>Durable sessions and retained messages in an SQLite database: a file in a directory, nothing to install.</summary>
public sealed class SqliteStorage : MqttServerStorage
{
    /// <summary>Sets the directory; nothing is opened yet.</summary>
    /// <param name="directory">The data directory; it is created if it does not exist. One process can use it at a time.</param>
    public SqliteStorage(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        Directory = directory;
    }

    /// <summary>The data directory.</summary>
    public string Directory { get; }

    internal override async ValueTask<IStorageEngine> OpenAsync(StorageOptions options, CancellationToken cancel = default) =>
        await Task.Run(() => Open(options), cancel).ConfigureAwait(false);

    /// <summary>Opens the database; blocks the caller's thread.</summary>
    /// <param name="options">The options of the server.</param>
    /// <param name="adjust">For tests: changes each connection before it is used.</param>
    /// <param name="wrap">For tests: wraps the database.</param>
    /// <returns>The engine.</returns>
    internal StorageWriter Open(StorageOptions options, Action<SqliteConnection>? adjust = null, Func<IStorageDatabase, IStorageDatabase>? wrap = null)
    {
        var path = SqliteFiles.DatabaseOf(Directory);
        var missing = SqliteFiles.Missing(Directory);
        var lockFile = SqliteFiles.Lock(Directory, mayCreate: true);
        var hadDatabase = Path.Exists(path) || File.Exists(path + StoreRecovery.Fresh);
        SqliteConnection? connection = null;
        try
        {
            StoreRecovery.Finish(Directory);
            SqliteFiles.CheckLength(Directory);
            connection = OpenConnection();
            SqliteSchema.Prepare(connection, path);
            var start = SqliteStart.Read(connection, options.Time);
            var isFull = !start.TryWrite(connection);
            IStorageDatabase database = new SqliteDatabase(connection, Directory, lockFile, start, OpenConnection, StoreRecovery.RunWithinServer) { MustStart = isFull };
            return new StorageWriter(wrap?.Invoke(database) ?? database, options, path, start.Run, start.FirstSession, start.FirstMessage, isFull);
        }
        catch (Exception error)
        {
            connection?.Dispose();
            SqliteFiles.DeleteNew(Directory, missing, hadDatabase);
            lockFile.Dispose();
            if (error is not SqliteFailure failure)
                throw;
            throw failure.IsDamage
                ? SqliteFiles.Damaged(path, failure.Message)
                : new MqttStorageException($"{path} cannot be opened: {failure.Explain()}", failure);
        }

        SqliteConnection OpenConnection()
        {
            var opened = SqliteOpening.Open(path);
            adjust?.Invoke(opened);
            return opened;
        }
    }
}
