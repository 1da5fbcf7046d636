using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Storage.Forms;

namespace Akka.Mqtt.Storage.Sqlite;

/// <summary>
/// The queue of a client in an open SQLite file. It has one connection, which locks the file while it is open. The lock ends with the process in any case.
/// </summary>
internal sealed class SqliteClientFile : IMqttOpenClientQueue
{
    /// <summary>The version of the tables. A newer one is refused.</summary>
    public const int Version = 1;

    // "AkMQ": distinguishes the file from databases of other programs.
    private const int ApplicationId = 0x416b4d51;

    private const string Tables = """
        CREATE TABLE message (
          number INTEGER PRIMARY KEY, -- rises with the order of sending
          topic TEXT NOT NULL,
          payload BLOB NOT NULL,
          qos INTEGER NOT NULL,
          retain INTEGER NOT NULL,
          taken_at INTEGER NOT NULL, -- milliseconds since 1970 (UTC)
          expiry INTEGER, -- Message Expiry Interval in seconds; NULL never
          properties BLOB, -- other properties of MQTT 5.0, as on the wire
          packet_id INTEGER, -- NULL while it waits
          released INTEGER NOT NULL DEFAULT 0 -- 1 when only the PUBREL is left
        );
        CREATE TABLE received (packet_id INTEGER PRIMARY KEY); -- QoS 2 that was acknowledged by PUBREC and is not released
        CREATE TABLE client (client_id TEXT NOT NULL); -- one row, when a server has accepted the client
        """;

    private readonly SqliteConnection _connection;
    private readonly string _path;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _add;
    private readonly SqliteStatement _send;
    private readonly SqliteStatement _release;
    private readonly SqliteStatement _remove;
    private readonly SqliteStatement _receive;
    private readonly SqliteStatement _releaseReceived;

    private SqliteClientFile(SqliteConnection connection, string path)
    {
        _connection = connection;
        _path = path;
        State = Read(connection);
        _begin = connection.Prepare("BEGIN IMMEDIATE");
        _commit = connection.Prepare("COMMIT");
        _add = connection.Prepare("INSERT INTO message (number, topic, payload, qos, retain, taken_at, expiry, properties) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
        _send = connection.Prepare("UPDATE message SET packet_id = ?2 WHERE number = ?1");
        _release = connection.Prepare("UPDATE message SET released = 1 WHERE number = ?1");
        _remove = connection.Prepare("DELETE FROM message WHERE number = ?1");
        _receive = connection.Prepare("INSERT OR IGNORE INTO received VALUES (?1)");
        _releaseReceived = connection.Prepare("DELETE FROM received WHERE packet_id = ?1");
    }

    /// <inheritdoc/>
    public MqttClientQueueState State { get; }

    /// <summary>Opens a file; blocks the thread.</summary>
    /// <param name="path">The file; it is created if it does not exist.</param>
    /// <returns>The queue.</returns>
    /// <exception cref="MqttStorageException">It cannot be used; the message has one line.</exception>
    public static SqliteClientFile Open(string path)
    {
        SqliteConnection? connection = null;
        try
        {
            CheckFiles(path);
            connection = SqliteConnection.Open(path, isNew: true);
            connection.Execute("PRAGMA busy_timeout = 500; PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE"); // keeps the lock from here on
            var isNew = SqliteSchema.IsEmpty(connection);
            if (!isNew)
                RefuseOther(connection, path);
            connection.Execute("COMMIT; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY");
            if (isNew)
                connection.Execute($"BEGIN IMMEDIATE; {Tables}\nPRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Version}; COMMIT");
            else if (connection.Text("PRAGMA quick_check(1)") is var verdict && verdict != "ok")
                throw Damaged(path, verdict?.Split('\n')[^1] ?? "SQLite does not say why"); // the lines before it name the database
            return new SqliteClientFile(connection, path);
        }
        catch (Exception error)
        {
            connection?.Dispose();
            if (error is SqliteFailure failure)
                throw Explain(path, failure);
            if (error is InvalidDataException)
                throw Damaged(path, error.Message);
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask CommitAsync(IReadOnlyList<MqttClientQueueChange> changes)
    {
        try
        {
            _begin.Run();
            foreach (var change in changes)
                Write(change);
            _commit.Run();
        }
        catch (SqliteFailure failure)
        {
            Rollback();
            throw Explain(_path, failure);
        }
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private static MqttStorageException Damaged(string path, string what) =>
        new($"{path}, the queue of a client, is damaged: {what.Trim().TrimEnd('.')}. Move it away to begin a new one; the messages in it are lost then.");

    private static MqttStorageException Explain(string path, SqliteFailure failure)
    {
        if (failure.IsDamage)
            return Damaged(path, failure.Message);
        return new(
            failure.IsBusy ? $"{path} is used by another client: give each client a file of its own." : $"{path}, the queue of a client, fails: {failure.Explain()}",
            failure);
    }

    /// <summary>Rejects files that SQLite would take for an empty database.</summary>
    private static void CheckFiles(string path)
    {
        if (Directory.Exists(path))
            throw new MqttStorageException($"{path} is a directory: give the name of a file.");
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } directory && !Directory.Exists(directory))
            throw new MqttStorageException($"{directory}, where the queue of a client should be, does not exist.");
        var length = File.Exists(path) ? new FileInfo(path).Length : 0;
        if (length == 0 && File.Exists(path + "-wal") && new FileInfo(path + "-wal").Length > 0)
            throw Damaged(path, "it is empty or missing, and its log is not");
        SqliteFiles.CheckLength(path, Damaged);
    }

    private static void RefuseOther(SqliteConnection connection, string path)
    {
        if (connection.Scalar("PRAGMA application_id") != ApplicationId)
            throw new MqttStorageException($"{path} is a database of another program: choose another file.");
        var version = connection.Scalar("PRAGMA user_version");
        if (version > Version)
            throw new MqttStorageException($"{path} was written by a newer program (version {version}, this one reads up to {Version}): use that program.");
    }

    private static MqttClientQueueState Read(SqliteConnection connection)
    {
        var messages = new List<MqttClientQueuedMessage>();
        var rows = connection.Prepare(
            "SELECT number, topic, payload, qos, retain, taken_at, expiry, properties, packet_id, released FROM message ORDER BY number");
        while (rows.Step())
        {
            var packet = new Publish(rows.Text(1)!, MqttBinary.Wrap(rows.Blob(2)))
            {
                QoS = (QualityOfService)rows.Int(3),
                Retain = rows.Int(4) != 0,
                Properties = PropertyForm.Decode(rows.Blob(7), rows.IsNull(6) ? null : (uint)rows.Long(6), default),
            };
            messages.Add(new MqttClientQueuedMessage(rows.Long(0), packet, rows.Long(5))
            {
                PacketId = rows.IsNull(8) ? null : (ushort)rows.Int(8),
                IsReleased = rows.Int(9) != 0,
            });
        }
        var received = new List<ushort>();
        var ids = connection.Prepare("SELECT packet_id FROM received");
        while (ids.Step())
            received.Add((ushort)ids.Int(0));
        return new MqttClientQueueState(connection.Text("SELECT client_id FROM client"), messages, received);
    }

    private void Write(MqttClientQueueChange change)
    {
        switch (change)
        {
            case MqttClientQueueChange.Added { Message: var message }:
                var packet = message.Packet;
                _add.Bind(1, message.Number).Bind(2, packet.Topic).Bind(3, packet.Payload.Span).Bind(4, (long)packet.QoS).Bind(5, packet.Retain ? 1L : 0L)
                    .Bind(6, message.TakenAt).Bind(7, packet.Properties?.MessageExpiryInterval).Bind(8, PropertyForm.Encode(packet.Properties)).Run();
                break;
            case MqttClientQueueChange.Sent sent:
                _send.Bind(1, sent.Number).Bind(2, (long)sent.PacketId).Run();
                break;
            case MqttClientQueueChange.Released released:
                _release.Bind(1, released.Number).Run();
                break;
            case MqttClientQueueChange.Removed removed:
                _remove.Bind(1, removed.Number).Run();
                break;
            case MqttClientQueueChange.Received received:
                _receive.Bind(1, (long)received.PacketId).Run();
                break;
            case MqttClientQueueChange.ReceivedReleased released:
                _releaseReceived.Bind(1, (long)released.PacketId).Run();
                break;
            case MqttClientQueueChange.SessionBegan:
                _connection.Execute("UPDATE message SET packet_id = NULL, released = 0 WHERE packet_id IS NOT NULL; DELETE FROM received");
                break;
            case MqttClientQueueChange.Accepted accepted:
                _connection.Execute("DELETE FROM client");
                _connection.Prepare("INSERT INTO client VALUES (?1)").Bind(1, accepted.ClientId).Run();
                break;
        }
    }

    private void Rollback()
    {
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
}
