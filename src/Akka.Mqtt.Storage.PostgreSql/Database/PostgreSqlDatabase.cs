using System.Data;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Writing;
using Npgsql;

namespace Akka.Mqtt.Storage.PostgreSql.Database;

/// <summary>
/// The PostgreSQL database of the writer. Its connection holds an advisory lock, so that no other server writes here. After a lost connection, a commit in
/// doubt is resolved before the next connection gets the lock.
/// </summary>
internal sealed class PostgreSqlDatabase : IStorageDatabase
{
    private const long LockKey = 0x616b6b616d717474; // "akkamqtt"
    private const string LockPatience = "3s";

    private readonly NpgsqlDataSource _source;
    private readonly string _name;
    private readonly bool _isShared;
    private readonly PostgreSqlWrites _writes;
    private readonly PostgreSqlReads _reads;
    private NpgsqlConnection _connection;
    private NpgsqlTransaction? _transaction;

    /// <summary>Takes a connection that has the lock.</summary>
    /// <param name="source">The source of connections; disposed of with this.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The name of the database, for errors.</param>
    /// <param name="run">The number of this run.</param>
    /// <param name="isShared">Whether other nodes of a cluster use the database too.</param>
    public PostgreSqlDatabase(NpgsqlDataSource source, NpgsqlConnection connection, string name, long run, bool isShared)
    {
        _source = source;
        _connection = connection;
        _name = name;
        Run = run;
        _isShared = isShared;
        _writes = new PostgreSqlWrites(run, isShared);
        _reads = new PostgreSqlReads(run, isShared);
    }

    /// <summary>The number of this run.</summary>
    public long Run { get; }

    /// <inheritdoc/>
    public bool IsWriting => _transaction is not null;

    /// <summary>Connects, and takes the lock.</summary>
    /// <param name="source">The source of connections.</param>
    /// <param name="name">The name of the database, for errors.</param>
    /// <param name="isShared">Whether other nodes of a cluster use the database too: they share the lock.</param>
    /// <returns>The connection.</returns>
    public static NpgsqlConnection Connect(NpgsqlDataSource source, string name, bool isShared)
    {
        var connection = source.OpenConnection();
        try
        {
            if (isShared)
                PostgreSqlSchema.Execute(connection, $"SET idle_in_transaction_session_timeout = '{PostgreSqlShared.Patience}'");
            // PostgreSQL needs a moment to detect that an earlier client has disconnected, above all one that was killed.
            PostgreSqlSchema.Execute(connection, $"SET lock_timeout = '{LockPatience}'");
            try
            {
                using var take = Sql.Command(connection, isShared ? "SELECT pg_advisory_lock_shared($1)" : "SELECT pg_advisory_lock($1)", Sql.Of(LockKey));
                take.ExecuteNonQuery();
                PostgreSqlSchema.Execute(connection, "RESET lock_timeout");
                return connection;
            }
            catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                // Reported below, with the holder of the lock.
            }
            using var holder = Sql.Command(connection,
                "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND ((classid::bigint << 32) | objid::bigint) = $1 "
                + "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1", Sql.Of(LockKey));
            throw new MqttStorageException(
                $"{name} is used by another server (process {holder.ExecuteScalar()} of PostgreSQL): stop that one, or choose another database.");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Write(ChangeSet changes)
    {
        Begin();
        _writes.Write(_connection, changes);
    }

    /// <inheritdoc/>
    public void WriteAlive(long now)
    {
        Begin();
        using var command = Sql.Command(_connection, "UPDATE run SET alive_at = $2, renewed = now() WHERE id = $1", Sql.Of(Run), Sql.Of(now));
        command.ExecuteNonQuery();
    }

    /// <inheritdoc/>
    public long Reserve(IdentityKind kind, long count)
    {
        Begin();
        return Reserve(_connection, kind, count);
    }

    /// <summary>Reserves identities on any connection.</summary>
    public static long Reserve(NpgsqlConnection connection, IdentityKind kind, long count)
    {
        using var command = Sql.Command(connection, "UPDATE meta SET value = value + $2 WHERE key = $1 RETURNING value",
            Sql.Of(kind == IdentityKind.Session ? "next_session" : "next_message"), Sql.Of(count));
        return command.ExecuteScalar() is long next ? next - count : throw new MqttStorageException("the table meta has lost a row: restore it from a backup.");
    }

    /// <inheritdoc/>
    public void Commit(long drain)
    {
        using (var command = Sql.Command(_connection, "UPDATE run SET drain = $2 WHERE id = $1", Sql.Of(Run), Sql.Of(drain)))
            command.ExecuteNonQuery();
        _transaction!.Commit();
        _transaction.Dispose();
        _transaction = null;
    }

    /// <inheritdoc/>
    public bool WasCommitted(long drain)
    {
        Reconnect();
        using var command = Sql.Command(_connection, "SELECT drain FROM run WHERE id = $1", Sql.Of(Run));
        return command.ExecuteScalar() is long last && last >= drain;
    }

    /// <inheritdoc/>
    public void Rollback()
    {
        try
        {
            _transaction?.Dispose();
        }
        catch (Exception)
        {
            // The connection is lost; PostgreSQL rolls back.
            _connection.Dispose();
        }
        _transaction = null;
    }

    /// <inheritdoc/>
    public void Maintain()
    {
    }

    /// <inheritdoc/>
    public void Count(IReadOnlyList<long> sessions, Dictionary<long, QueueCount> into)
    {
        Reconnect();
        _reads.Count(_connection, sessions, into);
    }

    /// <inheritdoc/>
    public void ReadOldest(long session, bool qos0Only, int most, Queue<QueuedRow> into)
    {
        Reconnect();
        PostgreSqlReads.ReadOldest(_connection, session, qos0Only, most, into);
    }

    /// <inheritdoc/>
    public StoredState? Read(long session)
    {
        Reconnect();
        return _reads.Read(_connection, session);
    }

    /// <inheritdoc/>
    public IReadOnlyList<DueSession> FindDue(long now, int most, Predicate<long> isHeld)
    {
        Reconnect();
        return _reads.FindDue(_connection, now, most, isHeld);
    }

    /// <inheritdoc/>
    public IStartCount? BeginCount() => _isShared ? null : new PostgreSqlStartCount(_source);

    /// <inheritdoc/>
    public IEnumerable<StoredSession> LoadSessions(CancellationToken cancel)
    {
        using var connection = _source.OpenConnection();
        foreach (var session in _reads.LoadSessions(connection, cancel))
            yield return session;
    }

    /// <inheritdoc/>
    public IEnumerable<RetainedRecord> LoadRetained(CancellationToken cancel)
    {
        using var connection = _source.OpenConnection();
        foreach (var record in PostgreSqlReads.LoadRetained(connection, cancel))
            yield return record;
    }

    /// <inheritdoc/>
    public string Explain(Exception error) => PostgreSqlErrors.Explain(error);

    /// <inheritdoc/>
    public void Dispose()
    {
        Rollback();
        try
        {
            if (_connection.State == ConnectionState.Open)
            {
                using var free = Sql.Command(_connection, _isShared ? "SELECT pg_advisory_unlock_shared($1)" : "SELECT pg_advisory_unlock($1)", Sql.Of(LockKey));
                free.ExecuteNonQuery();
            }
        }
        finally
        {
            _connection.Dispose();
            _source.Dispose();
        }
    }

    private void Begin()
    {
        if (_transaction is not null)
            return;
        Reconnect();
        _transaction = _connection.BeginTransaction();
        if (_isShared)
            PostgreSqlShared.LockLease(_connection, Run);
    }

    /// <summary>Runs statements in the transaction of the writer; starts one if none is open.</summary>
    /// <param name="statements">The statements.</param>
    /// <returns>Their result.</returns>
    public T InTransaction<T>(Func<NpgsqlConnection, T> statements)
    {
        Begin();
        return statements(_connection);
    }

    private void Reconnect()
    {
        if (_connection.State == ConnectionState.Open)
            return;
        if (_transaction is not null)
            throw new IOException("the connection to the database was lost.");
        _connection.Dispose();
        _connection = Connect(_source, _name, _isShared);
    }
}
