namespace Akka.Mqtt.Storage.Sqlite;

/// <summary>Opens the connection with which the writer's thread uses a database.</summary>
internal static class SqliteOpening
{
    /// <summary>Opens it.</summary>
    /// <param name="path">The file; it is created if it does not exist.</param>
    /// <returns>The connection. Nothing is written yet.</returns>
    public static SqliteConnection Open(string path)
    {
        var connection = SqliteConnection.Open(path, isNew: true);
        try
        {
            SqliteSchema.RefuseOther(connection, path); // before anything is changed
            connection.Execute(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864; "
                + "PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
