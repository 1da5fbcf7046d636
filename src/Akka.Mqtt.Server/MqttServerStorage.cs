using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server;

/// <summary>
/// The storage for data of a server that must outlive its process: durable sessions and retained messages. The package
/// <c>Akka.Mqtt.Storage</c> stores them with SQLite, in a file in a directory; <c>Akka.Mqtt.Storage.PostgreSql</c> in PostgreSQL. One
/// server uses a storage object at a time.
/// </summary>
public abstract class MqttServerStorage
{
    internal MqttServerStorage()
    {
    }

    /// <summary>Opens the storage, and creates its tables if they do not exist.</summary>
    /// <param name="options">The parameters of the server.</param>
    /// <param name="cancel">Cancels the wait of the caller.</param>
    /// <returns>The engine; the caller must dispose it.</returns>
    /// <exception cref="MqttStorageException">It cannot be opened; the message is one line with the reason and what to do.</exception>
    internal abstract ValueTask<IStorageEngine> OpenAsync(StorageOptions options, CancellationToken cancel = default);
}
