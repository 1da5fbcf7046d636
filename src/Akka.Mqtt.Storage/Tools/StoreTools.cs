using System.Globalization;
using Akka.Mqtt.Server;
using Akka.Mqtt.Storage.Sqlite;

namespace Akka.Mqtt.Storage.Tools;

/// <summary>The actions of <c>akka-mqtt store</c> on the directory of an SQLite storage. Failures are <see cref="MqttStorageException"/>.</summary>
internal static class StoreTools
{
    private static readonly (string Problem, string Sql)[] Rules =
    [
        ("deliveries refer to a missing message",
            "SELECT count(*) FROM delivery LEFT JOIN message ON id = delivery.message WHERE delivery.message IS NOT NULL AND id IS NULL"),
        ("messages are in no session", "SELECT count(*) FROM message WHERE id NOT IN (SELECT message FROM delivery WHERE message IS NOT NULL)"),
        ("messages have a wrong count of references",
            "SELECT count(*) FROM message JOIN (SELECT message AS named, count(*) AS times FROM delivery GROUP BY message) ON named = id WHERE refs <> times"),
        ("deliveries belong to no session", "SELECT count(*) FROM delivery WHERE session NOT IN (SELECT id FROM session)"),
        ("subscriptions belong to no session", "SELECT count(*) FROM subscription WHERE session NOT IN (SELECT id FROM session)"),
        ("packet identifiers belong to no session", "SELECT count(*) FROM received WHERE session NOT IN (SELECT id FROM session)"),
    ];

    /// <summary>Checks for damage; a server may use the directory at the same time.</summary>
    /// <param name="directory">The directory.</param>
    /// <returns>The problems; empty for none.</returns>
    public static IReadOnlyList<string> Check(string directory)
    {
        try
        {
            SqliteFiles.FindDatabase(directory);
            SqliteFiles.CheckLength(directory);
            using var connection = OpenForReading(directory);
            SqliteSchema.ReadVersion(connection, SqliteFiles.DatabaseOf(directory));
            List<string> found = [];
            var integrity = connection.Prepare("PRAGMA integrity_check(20)");
            while (integrity.Step())
            {
                if (integrity.Text(0) is { } line && line != "ok")
                    found.Add(line.ReplaceLineEndings("; "));
            }
            // If the structure of the file is damaged, the results of the rules would be wrong.
            if (found.Count > 0)
                return found;
            connection.Execute("BEGIN"); // all rules see one snapshot
            foreach (var (problem, sql) in Rules)
            {
                if (connection.Scalar(sql) is > 0 and var count)
                    found.Add(string.Create(CultureInfo.InvariantCulture, $"{count} {problem}"));
            }
            return found;
        }
        catch (SqliteFailure error) when (error.IsDamage)
        {
            return [$"{SqliteFiles.DatabaseOf(directory)}: {error.Message}"];
        }
        catch (MqttStorageException error) when (error.Message.Contains("is damaged", StringComparison.Ordinal))
        {
            return [error.Message];
        }
        catch (SqliteFailure error)
        {
            throw new MqttStorageException($"{SqliteFiles.DatabaseOf(directory)} cannot be read: {error.Explain()}", error);
        }
    }

    /// <summary>Counts rows; a server may use the directory at the same time.</summary>
    /// <param name="directory">The directory.</param>
    /// <returns>Names and numbers.</returns>
    public static IReadOnlyList<(string Name, long Value)> Stats(string directory) => Reading(directory, connection =>
    {
        List<(string, long)> stats = [("version", SqliteSchema.ReadVersion(connection, SqliteFiles.DatabaseOf(directory)))];
        connection.Execute("BEGIN");
        foreach (var table in StoreTable.All)
            stats.Add(($"{table.Name}_rows", connection.Scalar($"SELECT count(*) FROM {table.Name}")));
        stats.Add(("sessions_connected", connection.Scalar("SELECT count(*) FROM session WHERE run = (SELECT max(id) FROM run)")));
        stats.Add(("messages_waiting", connection.Scalar("SELECT count(*) FROM delivery WHERE packet_id IS NULL")));
        stats.Add(("messages_in_flight", connection.Scalar("SELECT count(*) FROM delivery WHERE packet_id IS NOT NULL")));
        stats.Add(("payload_bytes", connection.Scalar("SELECT total(length(payload)) FROM message")));
        stats.Add(("retained_bytes", connection.Scalar("SELECT total(length(payload)) FROM retained")));
        stats.Add(("file_bytes", new FileInfo(SqliteFiles.DatabaseOf(directory)).Length));
        var log = new FileInfo(SqliteFiles.DatabaseOf(directory) + "-wal");
        stats.Add(("log_bytes", log.Exists ? log.Length : 0));
        stats.Add(("alive_at", connection.Scalar("SELECT max(alive_at) FROM run")));
        return stats;
    });

    /// <summary>Writes all data as JSON lines; a server may use the directory at the same time.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="output">Receives the lines.</param>
    public static void Export(string directory, TextWriter output) => Reading(directory, connection =>
    {
        StoreLines.Write(connection, SqliteSchema.ReadVersion(connection, SqliteFiles.DatabaseOf(directory)), output);
        return true;
    });

    /// <summary>Imports JSON lines into a directory without sessions: all of them or none. When it fails, it deletes the files that it created.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="input">The lines.</param>
    /// <param name="name">The name of their source, for errors.</param>
    /// <returns>The number of rows.</returns>
    public static long Import(string directory, TextReader input, string name)
    {
        var missing = SqliteFiles.Missing(directory);
        using var held = SqliteFiles.Lock(directory, mayCreate: true);
        var hadDatabase = File.Exists(SqliteFiles.DatabaseOf(directory)); // no other process creates one while the lock is held
        try
        {
            return Fill(directory, input, name);
        }
        catch
        {
            SqliteFiles.DeleteNew(directory, missing, hadDatabase);
            throw;
        }
    }

    private static long Fill(string directory, TextReader input, string name)
    {
        try
        {
            using var connection = SqliteConnection.Open(SqliteFiles.DatabaseOf(directory), isNew: true);
            connection.Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
            SqliteSchema.Prepare(connection, SqliteFiles.DatabaseOf(directory));
            if (connection.Scalar("SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM retained)") > 0)
                throw new MqttStorageException($"{directory} has sessions or retained messages already: import into an empty directory.");
            connection.Execute("BEGIN IMMEDIATE; DELETE FROM run");
            var rows = StoreLines.Read(connection, input, name);
            SetIdentities(connection);
            connection.Execute("COMMIT");
            return rows;
        }
        catch (SqliteFailure error)
        {
            throw new MqttStorageException($"{SqliteFiles.DatabaseOf(directory)} cannot be written: {error.Explain()}", error);
        }
    }

    /// <summary>Makes identities start above all existing ones.</summary>
    internal static void SetIdentities(SqliteConnection connection) => connection.Execute(
        """
        UPDATE meta SET value = max(value, 1 + (SELECT ifnull(max(id), 0) FROM session)) WHERE key = 'next_session';
        UPDATE meta SET value = max(value, 1 + (SELECT ifnull(max(id), 0) FROM message), 1 + (SELECT ifnull(max(number), 0) FROM delivery)) WHERE key = 'next_message';
        """);

    private static T Reading<T>(string directory, Func<SqliteConnection, T> read)
    {
        try
        {
            using var connection = OpenForReading(directory);
            return read(connection);
        }
        catch (SqliteFailure error)
        {
            throw error.IsDamage
                ? SqliteFiles.Damaged(SqliteFiles.DatabaseOf(directory), error.Message)
                : new MqttStorageException($"{SqliteFiles.DatabaseOf(directory)} cannot be read: {error.Explain()}", error);
        }
    }

    private static SqliteConnection OpenForReading(string directory) => SqliteConnection.Open(SqliteFiles.FindDatabase(directory), isReadOnly: true);
}
