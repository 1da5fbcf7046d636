using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Forms;
using Akka.Mqtt.Storage.Writing;

namespace Akka.Mqtt.Storage.Sqlite;

/// <summary>An SQLite file that the writer writes.</summary>
internal sealed class SqliteDatabase : IStorageDatabase
{
    // The write-ahead log is moved to the file when it has so many pages of 4 KiB: 16 MiB.
    private const int CheckpointPages = 4096;

    private readonly SqliteConnection _connection;
    private readonly string _path;
    private readonly FileStream _lock;
    private readonly SqliteWrites _writes;
    private readonly SqliteReads _reads;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _alive;
    private readonly SqliteStatement _reserve;
    private int _pages;

    /// <summary>Takes a database that is open and has its tables.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="path">The file, for connections that read.</param>
    /// <param name="lockFile">Holds other processes off.</param>
    /// <param name="run">The number of this run.</param>
    public SqliteDatabase(SqliteConnection connection, string path, FileStream lockFile, long run)
    {
        _connection = connection;
        _path = path;
        _lock = lockFile;
        Run = run;
        _writes = new SqliteWrites(connection, run);
        _reads = new SqliteReads(connection, run);
        _begin = connection.Prepare("BEGIN IMMEDIATE");
        _commit = connection.Prepare("COMMIT");
        _alive = connection.Prepare("UPDATE run SET alive_at = ?2 WHERE id = ?1");
        _reserve = connection.Prepare("UPDATE meta SET value = value + ?2 WHERE key = ?1 RETURNING value");
    }

    /// <summary>The number of this run.</summary>
    public long Run { get; }

    /// <inheritdoc/>
    public bool IsWriting { get; private set; }

    /// <inheritdoc/>
    public void Write(ChangeSet changes)
    {
        Begin();
        _writes.Write(changes);
    }

    /// <inheritdoc/>
    public void WriteAlive(long now)
    {
        Begin();
        _alive.Bind(1, Run).Bind(2, now).Run();
    }

    /// <inheritdoc/>
    public long Reserve(IdentityKind kind, long count)
    {
        Begin();
        if (!_reserve.Bind(1, kind == IdentityKind.Session ? "next_session" : "next_message").Bind(2, count).Step())
            throw new SqliteFailure(11, "the table meta has lost a row");
        var next = _reserve.Long(0);
        _reserve.Reset();
        return next - count;
    }

    /// <inheritdoc/>
    public void Commit(long drain)
    {
        _commit.Run();
        IsWriting = false;
    }

    /// <inheritdoc/>
    public bool WasCommitted(long drain) => false; // a commit that fails has changed nothing

    /// <inheritdoc/>
    public void Rollback()
    {
        IsWriting = false;
        _writes.Clear();
        try
        {
            if (_connection.IsInTransaction)
                _connection.Execute("ROLLBACK");
        }
        catch (SqliteFailure)
        {
            // SQLite rolled it back itself.
        }
    }

    /// <inheritdoc/>
    public void Maintain()
    {
        _pages += _connection.TakePagesWritten();
        if (_pages < CheckpointPages)
            return;
        _pages = _connection.Checkpoint(truncate: false);
        _connection.TakePagesWritten();
    }

    /// <inheritdoc/>
    public void Count(IReadOnlyList<long> sessions, Dictionary<long, QueueCount> into) => _reads.Count(sessions, into);

    /// <inheritdoc/>
    public void ReadOldest(long session, bool qos0Only, int most, Queue<QueuedRow> into) => _reads.ReadOldest(session, qos0Only, most, into);

    /// <inheritdoc/>
    public StoredState? Read(long session)
    {
        try
        {
            return _reads.Read(session);
        }
        catch (SqliteFailure error) when (error.IsDamage)
        {
            throw new InvalidDataException(error.Explain(), error);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<DueSession> FindDue(long now, int most, Predicate<long> isHeld) => _reads.FindDue(now, most, isHeld);

    /// <inheritdoc/>
    public void LoadRoutes(IRouteLoad into, CancellationToken cancel)
    {
        using var connection = SqliteConnection.Open(_path, isReadOnly: true);
        SqliteRoutes.Load(connection, into, cancel);
    }

    /// <inheritdoc/>
    public IEnumerable<StoredSession> LoadSessions(CancellationToken cancel)
    {
        using var connection = SqliteConnection.Open(_path, isReadOnly: true);
        connection.Execute("BEGIN"); // both statements see the same state
        var sessions = connection.Prepare("SELECT id, mount_point, user_name, client_id, owner, epoch FROM session ORDER BY id");
        var subscriptions = connection.Prepare($"SELECT session, {SqliteReads.SubscriptionColumns} FROM subscription ORDER BY session");
        List<SessionSubscription> own = [];
        var more = subscriptions.Step();
        while (sessions.Step())
        {
            cancel.ThrowIfCancellationRequested();
            var id = sessions.Long(0);
            own.Clear();
            for (; more && subscriptions.Long(0) <= id; more = subscriptions.Step())
            {
                if (subscriptions.Long(0) == id)
                    own.Add(SqliteReads.ReadSubscription(subscriptions, 1));
            }
            yield return new StoredSession(
                id, new SessionKey(sessions.Text(1)!, sessions.Text(2), sessions.Text(3)!), sessions.Text(4), sessions.Long(5), own.Count == 0 ? [] : [.. own]);
        }
    }

    /// <inheritdoc/>
    public IEnumerable<RetainedRecord> LoadRetained(CancellationToken cancel)
    {
        using var connection = SqliteConnection.Open(_path, isReadOnly: true);
        var rows = connection.Prepare("SELECT topic, payload, qos, received_at, expiry, properties, publisher, user_name, listener FROM retained");
        while (rows.Step())
        {
            cancel.ThrowIfCancellationRequested();
            var topic = rows.Text(0) ?? throw new SqliteFailure(SqliteFailure.Damage, "a row of retained has no topic");
            var packet = new Publish(topic, MqttBinary.Wrap(rows.Blob(1)))
            {
                QoS = (QualityOfService)rows.Int(2),
                Retain = true,
                Properties = PropertyForm.Decode(rows.Blob(5), rows.IsNull(4) ? null : (uint)rows.Long(4), default),
            };
            yield return new RetainedRecord(packet, rows.Long(3), rows.Text(6)!, rows.Text(7), rows.Text(8));
        }
    }

    /// <inheritdoc/>
    public string Explain(Exception error) => error is SqliteFailure failure ? failure.Explain() : error.Message;

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            if (!_connection.IsInTransaction)
                _connection.Checkpoint(truncate: true);
        }
        finally
        {
            _connection.Dispose();
            _lock.Dispose();
        }
    }

    private void Begin()
    {
        if (IsWriting)
            return;
        _begin.Run();
        IsWriting = true;
    }
}
