using System.Globalization;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Forms;
using Akka.Mqtt.Storage.Writing;

namespace Akka.Mqtt.Storage.Sqlite;

/// <summary>Creates a new database from the readable parts of a damaged one, and moves the damaged files to a subdirectory.</summary>
/// <param name="directory">The data directory.</param>
/// <param name="now">The time now.</param>
/// <param name="complete">Adds data to the new database that the damaged one may have lost.</param>
/// <param name="close">Closes the damaged database; called when everything is read.</param>
/// <returns>Lines that name the lost and the kept rows.</returns>
internal delegate IReadOnlyList<string> SqliteRecovery(string directory, DateTimeOffset now, Action<SqliteConnection> complete, Action close);

/// <summary>The SQLite file of the writer.</summary>
internal sealed class SqliteDatabase : IStorageDatabase
{
    // The write-ahead log is moved to the file when it has this number of pages of 4 KiB: 16 MiB.
    private const int CheckpointPages = 4096;

    private readonly string _directory;
    private readonly FileStream _lock;
    private readonly SqliteStart _start;
    private readonly Func<SqliteConnection> _open;
    private readonly SqliteRecovery _recover;
    private bool _hasStarted; // in the open transaction
    private readonly long[] _reserved; // by kind: identities below it may be in use
    private Parts? _parts; // null when the file must be opened again
    private int _pages;

    /// <summary>Uses an open database that has its tables.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="directory">The data directory.</param>
    /// <param name="lockFile">The lock that keeps other processes out.</param>
    /// <param name="start">The rows that the start writes.</param>
    /// <param name="open">Opens the file again.</param>
    /// <param name="recover">Replaces the damaged database by a new one with its readable parts.</param>
    public SqliteDatabase(
        SqliteConnection connection,
        string directory,
        FileStream lockFile,
        SqliteStart start,
        Func<SqliteConnection> open,
        SqliteRecovery recover)
    {
        _directory = directory;
        _lock = lockFile;
        _start = start;
        _reserved = [start.FirstSession + StorageWriter.SessionBlock, start.FirstMessage + StorageWriter.MessageBlock];
        _open = open;
        _recover = recover;
        _parts = new Parts(connection, Run);
    }

    private string DatabasePath => SqliteFiles.DatabaseOf(_directory);

    private Parts Open => _parts ??= new Parts(_open(), Run);

    /// <summary>The number of this run.</summary>
    public long Run => _start.Run;

    /// <summary>Whether the rows of the start are still to be written, because the disk was full.</summary>
    public bool MustStart { get; set; }

    /// <inheritdoc/>
    public bool IsWriting { get; private set; }

    /// <inheritdoc/>
    public void Write(ChangeSet changes)
    {
        Begin();
        Open.Writes.Write(changes);
    }

    /// <inheritdoc/>
    public void WriteAlive(long now)
    {
        Begin();
        Open.Alive.Bind(1, Run).Bind(2, now).Run();
    }

    /// <inheritdoc/>
    public long Reserve(IdentityKind kind, long count)
    {
        Begin();
        var reserve = Open.Reserve;
        if (!reserve.Bind(1, kind == IdentityKind.Session ? "next_session" : "next_message").Bind(2, count).Step())
            throw new SqliteFailure(SqliteFailure.Damage, "the table meta has lost a row");
        var next = reserve.Long(0);
        reserve.Reset();
        _reserved[(int)kind] = Math.Max(_reserved[(int)kind], next);
        return next - count;
    }

    /// <inheritdoc/>
    public void Commit(long drain)
    {
        Open.Commit.Run();
        IsWriting = false;
        MustStart &= !_hasStarted;
    }

    /// <inheritdoc/>
    public bool WasCommitted(long drain) => false; // a failed commit has changed nothing

    /// <inheritdoc/>
    public void Rollback()
    {
        IsWriting = false;
        if (_parts is not { } parts)
            return;
        parts.Writes.Clear();
        try
        {
            if (parts.Connection.IsInTransaction)
                parts.Connection.Execute("ROLLBACK");
        }
        catch (SqliteFailure)
        {
            // SQLite rolled it back itself.
        }
    }

    /// <inheritdoc/>
    public void Maintain()
    {
        var connection = Open.Connection;
        _pages += connection.TakePagesWritten();
        if (_pages < CheckpointPages)
            return;
        _pages = connection.Checkpoint(truncate: false);
        connection.TakePagesWritten();
    }

    /// <inheritdoc/>
    public void Count(IReadOnlyList<long> sessions, Dictionary<long, QueueCount> into) => Open.Reads.Count(sessions, into);

    /// <inheritdoc/>
    public void ReadOldest(long session, bool qos0Only, int most, Queue<QueuedRow> into) => Open.Reads.ReadOldest(session, qos0Only, most, into);

    /// <inheritdoc/>
    public StoredState? Read(long session) => Open.Reads.Read(session);

    /// <inheritdoc/>
    public bool IsDamage(Exception error) => error is InvalidDataException or SqliteFailure { IsDamage: true };

    /// <inheritdoc/>
    public IReadOnlyList<string> Mend(DateTimeOffset now) => _recover(
        _directory,
        now,
        fresh => fresh.Execute(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            INSERT OR IGNORE INTO run (id, started_at, alive_at) VALUES ({Run}, {now.ToUnixTimeMilliseconds()}, {now.ToUnixTimeMilliseconds()});
            UPDATE meta SET value = max(value, {_reserved[0]}) WHERE key = 'next_session';
            UPDATE meta SET value = max(value, {_reserved[1]}) WHERE key = 'next_message';
            """)),
        () =>
        {
            var connection = _parts?.Connection;
            _parts = null;
            connection?.Dispose();
        });

    /// <inheritdoc/>
    public IReadOnlyList<DueSession> FindDue(long now, int most, Predicate<long> isHeld) => Open.Reads.FindDue(now, most, isHeld);

    /// <inheritdoc/>
    public IStartCount BeginCount() => new SqliteStartCount(DatabasePath);

    /// <inheritdoc/>
    public void LoadRoutes(IRouteLoad into, CancellationToken cancel)
    {
        using var connection = SqliteConnection.Open(DatabasePath, isReadOnly: true);
        SqliteRoutes.Load(connection, into, cancel);
    }

    /// <inheritdoc/>
    public IEnumerable<StoredSession> LoadSessions(CancellationToken cancel)
    {
        using var connection = SqliteConnection.Open(DatabasePath, isReadOnly: true);
        connection.Execute("BEGIN"); // both statements see the same snapshot
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
        using var connection = SqliteConnection.Open(DatabasePath, isReadOnly: true);
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
            if (_parts is { Connection.IsInTransaction: false } parts)
                parts.Connection.Checkpoint(truncate: true);
        }
        finally
        {
            _parts?.Connection.Dispose();
            _lock.Dispose();
        }
    }

    private void Begin()
    {
        if (IsWriting)
            return;
        Open.Begin.Run();
        IsWriting = true;
        _hasStarted = MustStart;
        if (MustStart)
            Open.Connection.Execute(_start.Sql);
    }

    /// <summary>The connection and its statements.</summary>
    private sealed class Parts(SqliteConnection connection, long run)
    {
        public SqliteConnection Connection { get; } = connection;

        public SqliteWrites Writes { get; } = new(connection, run);

        public SqliteReads Reads { get; } = new(connection, run);

        public SqliteStatement Begin { get; } = connection.Prepare("BEGIN IMMEDIATE");

        public SqliteStatement Commit { get; } = connection.Prepare("COMMIT");

        public SqliteStatement Alive { get; } = connection.Prepare("UPDATE run SET alive_at = ?2 WHERE id = ?1");

        public SqliteStatement Reserve { get; } = connection.Prepare("UPDATE meta SET value = value + ?2 WHERE key = ?1 RETURNING value");
    }
}
