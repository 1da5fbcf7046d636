using Akka.Mqtt.Storage.Sqlite;

namespace Akka.Mqtt.Storage;

/// <summary>
/// The queue of a <see cref="MqttClient"/> in an SQLite file. Written messages survive the end of the process, <c>kill -9</c> and power loss. While a client
/// uses the file, <c>FILE-wal</c> exists beside it. For <see cref="MqttClientSettings.Queue"/>.
/// </summary>
public sealed class SqliteClientQueue : IMqttClientQueue
{
    /// <summary>Sets the file; it is not opened yet.</summary>
    /// <param name="path">The file; it is created if it does not exist, but its directory is not. One client can use it at a time.</param>
    public SqliteClientQueue(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        Path = path;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    /// <exception cref="Server.MqttStorageException">
    /// Another client uses the file; it is damaged, or belongs to another program or a newer version; or it cannot be read or created. The message has one line.
    /// </exception>
    public ValueTask<IMqttOpenClientQueue> OpenAsync(CancellationToken cancellationToken) => new(SqliteClientFile.Open(Path));
}
