using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.PostgreSql.Database;
using Akka.Mqtt.Storage.Writing;
using Npgsql;

namespace Akka.Mqtt.Storage.PostgreSql;

/// <summary>Durable sessions and retained messages in a PostgreSQL database (version 12 or newer), in the schema <c>akka_mqtt</c>.</summary>
public sealed class PostgreSqlStorage : MqttServerStorage
{
    /// <summary>Sets the database; nothing is opened yet.</summary>
    /// <param name="connection">A connection string of Npgsql, or a <c>postgres://</c> URI. One server uses the database at a time, or
    /// the nodes of one cluster together.</param>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public PostgreSqlStorage(string connection)
    {
        ArgumentException.ThrowIfNullOrEmpty(connection);
        Connection = connection;
        _ = ConnectionText.Parse(connection);
    }

    /// <summary>The connection string or URI; it may have a password.</summary>
    public string Connection { get; }

    internal override async ValueTask<IStorageEngine> OpenAsync(StorageOptions options, CancellationToken cancel = default) =>
        await Task.Run(() => Open(options), cancel).ConfigureAwait(false);

    /// <summary>Opens the database; blocks the caller's thread.</summary>
    /// <param name="options">The options of the server.</param>
    /// <param name="wrap">For tests: wraps the database.</param>
    /// <returns>The engine.</returns>
    internal StorageWriter Open(StorageOptions options, Func<IStorageDatabase, IStorageDatabase>? wrap = null)
    {
        var settings = ConnectionText.Parse(Connection);
        var name = $"PostgreSQL {settings.Host}/{settings.Database}";
        var source = NpgsqlDataSource.Create(settings);
        NpgsqlConnection? connection = null;
        try
        {
            connection = PostgreSqlDatabase.Connect(source, name, options.Node is not null);
            PostgreSqlSchema.Prepare(connection, name);
            var now = options.Time.GetUtcNow().ToUnixTimeMilliseconds();
            using var transaction = connection.BeginTransaction();
            var run = Begin(connection, now, options.Node);
            var inherited = PostgreSqlInheritances.AtStart(connection, run);
            var session = PostgreSqlDatabase.Reserve(connection, IdentityKind.Session, StorageWriter.SessionBlock);
            var message = PostgreSqlDatabase.Reserve(connection, IdentityKind.Message, StorageWriter.MessageBlock);
            transaction.Commit();
            var database = new PostgreSqlDatabase(source, connection, name, run, options.Node is not null);
            var writer = new StorageWriter(wrap?.Invoke(database) ?? database, options, name, run, session, message);
            if (options.Node is not null)
                writer.Shared = PostgreSqlSharedSessions.Begin(writer, run, inherited);
            return writer;
        }
        catch (Exception error)
        {
            connection?.Dispose();
            source.Dispose();
            if (error is MqttStorageException)
                throw;
            throw new MqttStorageException($"{name} cannot be opened: {PostgreSqlErrors.Explain(error)}", error);
        }
    }

    /// <summary>
    /// Starts a run. It gets the sessions of earlier runs of the same node, and of a server without a cluster. A server without a cluster gets all of them.
    /// </summary>
    private static long Begin(NpgsqlConnection connection, long now, string? node)
    {
        using var begin = Sql.Command(
            connection, "INSERT INTO run (started_at, alive_at, node) VALUES ($1, $1, $2) RETURNING id", Sql.Of(now), Sql.Of(node));
        var run = (long)begin.ExecuteScalar()!;
        if (node is null)
        {
            PostgreSqlSchema.Execute(connection, "UPDATE session SET home = NULL, guest = NULL WHERE home IS NOT NULL OR guest IS NOT NULL");
            PostgreSqlSchema.Execute(connection, $"DELETE FROM run WHERE id < {run} AND NOT EXISTS (SELECT 1 FROM session WHERE session.run = run.id)");
            return run;
        }
        // An address has one process at a time, so an earlier process at this address has ended.
        PostgreSqlShared.Adopt(connection, run, "split_part(node, '#', 1) = split_part($1, '#', 1)", Sql.Of(node));
        PostgreSqlSchema.Execute(connection, $"UPDATE session SET home = {run}, home_epoch = home_epoch + 1 WHERE home IS NULL");
        PostgreSqlSchema.Execute(
            connection,
            "WITH RECURSIVE needed AS (SELECT id FROM run WHERE NOT fenced UNION SELECT run.id FROM run JOIN needed ON run.heir = needed.id) " // by their heirs
            + $"DELETE FROM run WHERE id < {run} AND (fenced OR node IS NULL) AND NOT EXISTS (SELECT 1 FROM session WHERE session.run = run.id) "
            + "AND (node IS NULL OR id NOT IN (SELECT id FROM needed))");
        PostgreSqlSchema.Execute(connection, "DELETE FROM link WHERE NOT EXISTS (SELECT 1 FROM run WHERE run.id = link.run)");
        return run;
    }
}
