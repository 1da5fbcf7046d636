using System.Globalization;
using Akka.Mqtt.Storage.Writing;

namespace Akka.Mqtt.Storage.Sqlite;

/// <summary>The rows that a start writes: the run of the server, and the identities that it reserves.</summary>
/// <param name="Run">The number of the run.</param>
/// <param name="FirstSession">The first of the identities for sessions.</param>
/// <param name="FirstMessage">The first of the identities for messages.</param>
/// <param name="Now">When the server starts.</param>
internal sealed record SqliteStart(long Run, long FirstSession, long FirstMessage, long Now)
{
    /// <summary>The statements.</summary>
    public string Sql { get; } = string.Create(
        CultureInfo.InvariantCulture,
        $"""
        INSERT OR REPLACE INTO run (id, started_at, alive_at) VALUES ({Run}, {Now}, {Now});
        DELETE FROM run WHERE id < {Run} AND NOT EXISTS (SELECT 1 FROM session WHERE session.run = run.id AND session.run IS NOT NULL);
        UPDATE meta SET value = {FirstSession + StorageWriter.SessionBlock} WHERE key = 'next_session';
        UPDATE meta SET value = {FirstMessage + StorageWriter.MessageBlock} WHERE key = 'next_message';
        """);

    /// <summary>Reads the next numbers. The lock is held, so no other process writes.</summary>
    /// <param name="connection">The database.</param>
    /// <param name="time">The clock.</param>
    /// <returns>The rows that the start must write.</returns>
    public static SqliteStart Read(SqliteConnection connection, TimeProvider time) => new(
        connection.Scalar("SELECT 1 + ifnull(max(id), 0) FROM run"),
        connection.Scalar("SELECT value FROM meta WHERE key = 'next_session'"),
        connection.Scalar("SELECT value FROM meta WHERE key = 'next_message'"),
        time.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>Writes it.</summary>
    /// <param name="connection">The database.</param>
    /// <returns>Whether the disk had room. If not, it must be written together with the first change; before that, the disk has nothing of this run.</returns>
    public bool TryWrite(SqliteConnection connection)
    {
        try
        {
            connection.Checkpoint(truncate: true); // otherwise processes that are killed soon leave a growing log, which is read at each start
            connection.Execute($"BEGIN IMMEDIATE; {Sql} COMMIT");
            return true;
        }
        catch (SqliteFailure error) when (error.IsFull)
        {
            if (connection.IsInTransaction)
                connection.Execute("ROLLBACK");
            return false;
        }
    }
}
