using Akka.Mqtt.Storage.Writing;
using Npgsql;

namespace Akka.Mqtt.Storage.PostgreSql.Database;

/// <summary>The locks of transactions of nodes that share a database, where they must exclude each other.</summary>
internal static class PostgreSqlShared
{
    /// <summary>
    /// How long a transaction may be idle before the database ends it. Otherwise a node that hangs in a transaction would prevent others from ending its lease.
    /// </summary>
    public const string Patience = "5s";

    /// <summary>
    /// Locks the lease of a node until the transaction ends. A node that ends this lease waits for the commit, and later transactions of the owner fail.
    /// </summary>
    /// <param name="connection">The connection, in a transaction that has done nothing yet.</param>
    /// <param name="run">The run of the node.</param>
    /// <exception cref="LeaseLostException">The node has no lease any more.</exception>
    public static void LockLease(NpgsqlConnection connection, long run)
    {
        using var command = Sql.Command(connection, "SELECT fenced FROM run WHERE id = $1 FOR UPDATE", Sql.Of(run));
        if (command.ExecuteScalar() is not false)
            throw new LeaseLostException();
    }

    /// <summary>Locks messages that several nodes may release at the same time, always in the same order.</summary>
    /// <param name="connection">The connection, in a transaction.</param>
    /// <param name="messages">The messages.</param>
    public static void LockMessages(NpgsqlConnection connection, long[] messages)
    {
        using var command = Sql.Command(connection, "SELECT 1 FROM message WHERE id = ANY ($1) ORDER BY id FOR UPDATE", Sql.Of(messages));
        command.ExecuteNonQuery();
    }

    /// <summary>Ends leases, and makes a run the home of their sessions, and the heir of the runs that had them.</summary>
    /// <param name="connection">The connection, in a transaction.</param>
    /// <param name="run">The run that gets the sessions.</param>
    /// <param name="lost">A condition on rows of <c>run</c>: the leases to end.</param>
    /// <param name="parameters">Its parameters, from $1 on.</param>
    /// <returns>The runs that have lost their leases now, each with its sessions.</returns>
    public static Dictionary<long, List<long>> Adopt(NpgsqlConnection connection, long run, string lost, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        Dictionary<long, List<long>> adopted = [];
        using (var fence = Sql.Command(
            connection, $"UPDATE run SET fenced = true, heir = {run} WHERE NOT fenced AND node IS NOT NULL AND id <> {run} AND ({lost}) RETURNING id", parameters))
        using (var fenced = fence.ExecuteReader())
        {
            while (fenced.Read())
                adopted.Add(fenced.GetInt64(0), []);
        }
        PostgreSqlSchema.Execute(connection, "UPDATE session SET guest = NULL WHERE guest IS NOT NULL AND abs(guest) IN (SELECT id FROM run WHERE fenced)");
        using var adopt = Sql.Command(
            connection,
            "UPDATE session SET home = $1, home_epoch = home_epoch + 1, guest = nullif(abs(guest), $1) FROM run WHERE session.home = run.id AND run.fenced "
            + "RETURNING session.id, run.id",
            Sql.Of(run));
        using var rows = adopt.ExecuteReader();
        while (rows.Read())
        {
            if (!adopted.TryGetValue(rows.GetInt64(1), out var sessions))
                adopted.Add(rows.GetInt64(1), sessions = []);
            sessions.Add(rows.GetInt64(0));
        }
        return adopted;
    }
}
