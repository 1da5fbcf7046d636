using Akka.Mqtt.Storage.Sqlite;

namespace Akka.Mqtt.Storage;

/// <summary>
/// The queue of a <see cref="MqttClient"/> in an SQLite file. What was written survives the end of the process, also by <c>kill -9</c> or power loss. While a
/// client uses the file, <c>FILE-wal</c> is beside it. For <see cref="MqttClientSettings.Queue"/>.
/// </summary>
public sealed class SqliteClientQueue : IMqttClientQueue
{
    /// <summary>Names the file; nothing is opened yet.</summary>
    /// <param name="path">The file; it is made if there is none, its directory is not. One client uses it at a time.</param>
    public SqliteClientQueue(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        Path = path;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    /// <exception cref="Server.MqttStorageException">
    /// Another client uses the file, it is damaged, of another program, or of a newer version, or it cannot be read or made. The message is one line.
    /// </exception>
    public ValueTask<IMqttOpenClientQueue> OpenAsync(CancellationToken cancellationToken) => new(SqliteClientFile.Open(Path));
}
