using System.Data;
using Akka.Mqtt.Storage.Writing;
using Npgsql;

namespace Akka.Mqtt.Storage.PostgreSql.Database;

/// <summary>Counts the queued messages of all sessions, in a transaction that sees the database as it was when this object was created.</summary>
internal sealed class PostgreSqlStartCount : IStartCount
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    /// <summary>Begins the transaction.</summary>
    /// <param name="source">The source of connections.</param>
    public PostgreSqlStartCount(NpgsqlDataSource source)
    {
        _connection = source.OpenConnection();
        _transaction = _connection.BeginTransaction(IsolationLevel.RepeatableRead);
        PostgreSqlSchema.Execute(_connection, "SELECT 1 FROM meta LIMIT 1"); // the first statement fixes the snapshot
    }

    /// <inheritdoc/>
    public (long Messages, long Bytes) Count(CancellationToken cancel)
    {
        using var command = Sql.Command(_connection, "SELECT count(*), coalesce(sum(size), 0)::bigint FROM delivery WHERE packet_id IS NULL");
        command.CommandTimeout = 0; // no limit
        using var cancelling = cancel.Register(command.Cancel);
        using var rows = command.ExecuteReader();
        rows.Read();
        return (rows.GetInt64(0), rows.GetInt64(1));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _transaction.Dispose();
        _connection.Dispose();
    }
}
