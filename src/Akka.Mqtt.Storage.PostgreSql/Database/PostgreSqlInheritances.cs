using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Writing;
using Npgsql;

namespace Akka.Mqtt.Storage.PostgreSql.Database;

/// <summary>What a run inherits of runs that have lost their leases: see <see cref="Inheritance"/>.</summary>
internal static class PostgreSqlInheritances
{
    // A run, and those whose heir it was when it was lost itself.
    private const string WithEarlier =
        "WITH RECURSIVE lost AS (SELECT id, node, 0 AS depth FROM run WHERE id = $1 UNION ALL "
        + "SELECT run.id, run.node, depth + 1 FROM run JOIN lost ON run.heir = lost.id) ";

    /// <summary>What a run that begins inherits of earlier processes of its node.</summary>
    /// <param name="connection">The connection, in a transaction.</param>
    /// <param name="run">The run.</param>
    /// <returns>All of it; null for nothing.</returns>
    public static Inheritance? AtStart(NpgsqlConnection connection, long run)
    {
        var (nodes, taken) = Read(connection, run);
        return nodes.Count <= 1 ? null : new Inheritance(run, [.. nodes.Skip(1)], Load(connection, $" WHERE home = {run}", null), taken, Reserve(connection));
    }

    /// <summary>What a run inherits of others.</summary>
    /// <param name="connection">The connection, in a transaction.</param>
    /// <param name="run">The run.</param>
    /// <param name="adopted">Runs that have just lost their leases, and their sessions.</param>
    /// <param name="lost">Nodes that have left the cluster. Of those that the database does not know, or is done with, nothing is inherited.</param>
    public static IReadOnlyList<Inheritance> Of(NpgsqlConnection connection, long run, Dictionary<long, List<long>> adopted, IReadOnlyList<string> lost)
    {
        List<Inheritance> all = [];
        foreach (var (before, sessions) in adopted)
        {
            var (nodes, taken) = Read(connection, before);
            all.Add(
                sessions.Count == 0 ? new Inheritance(before, nodes, [], taken, 0)
                : new Inheritance(before, nodes, Load(connection, " WHERE session.id = ANY ($1)", [.. sessions]), taken, Reserve(connection)));
        }
        using var command = Sql.Command(
            connection,
            "SELECT node FROM unnest($1) AS node WHERE NOT EXISTS (SELECT 1 FROM run WHERE run.node = node.node AND (NOT fenced OR heir IS NOT NULL))",
            Sql.Of((string?[])[.. lost]));
        using var rows = command.ExecuteReader();
        while (rows.Read())
            all.Add(new Inheritance(-Random.Shared.NextInt64(1, long.MaxValue), [rows.GetString(0)], [], new Dictionary<(string, string), LinkPosition>(), 0));
        return all;
    }

    /// <summary>See <see cref="ISharedSessions.FindStartingAsync"/>.</summary>
    public static IReadOnlyList<string> FindStarting(NpgsqlConnection connection, long run, IReadOnlyList<string> lost, IReadOnlyList<string> members)
    {
        using var command = Sql.Command(
            connection,
            "WITH RECURSIVE later AS (SELECT heir FROM run WHERE node = ANY ($1) AND heir IS NOT NULL UNION "
            + "SELECT run.heir FROM run JOIN later ON run.id = later.heir WHERE run.heir IS NOT NULL) "
            + "SELECT node FROM run JOIN later ON run.id = later.heir WHERE NOT fenced AND id <> $3 AND node <> ALL ($2)",
            Sql.Of((string?[])[.. lost]), Sql.Of((string?[])[.. members]), Sql.Of(run));
        using var rows = command.ExecuteReader();
        List<string> nodes = [];
        while (rows.Read())
            nodes.Add(rows.GetString(0));
        return nodes;
    }

    /// <summary>Nobody has anything of an inheritance any more.</summary>
    public static void End(NpgsqlConnection connection, long run, Inheritance inheritance)
    {
        string?[] nodes = [.. inheritance.Nodes];
        using var links = Sql.Command(connection, $"DELETE FROM link WHERE run <> {run} AND run IN (SELECT id FROM run WHERE fenced AND node = ANY ($1))", Sql.Of(nodes));
        links.ExecuteNonQuery();
        using var runs = Sql.Command(connection, "UPDATE run SET heir = NULL WHERE fenced AND node = ANY ($1)", Sql.Of(nodes));
        runs.ExecuteNonQuery();
    }

    private static (List<string> Nodes, Dictionary<(string Node, string From), LinkPosition> Taken) Read(NpgsqlConnection connection, long run)
    {
        List<string> nodes = [];
        using (var names = Sql.Command(connection, WithEarlier + "SELECT node FROM lost WHERE node IS NOT NULL ORDER BY depth, id DESC", Sql.Of(run)))
        using (var rows = names.ExecuteReader())
        {
            while (rows.Read())
                nodes.Add(rows.GetString(0));
        }
        Dictionary<(string Node, string From), LinkPosition> taken = [];
        using var links = Sql.Command(
            connection, WithEarlier + "SELECT lost.node, link.node, link, frame, part FROM link JOIN lost ON link.run = lost.id WHERE lost.node IS NOT NULL", Sql.Of(run));
        using var positions = links.ExecuteReader();
        while (positions.Read())
            taken[(positions.GetString(0), positions.GetString(1))] = new LinkPosition(positions.GetInt64(2), positions.GetInt64(3), positions.GetInt32(4));
        return (nodes, taken);
    }

    private static long Reserve(NpgsqlConnection connection) => PostgreSqlDatabase.Reserve(connection, IdentityKind.Message, StorageWriter.MessageBlock);

    private static List<StoredSession> Load(NpgsqlConnection connection, string condition, long[]? sessions) =>
        [.. PostgreSqlReads.LoadSessions(connection, condition, sessions, CancellationToken.None)];
}
