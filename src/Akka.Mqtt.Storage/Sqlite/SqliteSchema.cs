using System.Globalization;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Storage.Sqlite;

/// <summary>
/// The tables, and the steps that upgrade older ones. All times are milliseconds since the Unix epoch, intervals are seconds. docs/durability.md describes
/// the tables to operators: keep it up to date.
/// </summary>
internal static class SqliteSchema
{
    /// <summary>The version that this program writes. A newer one is refused.</summary>
    public const int Version = 1;

    // The milliseconds from the end of the connection to the will or to the end of the session, whichever is first. NULL: for ever.
    private const string Lapse =
        "CASE WHEN will_topic IS NULL THEN expiry * 1000 WHEN expiry IS NULL THEN will_delay * 1000 ELSE min(expiry, will_delay) * 1000 END";

    private const string Tables = $"""
        CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
        CREATE TABLE run (id INTEGER PRIMARY KEY, started_at INTEGER NOT NULL, alive_at INTEGER NOT NULL);
        CREATE TABLE session (
          id INTEGER PRIMARY KEY,
          mount_point TEXT NOT NULL,
          user_name TEXT,
          client_id TEXT NOT NULL,
          owner TEXT,
          epoch INTEGER NOT NULL,
          run INTEGER, -- which run of the server it is connected to; NULL when it is not connected
          changed_at INTEGER NOT NULL, -- when the last connection came or ended
          expiry INTEGER, -- Session Expiry Interval; NULL never
          will_topic TEXT,
          will_payload BLOB,
          will_qos INTEGER,
          will_retain INTEGER,
          will_delay INTEGER,
          will_properties BLOB,
          lapse INTEGER AS ({Lapse}) VIRTUAL,
          due_at INTEGER AS (CASE WHEN run IS NULL THEN changed_at + {Lapse} END) VIRTUAL
        );
        CREATE INDEX session_due ON session (due_at) WHERE due_at IS NOT NULL;
        CREATE INDEX session_connected ON session (run, lapse) WHERE run IS NOT NULL;
        CREATE TABLE subscription (
          session INTEGER NOT NULL,
          filter TEXT NOT NULL,
          qos INTEGER NOT NULL,
          no_local INTEGER NOT NULL,
          retain_as_published INTEGER NOT NULL,
          retain_handling INTEGER NOT NULL,
          identifier INTEGER NOT NULL, -- 0 for none
          shared INTEGER NOT NULL, -- 1 for a shared subscription of MQTT 5.0
          PRIMARY KEY (session, filter)
        ) WITHOUT ROWID;
        CREATE TABLE message (
          id INTEGER PRIMARY KEY,
          topic TEXT NOT NULL,
          payload BLOB NOT NULL,
          received_at INTEGER NOT NULL,
          expiry INTEGER, -- Message Expiry Interval; NULL never
          properties BLOB, -- other properties of MQTT 5.0, as on the wire
          refs INTEGER NOT NULL, -- deliveries that name it
          expires_at INTEGER AS (received_at + expiry * 1000) VIRTUAL
        );
        CREATE TABLE delivery (
          session INTEGER NOT NULL,
          number INTEGER NOT NULL, -- rises with the order of the queue
          message INTEGER, -- NULL when only the PUBREL is left
          qos INTEGER NOT NULL,
          retain INTEGER NOT NULL,
          size INTEGER NOT NULL, -- bytes that the session counts
          packet_id INTEGER, -- NULL while it waits
          sent_order INTEGER,
          identifiers TEXT, -- Subscription Identifiers
          share TEXT, -- name and filter of the shared subscription by which it came
          state TEXT AS (CASE WHEN packet_id IS NULL THEN 'waiting' WHEN message IS NULL THEN 'released' ELSE 'sent' END) VIRTUAL,
          PRIMARY KEY (session, number)
        ) WITHOUT ROWID;
        CREATE TABLE received (session INTEGER NOT NULL, packet_id INTEGER NOT NULL, PRIMARY KEY (session, packet_id)) WITHOUT ROWID;
        CREATE TABLE retained (
          topic TEXT PRIMARY KEY,
          payload BLOB NOT NULL,
          qos INTEGER NOT NULL,
          received_at INTEGER NOT NULL,
          expiry INTEGER,
          properties BLOB,
          publisher TEXT NOT NULL,
          user_name TEXT,
          listener TEXT,
          expires_at INTEGER AS (received_at + expiry * 1000) VIRTUAL
        );
        INSERT INTO meta VALUES ('version', 1), ('next_session', 1), ('next_message', 1);
        """;

    // From each version to the next one.
    private static readonly string[] Steps = [];

    /// <summary>Creates the tables, or upgrades older ones.</summary>
    /// <param name="connection">The database.</param>
    /// <param name="name">Its name, for errors.</param>
    public static void Prepare(SqliteConnection connection, string name)
    {
        if (IsEmpty(connection))
        {
            connection.Execute($"BEGIN IMMEDIATE; {Tables} COMMIT");
            return;
        }
        var version = ReadVersion(connection, name);
        if (version == Version)
            return;
        connection.Execute("BEGIN IMMEDIATE");
        for (; version < Version; version++)
            connection.Execute(Steps[version - 1]);
        connection.Execute(string.Create(CultureInfo.InvariantCulture, $"UPDATE meta SET value = {Version} WHERE key = 'version'; COMMIT"));
    }

    /// <summary>Throws when a database has tables of another program or of a newer version. Changes nothing.</summary>
    /// <param name="connection">The database.</param>
    /// <param name="name">Its name, for errors.</param>
    public static void RefuseOther(SqliteConnection connection, string name)
    {
        if (!IsEmpty(connection))
            ReadVersion(connection, name);
    }

    /// <summary>Whether a database has no table at all.</summary>
    public static bool IsEmpty(SqliteConnection connection) => connection.Scalar("SELECT count(*) FROM sqlite_master") == 0;

    /// <summary>Throws unless a database has the table that identifies our databases.</summary>
    /// <param name="connection">The database.</param>
    /// <param name="name">Its name, for errors.</param>
    /// <exception cref="MqttStorageException">It is empty, or belongs to another program.</exception>
    public static void RefuseForeign(SqliteConnection connection, string name)
    {
        if (IsEmpty(connection))
            throw new MqttStorageException($"{name} is an empty database: no server has written to it.");
        if (connection.Scalar("SELECT count(*) FROM pragma_table_info('meta') WHERE name IN ('key', 'value')") < 2)
            throw new MqttStorageException($"{name} is a database of another program: choose another directory.");
    }

    /// <summary>The version of a database that this program can read.</summary>
    /// <param name="connection">The database.</param>
    /// <param name="name">Its name, for errors.</param>
    /// <returns>The version.</returns>
    public static int ReadVersion(SqliteConnection connection, string name)
    {
        RefuseForeign(connection, name);
        var version = connection.Scalar("SELECT value FROM meta WHERE key = 'version'");
        if (version > Version)
            throw new MqttStorageException($"{name} was written by a newer program (schema {version}, this one reads up to {Version}): use that program, or export with it.");
        if (version < 1)
            throw new MqttStorageException($"{name} has no schema version: it is damaged. Stop the server and run \"akka-mqtt store recover\".");
        return (int)version;
    }
}
