using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.PostgreSql.Database;
using Akka.Mqtt.Storage.Writing;
using Npgsql;

namespace Akka.Mqtt.Storage.PostgreSql;

/// <summary>Durable sessions and retained messages in a PostgreSQL database (version 12 or newer), in the schema <c>akka_mqtt</c>.</summary>
public sealed class PostgreSqlStorage : MqttServerStorage
{
    /// <summary>Names the database; nothing is opened yet.</summary>
    /// <param name="connection">A connection string of Npgsql, or a <c>postgres://</c> URI. One server uses the database at a time.</param>
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

    private StorageWriter Open(StorageOptions options)
    {
        var settings = ConnectionText.Parse(Connection);
        var name = $"PostgreSQL {settings.Host}/{settings.Database}";
        var source = NpgsqlDataSource.Create(settings);
        NpgsqlConnection? connection = null;
        try
        {
            connection = PostgreSqlDatabase.Connect(source, name);
            PostgreSqlSchema.Prepare(connection, name);
            var now = options.Time.GetUtcNow().ToUnixTimeMilliseconds();
            using var transaction = connection.BeginTransaction();
            var run = PostgreSqlSchema.Scalar(connection, $"INSERT INTO run (started_at, alive_at) VALUES ({now}, {now}) RETURNING id");
            PostgreSqlSchema.Execute(connection, $"DELETE FROM run WHERE id < {run} AND NOT EXISTS (SELECT 1 FROM session WHERE session.run = run.id)");
            var session = PostgreSqlDatabase.Reserve(connection, IdentityKind.Session, StorageWriter.SessionBlock);
            var message = PostgreSqlDatabase.Reserve(connection, IdentityKind.Message, StorageWriter.MessageBlock);
            transaction.Commit();
            return new StorageWriter(new PostgreSqlDatabase(source, connection, name, run), options, name, run, session, message);
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
}
