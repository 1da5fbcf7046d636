using Akka.Mqtt.Server;
using Npgsql;

namespace Akka.Mqtt.Storage.PostgreSql.Database;

/// <summary>
/// The tables, and the steps that upgrade older ones. They are the same as in SQLite, in their own schema. All times are milliseconds since the Unix epoch, intervals are
/// seconds. docs/durability.md describes the tables to operators: keep it up to date.
/// </summary>
internal static class PostgreSqlSchema
{
    /// <summary>The schema.</summary>
    public const string Name = "akka_mqtt";

    /// <summary>The version that this program writes. A newer one is refused.</summary>
    public const int Version = 3;

    private const long PrepareKey = 0x616b6b616d717475;

    private const string Lapse =
        "CASE WHEN will_topic IS NULL THEN expiry * 1000 WHEN expiry IS NULL THEN will_delay * 1000 ELSE least(expiry, will_delay) * 1000 END";

    // Topics and filters may be longer than an entry of an index: their digests are the keys.
    private const string Tables = $"""
        CREATE SCHEMA IF NOT EXISTS {Name};
        CREATE TABLE meta (key text PRIMARY KEY, value bigint NOT NULL);
        CREATE TABLE run (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, started_at bigint NOT NULL, alive_at bigint NOT NULL, drain bigint NOT NULL DEFAULT 0,
          node text, fenced boolean NOT NULL DEFAULT false, renewed timestamptz NOT NULL DEFAULT now(), heir bigint);
        CREATE TABLE link (
          run bigint NOT NULL, node text NOT NULL, link bigint NOT NULL, frame bigint NOT NULL, part int NOT NULL, PRIMARY KEY (run, node));
        CREATE TABLE session (
          id bigint PRIMARY KEY,
          mount_point text NOT NULL,
          user_name text,
          client_id text NOT NULL,
          owner text,
          epoch bigint NOT NULL,
          run bigint,
          changed_at bigint NOT NULL,
          expiry bigint,
          will_topic text,
          will_payload bytea,
          will_qos int,
          will_retain boolean,
          will_delay bigint,
          will_properties bytea,
          lapse bigint GENERATED ALWAYS AS ({Lapse}) STORED,
          due_at bigint GENERATED ALWAYS AS (CASE WHEN run IS NULL THEN changed_at + {Lapse} END) STORED,
          home bigint,
          guest bigint,
          home_epoch bigint NOT NULL DEFAULT 0
        );
        CREATE INDEX session_home ON session (home) WHERE home IS NOT NULL;
        CREATE INDEX session_guest ON session (guest) WHERE guest IS NOT NULL;
        CREATE INDEX session_due ON session (due_at) WHERE due_at IS NOT NULL;
        CREATE INDEX session_connected ON session (run, lapse) WHERE run IS NOT NULL;
        CREATE TABLE subscription (
          session bigint NOT NULL,
          filter text NOT NULL,
          filter_key bytea NOT NULL,
          qos int NOT NULL,
          no_local boolean NOT NULL,
          retain_as_published boolean NOT NULL,
          retain_handling int NOT NULL,
          identifier bigint NOT NULL,
          shared boolean NOT NULL,
          PRIMARY KEY (session, filter_key)
        );
        CREATE TABLE message (
          id bigint PRIMARY KEY,
          topic text NOT NULL,
          payload bytea NOT NULL,
          received_at bigint NOT NULL,
          expiry bigint,
          properties bytea,
          refs int NOT NULL,
          expires_at bigint GENERATED ALWAYS AS (received_at + expiry * 1000) STORED
        );
        CREATE TABLE delivery (
          session bigint NOT NULL,
          number bigint NOT NULL,
          message bigint,
          qos int NOT NULL,
          retain boolean NOT NULL,
          size int NOT NULL,
          packet_id int,
          sent_order bigint,
          identifiers text,
          share text,
          state text GENERATED ALWAYS AS (CASE WHEN packet_id IS NULL THEN 'waiting' WHEN message IS NULL THEN 'released' ELSE 'sent' END) STORED,
          PRIMARY KEY (session, number)
        );
        CREATE TABLE received (session bigint NOT NULL, packet_id int NOT NULL, PRIMARY KEY (session, packet_id));
        CREATE TABLE retained (
          topic_key bytea PRIMARY KEY,
          topic text NOT NULL,
          payload bytea NOT NULL,
          qos int NOT NULL,
          received_at bigint NOT NULL,
          expiry bigint,
          properties bytea,
          publisher text NOT NULL,
          user_name text,
          listener text,
          expires_at bigint GENERATED ALWAYS AS (received_at + expiry * 1000) STORED
        );
        INSERT INTO meta VALUES ('version', 3), ('next_session', 1), ('next_message', 1);
        """;

    // Those of every version.
    private static readonly string[] Names = ["meta", "run", "session", "subscription", "message", "delivery", "received", "retained"];

    // From each version to the next one.
    private static readonly string[] Steps =
    [
        """
        ALTER TABLE run ADD COLUMN node text, ADD COLUMN fenced boolean NOT NULL DEFAULT false, ADD COLUMN renewed timestamptz NOT NULL DEFAULT now();
        ALTER TABLE session ADD COLUMN home bigint, ADD COLUMN guest bigint, ADD COLUMN home_epoch bigint NOT NULL DEFAULT 0;
        CREATE INDEX session_home ON session (home) WHERE home IS NOT NULL;
        CREATE INDEX session_guest ON session (guest) WHERE guest IS NOT NULL;
        """,
        """
        ALTER TABLE run ADD COLUMN heir bigint;
        CREATE TABLE link (
          run bigint NOT NULL, node text NOT NULL, link bigint NOT NULL, frame bigint NOT NULL, part int NOT NULL, PRIMARY KEY (run, node));
        """,
    ];

    /// <summary>Creates the tables, or upgrades older ones; all in one transaction.</summary>
    /// <param name="connection">The database, with the lock of its server.</param>
    /// <param name="name">Its name, for errors.</param>
    public static void Prepare(NpgsqlConnection connection, string name)
    {
        using var transaction = connection.BeginTransaction();
        Execute(connection, $"SELECT pg_advisory_xact_lock({PrepareKey})"); // nodes of a cluster may start at the same time
        var lost = FindLost(connection);
        if (lost.Count == Names.Length)
        {
            Execute(connection, Tables);
        }
        else if (lost.Count > 0)
        {
            throw new MqttStorageException(
                $"{name} has lost {(lost.Count == 1 ? "a table" : "tables")} ({string.Join(", ", lost.Select(static each => $"{Name}.{each}"))}): restore it from a backup.");
        }
        else
        {
            var version = Scalar(connection, "SELECT value FROM meta WHERE key = 'version'");
            if (version > Version)
                throw new MqttStorageException(
                    $"{name} was written by a newer program (schema {version}, this one reads up to {Version}): use that program, or export with it.");
            if (version < 1)
                throw new MqttStorageException($"{name} has no schema version in {Name}.meta: restore it from a backup.");
            for (; version < Version; version++)
                Execute(connection, Steps[version - 1]);
            Execute(connection, $"UPDATE meta SET value = {Version} WHERE key = 'version' AND value <> {Version}");
        }
        transaction.Commit();
    }

    /// <summary>The tables that are not there.</summary>
    private static List<string> FindLost(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(
            $"SELECT name FROM unnest($1) AS name WHERE NOT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = '{Name}' AND tablename = name)", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = Names });
        using var rows = command.ExecuteReader();
        List<string> lost = [];
        while (rows.Read())
            lost.Add(rows.GetString(0));
        return lost;
    }

    /// <summary>Runs a statement that gives nothing.</summary>
    public static void Execute(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    /// <summary>Asks for one number; 0 when there is none.</summary>
    public static long Scalar(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        return command.ExecuteScalar() is { } value and not DBNull ? Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture) : 0;
    }
}
