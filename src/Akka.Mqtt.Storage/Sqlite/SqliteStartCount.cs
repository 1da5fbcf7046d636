using Akka.Mqtt.Storage.Writing;

namespace Akka.Mqtt.Storage.Sqlite;

/// <summary>Counts the queued messages of all sessions, in a transaction that sees the database as it was when this object was created.</summary>
internal sealed class SqliteStartCount : IStartCount
{
    private const int CheckCancelEvery = 1024;

    private readonly SqliteConnection _connection;

    /// <summary>Begins the transaction.</summary>
    /// <param name="path">The file.</param>
    public SqliteStartCount(string path)
    {
        _connection = SqliteConnection.Open(path, isReadOnly: true);
        _connection.Execute("BEGIN; SELECT count(*) FROM meta"); // the first read fixes the snapshot
    }

    /// <inheritdoc/>
    public (long Messages, long Bytes) Count(CancellationToken cancel)
    {
        var (messages, bytes) = (0L, 0L);
        var rows = _connection.Prepare("SELECT count(*), total(size) FROM delivery WHERE packet_id IS NULL GROUP BY session");
        for (var count = 0; rows.Step(); count++)
        {
            if (count % CheckCancelEvery == 0)
                cancel.ThrowIfCancellationRequested();
            messages += rows.Long(0);
            bytes += rows.Long(1);
        }
        return (messages, bytes);
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();
}
