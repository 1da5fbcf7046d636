using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage;

/// <summary>Durable sessions and retained messages in an SQLite database: a file in a directory, nothing to install.</summary>
public sealed class SqliteStorage : MqttServerStorage
{
    /// <summary>Names the directory; nothing is opened yet.</summary>
    /// <param name="directory">The directory of the data; it is made if there is none. One process uses it at a time.</param>
    public SqliteStorage(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        Directory = directory;
    }

    /// <summary>The directory of the data.</summary>
    public string Directory { get; }

    internal override ValueTask<IStorageEngine> OpenAsync(StorageOptions options, CancellationToken cancel = default) =>
        throw new MqttStorageException($"{Directory}: SQLite is not built in yet.");
}
